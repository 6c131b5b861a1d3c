package e2e

import (
	"net/http"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestListenerReconnects kills the listening connection and changes the schema before the listener reconnects.
func TestListenerReconnects(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn, "PGRST_DB_POOL=4")
	g.settle()
	l := g.loadWith(8, 0, nil)
	// A connection opened later would be refused, and the request that needs it would fail.
	g.eventually("the pool is full", func() bool {
		var n int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND usename = 'e2e_login'`).Scan(&n)
		return err == nil && n == 5 // the four of the pool, and the listener
	})

	// ALTER DATABASE must not run concurrently in its own database. It works from any other.
	other := pgtest.Conn(t, pgtest.DSN(t, "postgres"))
	database := conn.Config().Database
	execute(t, other, "ALTER DATABASE "+database+" ALLOW_CONNECTIONS false")
	var killed int
	err := conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND query ILIKE 'listen%'`).Scan(&killed)
	if err != nil || killed != 1 {
		t.Fatalf("%d listeners killed, %v", killed, err)
	}
	g.eventually("not ready", func() bool { return g.admin("/ready") == http.StatusServiceUnavailable })
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n; NOTIFY pgrst")
	execute(t, other, "ALTER DATABASE "+database+" ALLOW_CONNECTIONS true")
	took := g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	t.Logf("%v until it was served", took.Round(1e6))
	g.settle()
	l.end()
}

// TestSchemaIsWatched checks when the gateway knows that it learns of every change: from the installation of the event
// triggers on, again after each change, and not while one of them is missing.
func TestSchemaIsWatched(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn, "PGRST_DB_SCHEMA_LOAD_TIMEOUT=1")
	g.settle()
	if g.watched() {
		t.Error("the schema is watched without event triggers")
	}
	superuser := []string{"PGRST_DB_URI=" + dsn}
	install := func() {
		t.Helper()
		if got := run(t, superuser, "--watch-ddl", "install"); got.code != 0 {
			t.Fatalf("install: %+v", got)
		}
		g.eventually("watched", g.watched)
	}
	install()
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n")
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	g.eventually("watched again", g.watched)
	for _, sabotage := range []string{
		"ALTER EVENT TRIGGER trunkline_ddl DISABLE",
		"ALTER FUNCTION trunkline.notify_ddl() SET trunkline.channel = 'other'",
		"DROP EVENT TRIGGER trunkline_drop",
	} {
		execute(t, conn, sabotage)
		g.eventually("not watched after "+sabotage, func() bool { return !g.watched() })
		g.eventually("a line in the log", func() bool { return g.logged("install them again") != "" })
		install()
	}
	// A schema that cannot be loaded is not known.
	execute(t, conn, "BEGIN; LOCK TABLE pg_catalog.pg_description IN ACCESS EXCLUSIVE MODE")
	execute(t, pgtest.Conn(t, dsn), "NOTIFY pgrst")
	g.eventually("not watched while the schema is stale", func() bool { return !g.watched() })
	g.eventually("a complaint", func() bool { return g.logged("57014") != "" })
	if g.watched() {
		t.Error("a stale schema is watched")
	}
	execute(t, conn, "COMMIT")
	g.eventually("watched when it is loaded", g.watched)
}
