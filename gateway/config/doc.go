// Package config defines the configuration and the command line: every key of PostgREST v16.2 and Trunkline's own. The
// table of keys ([allKeys]) is the only source of parsing, defaults, --dump-config, --example and
// docs/configuration.md.
//
// A [Loader] merges the sources with koanf: the database takes precedence over the environment, and that over the file
// in PostgREST's format. The result is a [Config], a plain immutable value that was validated as a whole, so that every
// mistake is reported at once. A [Store] publishes it through one atomic pointer and reloads it.
//
//	file, environment ──▶ layers ──▶ values of the keys ──▶ @files, base64 ──▶ checks ──▶ Config ──▶ Store
//	database ────────────▶                                                       │
//	                                                                             └─▶ Mistakes: the old one stays
//
// The package does not interpret role claims and keys of tokens: its caller provides the functions that check them.
package config
