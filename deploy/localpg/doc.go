// Package localpg runs private PostgreSQL clusters for the demo, the tests and the benchmarks. It is not meant for
// production.
//
// [Start] takes the PostgreSQL binaries that are installed, or downloads a pinned build, copies a data directory from a
// cached template, and runs the server as an unprivileged user on a unix socket and a free loopback port. A cluster
// without a directory is a throwaway: it has fast settings, lives in memory if there is enough of it, and is removed
// when its process ends. A cluster with a directory is durable: it is stopped with its process, and its data is kept.
//
// However the process ends, neither a server nor a throwaway directory is left behind. A guard, a small shell in its
// own session, waits for the end of a pipe that only the process holds open, and then cleans up. If the guard is killed
// too, the next Start removes the directory, and the server ends when it notices that its directory is gone.
//
// Two libraries solve parts of this. github.com/fergusstrange/embedded-postgres downloads one build and runs it on a
// fixed port. This package exists for what it does not do:
//   - it uses the PostgreSQL that is installed, in any major version from 14 on, and tests run against several;
//   - it runs where the caller is root, as in containers, and where Maven cannot be reached but an npm registry can;
//   - it verifies what it downloads against checksums that are part of this repository;
//   - a killed or crashed test process leaves no server and no directory behind;
//   - processes run clusters at the same time, on ports and directories that do not collide;
//   - a cluster starts from a template in a fraction of a second, and PgBouncer can be started in front of it.
//
// github.com/peterldowns/pgtestdb creates databases from templates on a server that something else has started, through
// database/sql. The subpackage pgtest does so in about a hundred lines on [Cluster], and also copies the settings and
// grants of a database, which templates leave out and the tests of roles need.
package localpg
