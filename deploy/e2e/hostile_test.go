package e2e

import (
	"strings"
	"syscall"
	"testing"
	"unicode"

	"trunkline/deploy/localpg/pgtest"
)

// TestForgedNotifications has a role that owns nothing send notifications as the event triggers would, and others that
// nobody would, while signals ask for loads.
func TestForgedNotifications(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	watchDDL(t, dsn)
	g := start(t, dsn)
	g.settle()
	g.eventually("watched", g.watched)
	l := g.loadWith(2, thought, nil)
	mallory := pgtest.Conn(t, dsn)
	execute(t, mallory, "SET SESSION AUTHORIZATION e2e_anon")
	for _, payload := range []string{
		`repeat('x', 7999)`,
		`'reload schema ' || repeat('[', 7900)`,
		`'reload schema ["", ' || repeat('"a",', 1500) || '"b"]'`,
		`E'reload schema ["", "X\\u001b[31m", "+1259 5 api"]'`,
		`E'reload schema ["", "X\\n127.0.0.1 - anon", "+1259 5 api"]'`,
		`'reload schema ["", "DROP TABLE", "-1259 ' || 'api.films'::regclass::oid || ' api"]'`,
		`'reload schema ["", "ALTER TABLE", "+1259 ' || 'api.films'::regclass::oid || ' elsewhere"]'`,
		`'reload schema ["", "GRANT", "+1259 0", "+1255 0"]'`,
		`'reload schema ["", "A", "*1259 api", "*1247", "*4294967295 x"]'`,
	} {
		execute(t, mallory, "SELECT pg_notify('pgrst', "+payload+")")
		g.signal(syscall.SIGUSR1)
	}
	execute(t, mallory, `SELECT pg_notify('pgrst', 'reload schema ["", "C", ' || (SELECT string_agg('"+1259 ' || i * 1000 + n
		|| ' api"', ',') FROM generate_series(1, 300) AS n) || ']') FROM generate_series(1, 300) AS i`)
	for range 200 {
		g.signal(syscall.SIGUSR1)
		g.signal(syscall.SIGHUP)
	}
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n; DROP TABLE api.journal CASCADE")
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	g.eventually("the other is gone", func() bool { return g.get("/journal").status == 404 })
	g.settle()
	l.end()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.log {
		if strings.ContainsFunc(line, unicode.IsControl) || len(line) > 1000 || strings.Contains(line, "C, C") {
			t.Errorf("a line of the log is %q", line)
		}
	}
}

// TestTemporaryObjectsCauseNoLoad creates and drops what no other session sees, and what changes nothing.
func TestTemporaryObjectsCauseNoLoad(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	watchDDL(t, dsn)
	g := start(t, dsn, "PGRST_DB_SCHEMA_AUDIT_INTERVAL=0", "PGRST_DB_SCHEMA_LOOKUP_RATE=0")
	g.settle()
	g.eventually("watched", g.watched)
	all := func() (n int) {
		for _, kind := range []string{"full", "incremental", "none", "taken_over", "failed"} {
			n += g.loads("", kind)
		}
		return n
	}
	before := all()
	for range 50 {
		execute(t, conn, `CREATE TEMPORARY TABLE a (id serial PRIMARY KEY, x int DEFAULT 5 CHECK (x > 0)); CREATE INDEX ON a (x);
			CREATE TEMPORARY VIEW v AS SELECT a.*, title FROM a, api.films; ALTER TABLE a ADD y text; COMMENT ON TABLE a IS 'x';
			DROP TABLE a CASCADE; SELECT 1 AS n INTO TEMPORARY b; DROP TABLE b;
			CREATE TEMPORARY TABLE c () INHERITS (api.films); DROP TABLE c;
			CREATE TYPE pg_temp.e AS ENUM ('a'); CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
			DROP FUNCTION pg_temp.f(); DROP TYPE pg_temp.e; CREATE TEMPORARY SEQUENCE s; DROP SEQUENCE s; DISCARD TEMPORARY;
			BEGIN; CREATE TEMPORARY TABLE d ON COMMIT DROP AS SELECT 1; COMMIT;
			BEGIN; CREATE TABLE api.never (id int); ROLLBACK; ANALYZE api.films; TRUNCATE api.journal`)
	}
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n")
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	g.eventually("watched", g.watched)
	if n := all() - before; n != 1 {
		t.Errorf("there were %d loads", n)
	}
}
