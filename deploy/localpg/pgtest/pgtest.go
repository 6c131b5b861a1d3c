// Package pgtest provides tests with real PostgreSQL databases. Only tests may import it.
//
// Each test process has one throwaway cluster, started by the first test that needs it and stopped by [Run], or when
// the process ends in any other way. [Database] creates a new database from SQL files: the files are run once per
// process, in a template database from which the others are copied.
package pgtest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
)

// process is the state of the test process. It is the only thing that tests share: starting a cluster for each of them
// would take too long.
var process struct {
	mu        sync.Mutex // of the fields down to admins
	options   localpg.Options
	cluster   *localpg.Cluster
	err       error
	templates map[string]*template
	databases int
	// admins are the connections to the database postgres that no test uses at the moment.
	admins []*pgx.Conn
	// filling is held while a template is filled: files that create a role unless it exists cannot run at once.
	filling sync.Mutex
}

// Option changes the options of the cluster.
type Option func(*localpg.Options)

// WithSetting sets a server setting (postgresql.conf).
func WithSetting(name, value string) Option {
	return func(o *localpg.Options) {
		if o.Settings == nil {
			o.Settings = make(map[string]string)
		}
		o.Settings[name] = value
	}
}

// Run runs the tests and stops the cluster if they started it. It returns the exit code:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }
func Run(m *testing.M, options ...Option) int {
	process.mu.Lock()
	for _, option := range options {
		option(&process.options)
	}
	process.mu.Unlock()

	return stop(m.Run())
}

// Cluster returns the process's cluster, which is started by the first call.
func Cluster(t testing.TB) *localpg.Cluster {
	t.Helper()
	process.mu.Lock()
	defer process.mu.Unlock()
	if process.cluster == nil && process.err == nil {
		process.cluster, process.err = localpg.Start(context.Background(), process.options)
	}
	if process.err != nil {
		t.Fatalf("pgtest: %v", process.err)
	}
	return process.cluster
}

// DSN returns the superuser's connection string for a database of the cluster.
func DSN(t testing.TB, database string) string {
	t.Helper()
	return Cluster(t).DSN(database)
}

// Conn connects to a database, and closes the connection when the test ends.
func Conn(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Dir creates a directory for a durable cluster ([localpg.Options]). It is removed when the test ends.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := localpg.TempDir()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return dir
}
