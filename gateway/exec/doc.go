// Package exec runs the jobs of requests on a bounded number of connections to PostgreSQL. It decides who gets a
// connection, who waits and for how long, which jobs share a flush, and what is tried again; package session runs a job
// on a connection, and package wire has the protocol's messages. It imports no HTTP package.
//
// # What a client is told
//
// A write is answered when its commit was seen. If something else was seen, or the connection is lost, what was sent and
// what came back decide, as package session tells in its outcomes:
//
//	Unsent, Silent                  another connection is tried, once; no write that a server may have seen
//	Outdated, Tampered, Misplaced   the job is tried once more, with statements parsed anew or on another connection
//	Refused, Mistaken, Lost         nothing is committed: the error says why
//	Unknown                         nobody knows: the client is told so
//	Succeeded                       the answer
//
// # Who holds connections
//
// A job holds a slot until its answer is read, a stream until its client has taken the body. If jobs wait, the streams
// whose clients make no progress are looked at: no more than a share of the pool is left to them. Under load, quick reads
// share a flush: see batch.go. Those that are not known to be quick beforehand prove it: see record.go.
//
// # The life of a slot
//
//	          needed                  free                    a job, or a batch
//	(nothing) ──────▶ being opened ───────▶ idle ◀──────────────────────────────▶ busy
//	                       │                 │                                     │ ▲
//	                       │ failed          │ idle or open too long, renewed      │ │ stream closed
//	                       ▼                 ▼                                     ▼ │
//	             who waits longest        closed ◀──── broken, cannot be ────── streaming
//	             is told                               cleaned, renewed
package exec
