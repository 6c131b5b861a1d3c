// Package config is the configuration: every key of PostgREST v16.2 and Trunkline's own, from a file in PostgREST's
// format, PGRST_* variables, and the database, with PostgREST's precedence. One table of keys (keys.go) is the
// source of defaults, parsing, --dump-config, --example and the operators' documentation.
//
// A [Config] is a plain value: loaded, validated as a whole (every mistake is reported at once), then read-only and
// swapped by one atomic pointer on reload.
package config
