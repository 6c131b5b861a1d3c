// Package session runs scripts on a connection to PostgreSQL. A script is what one job does in one transaction, and a
// [Try] is one run of it.
//
//	[role · Sync] · [BEGIN] · [verify] · settings · [pre-request] · [explain] · main · [constraints] · [clean] · Sync · [end]
//
// The whole script is one flush, so that a job takes one round trip. Only a job whose answer decides whether it is
// committed takes a second one.
//
// # Success
//
// Each step of a script declares what completes it: a command tag, the shape of its rows, the transaction status in
// ReadyForQuery. A try has succeeded if each of its steps was answered as declared. Otherwise it has failed, and its
// [Outcome] follows from the first answer that differs and from how much of the message that commits was sent. Later
// answers are not used to draw conclusions.
//
//	nothing was sent, or the server processed nothing      Unsent
//	statements may have been replaced                      Tampered   (nothing was done)
//	a prepared statement is missing or does not fit        Outdated   (nothing was done)
//	a read ran under another role than intended            Misplaced  (nothing was done)
//	the server reported an error, or the check did         Refused    (nothing is committed)
//	the connection was lost before the commit was sent     Lost       (nothing is committed)
//	the connection was lost, or the answer was wrong, then Unknown
//
// # The state of a session
//
// Settings and roles are set until the end of the transaction, except for the role of jobs that can see no other
// setting. That role is set at session level, in its own transaction, and kept until another role is needed. The
// session knows its role, whether everything that a job may have left behind has been removed, and whether prepared
// statements may have been replaced. This state changes only at the end of a transaction:
//
//	    harmless job                       job that may leave something
//	  ┌──────────────┐                    ┌───────────────────────────┐
//	  ▼              │                    │                           ▼
//	clean ───────────┘                  clean                       dirty ── cleaned ──▶ clean
//	                                                                  │
//	                                                                  └─ cannot be ──▶ broken
//
// Behind a pooler that may switch the server session between transactions, nothing is kept at session level. An error
// with which a pooler closes the connection says nothing about what the server has done: the connection is lost.
//
// # Statements
//
// The name of a prepared statement is a hash of its text, of the role that it is bound to, if any, of the schema's
// generation, and of the version of what it uses of the schema, see [Names]. The same name means the same statement on
// every session that a pooler may select.
package session
