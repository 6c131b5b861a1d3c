package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// execute runs SQL statements as the superuser.
func execute(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// settle waits until the gateway has loaded the current schema and is listening.
func (g *gateway) settle() {
	g.t.Helper()
	g.eventually("ready", func() bool { return g.admin("/ready") == http.StatusOK })
}

func TestDDLIsServedUnderLoad(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	superuser := []string{"PGRST_DB_URI=" + dsn}
	if got := run(t, superuser, "--watch-ddl", "install"); got.code != 0 || got.stderr != "" {
		t.Fatalf("install: %+v", got)
	}
	g := start(t, dsn)
	g.settle()
	l := g.loadWith(4, thought, nil)
	steps := []struct {
		sql, path string
		status    int
		body      string // or its beginning
	}{
		{"CREATE TABLE api.fresh AS SELECT 1 AS n", "/fresh", 200, `[{"n":1}]`},
		{"ALTER TABLE api.fresh RENAME TO renamed", "/renamed", 200, `[{"n":1}]`},
		{"ALTER TABLE api.renamed ADD extra text DEFAULT 'x'", "/renamed?select=extra", 200, `[{"extra":"x"}]`},
		{"ALTER TABLE api.renamed ALTER n TYPE text", "/renamed?select=n", 200, `[{"n":"1"}]`},
		{
			`ALTER TABLE api.renamed ADD PRIMARY KEY (n);
			ALTER TABLE api.films ADD fresh text REFERENCES api.renamed`,
			"/films?select=id,renamed(n)&id=eq.1", 200, `[{"id":1,"renamed":null}]`,
		},
		{"CREATE FUNCTION api.twice(n int) RETURNS int LANGUAGE sql RETURN 2 * n", "/rpc/twice?n=21", 200, "42"},
		{
			`DROP FUNCTION api.twice;
			CREATE FUNCTION api.twice(m int) RETURNS int LANGUAGE sql RETURN 2 * m`,
			"/rpc/twice?m=21", 200, "42",
		},
		{"DROP TABLE api.renamed CASCADE", "/renamed", 404, `{"code":"PGRST205"`},
		{"DROP FUNCTION api.twice", "/rpc/twice?m=1", 404, `{"code":"PGRST202"`},
	}
	for _, step := range steps {
		execute(t, conn, step.sql)
		took := g.eventually(step.sql, func() bool {
			a := g.get(step.path)
			return a.status == step.status && strings.HasPrefix(a.body, step.body)
		})
		t.Logf("%v: %s", took.Round(1e6), step.sql)
	}
	l.end()

	if got := run(t, superuser, "--watch-ddl", "remove"); got.code != 0 || got.stderr != "" {
		t.Fatalf("remove: %+v", got)
	}
	var left int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_event_trigger").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d event triggers are left, %v", left, err)
	}
}

// TestPrintedTriggers runs the output of --watch-ddl print, as an operator would with psql.
func TestPrintedTriggers(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	printed := run(t, nil, "--watch-ddl", "print")
	if printed.code != 0 || printed.stderr != "" {
		t.Fatalf("%+v", printed)
	}
	execute(t, conn, printed.stdout)
	g := start(t, dsn)
	g.settle()
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n")
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
}

func TestSchemaReloadsOnRequest(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn, "PGRST_DB_SCHEMA_LOOKUP_RATE=0")
	g.settle()
	l := g.loadWith(4, thought, nil)
	ways := []func(){
		func() { execute(t, conn, "NOTIFY pgrst, 'reload schema'") },
		func() { execute(t, conn, "NOTIFY pgrst") },
		func() { g.signal(syscall.SIGUSR1) },
	}
	for i, reload := range ways {
		table := fmt.Sprint("/fresh", i)
		execute(t, conn, fmt.Sprintf("CREATE TABLE api.fresh%d AS SELECT %d AS n", i, i))
		if a := g.get(table); a.status != http.StatusNotFound {
			t.Errorf("before it was reloaded: %v", a)
		}
		reload()
		took := g.eventually(table, func() bool { return g.get(table).body == fmt.Sprintf(`[{"n":%d}]`, i) })
		t.Logf("%v until it was served", took.Round(1e6))
	}
	l.end()
}

// TestNamesAreLookedFor uses what was created a moment ago, which nobody announces.
func TestNamesAreLookedFor(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn)
	g.settle()
	for i := range 20 {
		execute(t, conn, fmt.Sprintf(`CREATE TABLE api.made%[1]d AS SELECT %[1]d AS n;
			CREATE FUNCTION api.make%[1]d() RETURNS int LANGUAGE sql STABLE AS 'SELECT %[1]d'`, i))
		if a := g.get(fmt.Sprintf("/made%d", i)); a.body != fmt.Sprintf(`[{"n":%d}]`, i) {
			t.Errorf("the table: %v", a)
		}
		if a := g.get(fmt.Sprintf("/rpc/make%d", i)); a.body != fmt.Sprint(i) {
			t.Errorf("the function: %v", a)
		}
	}
	if a := g.get("/made20"); a.status != http.StatusNotFound {
		t.Errorf("what there is not: %v", a)
	}
}

func TestConfigReloadsOnRequest(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	file := filepath.Join(t.TempDir(), "trunkline.conf")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("db-plan-enabled = false\n")
	g := startWithFile(t, file, dsn)
	g.settle()
	l := g.loadWith(4, thought, nil)
	rows := func(n int) func() bool {
		return func() bool { return strings.Count(g.get("/films").body, `"id"`) == n }
	}
	g.eventually("all rows", rows(20))

	execute(t, conn, inDatabase(t, conn, "SET pgrst.db_max_rows = '5'"))
	execute(t, conn, "NOTIFY pgrst, 'reload config'")
	g.eventually("as the database says", rows(5))

	execute(t, conn, inDatabase(t, conn, "RESET pgrst.db_max_rows"))
	write("db-max-rows = 7\n")
	g.signal(syscall.SIGUSR2)
	g.eventually("as the file says", rows(7))

	write("db-max-rows = 3\nopenapi-mode = \"nonsense\"\n")
	g.signal(syscall.SIGUSR2)
	g.eventually("a complaint", func() bool { return g.logged("Invalid openapi-mode") != "" })
	write("db-max-rows = = 3\n")
	g.signal(syscall.SIGUSR2)
	g.eventually("a complaint", func() bool { return g.logged("trunkline.conf:1:15: ") != "" })
	if !rows(7)() {
		t.Error("a bad reload did not keep the old configuration")
	}

	write("db-max-rows = 2\n")
	g.signal(syscall.SIGUSR2)
	g.eventually("as the repaired file says", rows(2))
	l.end()
}

// inDatabase returns a statement that changes a setting of the authenticator in the connection's database.
func inDatabase(t *testing.T, conn *pgx.Conn, change string) string {
	t.Helper()
	return fmt.Sprintf("ALTER ROLE e2e_login IN DATABASE %s %s",
		pgx.Identifier{conn.Config().Database}.Sanitize(), change)
}

// TestSchemaThatCannotBeLoaded checks that the last good schema stays in use, and that the next one is loaded.
func TestSchemaThatCannotBeLoaded(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn, "PGRST_DB_SCHEMA_LOAD_TIMEOUT=1")
	g.settle()
	l := g.loadWith(4, thought, nil)
	// Reading the catalog waits for this lock until db-schema-load-timeout. Planning the load's statements does not
	// read the locked table.
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n; BEGIN; LOCK TABLE pg_catalog.pg_description IN ACCESS EXCLUSIVE MODE")
	g.signal(syscall.SIGUSR1)
	g.eventually("a complaint", func() bool { return g.logged("57014") != "" })
	status, why := g.askAdmin("/ready")
	if status != http.StatusServiceUnavailable || !strings.Contains(why, "query tables: ") || !strings.Contains(why, "57014") {
		t.Errorf("ready answers %d while the schema is stale, because of %q", status, why)
	}
	if _, metrics := g.askAdmin("/metrics"); !strings.Contains(metrics, `trunkline_schema_load_failures_total{query="tables"} `) {
		t.Error("no metric tells which query failed")
	}
	g.eventually("the log says which query failed", func() bool {
		return strings.HasSuffix(g.logged("The query that failed"), "is tables")
	})
	g.wants("/films?select=title&id=eq.3", http.StatusOK, `[{"title":"Film 3"}]`)
	execute(t, conn, "COMMIT")
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	g.settle()
	l.end()
}

// TestShortTimeoutsOfTheLoginRole has the role that logs in give up after a time that no load keeps.
func TestShortTimeoutsOfTheLoginRole(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	// A lock that is waited for for longer than the role would.
	execute(t, conn, inDatabase(t, conn, "SET statement_timeout = '300ms'")+";"+inDatabase(t, conn, "SET lock_timeout = '200ms'"))
	g := start(t, dsn)
	g.settle()
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n; BEGIN; LOCK TABLE pg_catalog.pg_description IN ACCESS EXCLUSIVE MODE")
	g.signal(syscall.SIGUSR1)
	watcher := pgtest.Conn(t, pgtest.DSN(t, "postgres"))
	g.eventually("a query that has waited for longer than the role does", func() bool {
		var waits bool
		err := watcher.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'e2e_login'
			AND wait_event_type = 'Lock' AND now() - query_start > '400ms')`).Scan(&waits)
		return err == nil && waits
	})
	execute(t, conn, "COMMIT")
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	if line := g.logged("57014") + g.logged("55P03"); line != "" {
		t.Errorf("a load was given up: %s", line)
	}
}
