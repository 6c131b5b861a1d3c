// Package wire encodes and decodes the messages of the PostgreSQL frontend/backend protocol 3.0 that the executor uses
// on a connection which pgconn has opened and authenticated (PostgreSQL manual, chapter Frontend/Backend Protocol).
//
// An [Encoder] builds what is sent in one write, without copying large values. A [Reader] returns what the server
// sends, message by message, and allows the caller to read a column of a row in pieces. The valid order of messages is
// the concern of package session.
package wire
