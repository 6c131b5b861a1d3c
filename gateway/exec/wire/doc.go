// Package wire has the messages of the PostgreSQL frontend/backend protocol 3.0 that the executor exchanges on a
// connection which pgconn has opened and authenticated (PostgreSQL manual, chapter Frontend/Backend Protocol).
//
// An [Encoder] builds what is sent in one write: large values are not copied into it. A [Reader] yields what the server
// sends, message by message, and lets the caller read a column of a row in pieces. The package knows nothing of the
// order in which messages make sense: that is package session's.
package wire
