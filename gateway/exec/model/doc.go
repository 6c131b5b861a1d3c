// Package model tests gateway/exec with random jobs over all its dimensions at once. It contains only tests.
//
// A sequence is some hundred jobs, run alone or several together, on one pool and one database. An oracle then runs
// each job alone, on a fresh connection with plain BEGIN and COMMIT, on a second database with the same contents. Both
// must give the same answers, and the tables must be equal after every step:
//
//	         ┌─▶ the pool, with faults ───▶ database A ─┐
//	step ────┤                                          ├─▶ answers and tables must be equal
//	         └─▶ the oracle, job by job ──▶ database B ─┘
//
// A step may be a chain: some jobs in one transaction, in which the oracle runs one after the other and resets everything
// in between. Jobs that run together use different rows, so that the answer to each is determined. Nothing that a job
// leaves on its connection may be visible to later jobs: every answer that may depend on settings includes them.
//
// If a job was canceled, or its connection was cut, its answer decides whether the oracle runs it: a success must
// succeed there too, an unknown outcome is determined from the tables, and after any other error nothing may have been
// done.
//
// A failure is shrunk to few steps and printed together with how to run its sequence again.
package model
