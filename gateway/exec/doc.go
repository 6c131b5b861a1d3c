// Package exec runs the statements of requests: one pipelined flush on one connection of its pool, in one transaction.
//
//	set_config(…) · [pre-request] · [explain] · main statement · [clean] · Sync
//
// Statements are parsed after the role switch, in the same flush, and kept prepared per connection, keyed by text.
// Under load, quick reads share a flush, each in a transaction of its own (batch.go), also those that are not known to
// be quick beforehand, but prove it (record.go).
// Only a write with a check that may undo it takes a second round trip, in an explicit transaction. What functions
// have left on the connection is removed in the same flush.
//
// The package speaks the PostgreSQL frontend/backend protocol 3 itself on connections that pgconn has opened and
// authenticated, because the last column of a large answer is passed on without being held in memory. It imports no
// HTTP package.
//
// # What a client is told
//
// A write is answered when its commit is known. If the connection is lost, what was sent and what came back decide:
//
//	nothing was sent, or the server looked at nothing     another connection is tried, once
//	the message that commits was not sent completely      nothing is committed: connection lost
//	the server reported an error before                   nothing is committed: that error
//	the message that commits was sent                     nobody knows: the client is told so
//	the commit was answered                               success
//
// No write is sent again once a server may have seen it. A read is, once, if a connection that had served others
// answers nothing.
//
// # Who holds connections
//
// A job holds a connection until its answer is read, a stream until its client has taken the body. If jobs wait, the
// streams whose clients make no progress are looked at: no more than a share of the pool is left to them.
//
// # The life of a connection
//
//	          needed                  free                    a job
//	(nothing) ──────▶ being opened ───────▶ idle ◀─────────────────────▶ busy
//	                       │                 │                            │ ▲
//	                       │ failed          │ idle or open too long      │ │ stream closed
//	                       ▼                 ▼                            ▼ │
//	             who waits longest        closed ◀── lost, abandoned ── streaming
//	             is told                           or cannot be cleaned
package exec
