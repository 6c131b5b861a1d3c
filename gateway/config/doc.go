// Package config is the configuration and the command line: every key of PostgREST v16.2 and Trunkline's own. The
// table of keys ([allKeys]) is the one source of parsing, defaults, --dump-config, --example and docs/configuration.md.
//
// A [Loader] layers the sources with koanf: the database over the environment over the file in PostgREST's format.
// What comes out is a [Config], a plain value, checked as a whole (every mistake is reported at once) and read-only
// from then on. A [Store] publishes it through one atomic pointer and renews it.
//
//	file, environment ──▶ layers ──▶ values of the keys ──▶ @files, base64 ──▶ checks ──▶ Config ──▶ Store
//	database ────────────▶                                                       │
//	                                                                             └─▶ Mistakes: the old one stays
//
// The package does not decide what a value means to others: it is told how to check a token's role claim and keys.
package config
