// Package session runs scripts on one connection to PostgreSQL: a script is what one job does in one transaction, and a
// [Try] is one run of it.
//
//	[role · Sync] · [BEGIN] · [verify] · settings · [pre-request] · [explain] · main · [constraints] · [clean] · Sync · [end]
//
// All of it is one flush, so that a job costs one round trip; only a job whose answer decides about its commit takes a
// second one.
//
// # Success
//
// Each step of a script declares what completes it: a command tag, rows of a shape, the transaction status that
// ReadyForQuery tells. A try has succeeded when the own answer of each of its steps came as declared. Anything else is
// a failure, whose [Outcome] follows from the first answer that differs and from what was sent of the message that
// commits. Nothing is concluded from a later answer.
//
//	nothing was sent, or the server looked at nothing      Unsent
//	the statements may have been replaced                  Tampered   (nothing was done)
//	a prepared statement was gone or does not fit any more Outdated   (nothing was done)
//	a read ran as another role than it should              Misplaced  (nothing was done)
//	the server reported an error, or the check did         Refused    (nothing is committed)
//	the connection was lost before the commit was sent     Lost       (nothing is committed)
//	the connection was lost, or the answer was wrong, then Unknown
//
// # What is known of a session
//
// Settings and roles are set until the end of the transaction, but for the role of jobs that can see no other setting:
// that is set at session level, in a transaction of its own, and not again before another role is needed. The session
// knows its role, whether anything that a job left behind has been removed, and whether prepared statements may have
// been replaced. Only the end of a transaction changes that:
//
//	    harmless job                       job that may leave something
//	  ┌──────────────┐                    ┌───────────────────────────┐
//	  ▼              │                    │                           ▼
//	clean ───────────┘                  clean                       dirty ── cleaned ──▶ clean
//	                                                                  │
//	                                                                  └─ cannot be ──▶ broken
//
// Behind a pooler, which may change the server's session between two transactions, nothing is kept at session level.
//
// # Statements
//
// A prepared statement is named by a hash of its text, of the role that it is bound to, if any, and of the schema's
// generation: see [Names]. The same name means the same statement on each session that a pooler may choose.
package session
