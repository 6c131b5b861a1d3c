// Package planner resolves a request's syntax against a schema snapshot: which relation, columns and types the
// names mean, how embedded relations join, what a write sets, which overload of a routine is called, which media
// type the answer has. The result is a [Plan], from which package pgsql writes SQL.
//
// It is pure: no I/O, no HTTP, no SQL text. A plan refers to the snapshot and to the request's values; it lives as
// long as the request.
package planner
