// Package exec runs a request's statements: one pipelined flush on one connection of its pool, in one implicit
// transaction.
//
//	set_config(…) · [pre-request] · main statement · [explain] · [ROLLBACK] · Sync
//
// Statements are parsed after the role switch, in the same flush, and kept prepared per connection, keyed by text.
// Only a job with a check that may undo it takes a second round trip, in an explicit transaction.
//
// The package speaks the PostgreSQL frontend/backend protocol 3 itself on connections that pgconn has opened and
// authenticated, because the last column of a large answer is passed on without being held in memory. It imports no
// HTTP package.
package exec
