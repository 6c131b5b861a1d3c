// Package journal is what the process writes: lines that say what happens to it, in PostgREST's words and form or as
// JSON, the access log, and what the service manager is told. Events that are counted are passed on to metrics.
package journal
