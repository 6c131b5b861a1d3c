// Package localpg runs private PostgreSQL clusters for the demo, the tests and the benchmarks.
//
// [Start] takes the PostgreSQL binaries that the machine has, or fetches pinned ones, prepares a data directory from
// a cached template, and runs the server as an unprivileged user on a unix socket and a free loopback port.
// A cluster without a folder of its own is a throwaway: fast settings, in memory where there is enough of it, and
// gone with the process that started it. A cluster with a folder is durable: it is stopped with its process, its data stay.
//
// Whatever way the process ends, neither a server nor a throwaway folder stays behind: a guard, which is a small
// shell in a session of its own, waits for the end of a pipe that only the process holds, and cleans up then. Should
// the guard be killed as well, the next Start sweeps the folder away, and the server ends by itself once it misses it.
//
// The package is for development. It is not a way to run a database in production.
package localpg
