// Package typegen writes the types of an exposed schema in languages that clients are written in: TypeScript in the
// shape that postgrest-js takes, Go, and Python.
//
// It is pure: a snapshot and its [cache.Typing] come in, text comes out. The same input gives the same bytes. What is
// not described: arguments of functions that take a body as it is, and how many dimensions an array has, which
// PostgreSQL does not fix.
package typegen
