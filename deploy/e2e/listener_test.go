package e2e

import (
	"net/http"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestListenerReconnects kills the connection that listens, and changes the schema while there is none.
func TestListenerReconnects(t *testing.T) {
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn, "PGRST_DB_POOL=4")
	g.settle()
	l := g.loadWith(8, nil)
	// A connection opened late would be refused below, and its request with it.
	g.eventually("the pool is full", func() bool {
		var n int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND usename = 'e2e_login'`).Scan(&n)
		return err == nil && n == 5 // the four of the pool, and the listener
	})

	// ALTER DATABASE must not run in its own database's transaction with others, and works from any.
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
