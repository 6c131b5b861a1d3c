// Package exec runs the jobs of requests on a bounded number of connections to PostgreSQL. It decides which job gets a
// connection, which jobs wait and for how long, which share a flush, and which are retried. Package session runs a job
// on a connection, and package wire encodes the protocol. Package exec imports no HTTP package.
//
// # Results
//
// A write has succeeded when its commit was confirmed. Otherwise, or if the connection was lost, the result depends on
// what was sent and received, see the outcomes of package session:
//
//	Unsent, Silent                  retried once on another connection; no write that a server may have processed
//	Outdated, Tampered, Misplaced   retried once, with statements parsed again or on another connection
//	Refused, Mistaken, Lost         nothing is committed: the error says why
//	Unknown                         the client is told that the outcome is unknown
//	Succeeded                       the answer
//
// # Use of connections
//
// A job holds a slot until its answer has been read, a stream until its client has received the body. If jobs wait,
// streams whose clients make no progress may hold only a share of the pool. Under load, quick reads share flushes: see
// batch.go. Reads that are not known to be quick in advance can prove it: see record.go.
//
// # The life of a slot
//
//	          needed                  free                    a job, or a batch
//	(nothing) ──────▶ being opened ───────▶ idle ◀──────────────────────────────▶ busy
//	                       │                 │                                     │ ▲
//	                       │ failed          │ idle or open too long, renewed      │ │ stream closed
//	                       ▼                 ▼                                     ▼ │
//	             the first waiter         closed ◀──── broken, cannot be ────── streaming
//	             gets the error                        cleaned, renewed
package exec
