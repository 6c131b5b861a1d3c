// Package model tests gateway/exec with random jobs over all its dimensions at once. It holds nothing but tests.
//
// A sequence is some hundred jobs, one at a time or several together, on one pool and one database. An oracle then runs
// each job alone, on a fresh connection with plain BEGIN and COMMIT, on a second database with the same contents. Both
// must answer alike, and the tables must be alike after every step:
//
//	         ┌─▶ the pool, with faults ───▶ database A ─┐
//	step ────┤                                          ├─▶ answers and tables must be equal
//	         └─▶ the oracle, job by job ──▶ database B ─┘
//
// Jobs that run together have rows of their own, so that the answer to each is known. What a job leaves on its
// connection must be seen by none after it: every answer that may depend on settings shows them.
//
// If a job was canceled, or its connection cut, its answer decides whether the oracle runs it: a success must be one
// there too, an unknown outcome is looked up in the tables, and after any other error nothing may have been done.
//
// A failure is shrunk to few steps and printed together with how to run its sequence again.
package model
