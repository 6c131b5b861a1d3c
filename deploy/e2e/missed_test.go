package e2e

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// metric returns the sum of the series of which the name and labels begin with a text.
func (g *gateway) metric(series string) (sum float64) {
	g.t.Helper()
	_, body := g.askAdmin("/metrics")
	for line := range strings.Lines(body) {
		if !strings.HasPrefix(line, series) {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]), 64)
		if err != nil {
			g.t.Fatalf("%s: %v", line, err)
		}
		sum += value
	}
	return sum
}

// loads returns how many loads there were of a cause, "" for any, and a kind.
func (g *gateway) loads(cause, kind string) int {
	g.t.Helper()
	if cause != "" {
		return int(g.metric(fmt.Sprintf(`trunkline_schema_loads_total{cause="%s",kind="%s"}`, cause, kind)))
	}
	sum := 0
	for _, cause := range []string{
		"start", "ddl", "request", "notify", "signal", "config", "audit", "reconnect", "recovery", "replay", "retry",
	} {
		sum += g.loads(cause, kind)
	}
	return sum
}

// watchDDL installs the event triggers.
func watchDDL(t *testing.T, dsn string) {
	t.Helper()
	if got := run(t, []string{"PGRST_DB_URI=" + dsn}, "--watch-ddl", "install"); got.code != 0 {
		t.Fatalf("install: %+v", got)
	}
}

// killListener ends the gateway's listening session, and reports whether there was one.
func killListener(t *testing.T, conn *pgx.Conn) bool {
	t.Helper()
	var killed int
	err := conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND usename = 'e2e_login' AND query ILIKE 'listen%'`).Scan(&killed)
	if err != nil {
		t.Fatal(err)
	}
	return killed > 0
}

// TestListenerIsKilledDuringDDL kills the listening session again and again while tables are created and dropped.
// Nobody asks for their names before they are served, so that only what the listener hears, or finds to have missed,
// has them loaded. Everything is loaded once, at the start.
func TestListenerIsKilledDuringDDL(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	watchDDL(t, dsn)
	g := start(t, dsn, "PGRST_DB_SCHEMA_LOOKUP_RATE=0", "PGRST_LOG_LEVEL=info")
	g.settle()
	g.eventually("watched", g.watched)
	l := g.loadWith(2, thought, nil)
	killed := 0
	for i := range 20 {
		if i%2 == 0 && killListener(t, conn) {
			killed++
		}
		execute(t, conn, fmt.Sprintf("CREATE TABLE api.fresh%[1]d AS SELECT %[1]d AS n", i))
		if i%2 == 1 && killListener(t, conn) {
			killed++
		}
		if i > 0 {
			execute(t, conn, fmt.Sprintf("DROP TABLE api.fresh%d", i-1))
		}
		took := g.eventually("the table is served", func() bool {
			return g.get(fmt.Sprintf("/fresh%d", i)).body == fmt.Sprintf(`[{"n":%d}]`, i)
		})
		t.Logf("%v until table %d was served", took.Round(time.Millisecond), i)
		if i > 0 {
			g.eventually("the table before is gone", func() bool {
				return g.get(fmt.Sprintf("/fresh%d", i-1)).status == http.StatusNotFound
			})
		}
	}
	l.end()
	if killed < 10 {
		t.Errorf("only %d listeners were killed", killed)
	}
	if full := g.loads("reconnect", "full"); full > 0 {
		t.Errorf("everything was loaded %d times because the listener was back", full)
	}
	if g.loads("reconnect", "incremental") == 0 {
		t.Error("nothing was loaded because it had been missed")
	}
	// What the looks before have found is loaded before what is announced now.
	g.eventually("watched", g.watched)
	execute(t, conn, "CREATE TABLE api.barrier AS SELECT 1 AS n")
	g.eventually("the table is served", func() bool { return g.get("/barrier").body == `[{"n":1}]` })
	// A look finds what was written since the one before, announced or not: this table.
	looks := func() int { return g.loads("reconnect", "none") + g.loads("reconnect", "incremental") }
	before := looks()
	g.eventually("a listener to be killed", func() bool { return killListener(t, conn) })
	g.eventually("a look", func() bool { return looks() > before })
	// Nothing has changed, so nothing is loaded.
	g.eventually("watched", g.watched)
	incremental, none := g.loads("", "incremental"), g.loads("reconnect", "none")
	g.eventually("a listener to be killed", func() bool { return killListener(t, conn) })
	g.eventually("a look that finds nothing", func() bool { return g.loads("reconnect", "none") > none })
	if n := g.loads("", "incremental"); n != incremental {
		t.Errorf("%d loads although nothing had changed", n-incremental)
	}
}

// TestChangesAreServedAtOnce has a client make a mistake, change the schema so that it is none any more, and send the same
// request as soon as the change is committed. The answer must be the right one every time, though notifications take
// long.
func TestChangesAreServedAtOnce(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	watchDDL(t, dsn)
	l := newLink(t, socketOf(t, dsn))
	g := start(t, dsn, "PGRST_DB_CHANNEL_URI="+authenticator(dsn)+" sslmode=disable host=127.0.0.1 port="+l.port())
	g.settle()
	g.eventually("watched", g.watched)
	l.delay.Store(int64(30 * time.Millisecond))
	execute(t, conn, "CREATE TABLE api.grown (id int PRIMARY KEY); INSERT INTO api.grown VALUES (7); GRANT ALL ON api.grown TO e2e_anon")
	for i := range 8 {
		for _, change := range []struct{ path, ddl, answer string }{
			{"/fresh%d", "CREATE TABLE api.fresh%d AS SELECT 7 AS id; GRANT ALL ON api.fresh%[1]d TO e2e_anon", `[{"id":7}]`},
			{"/grown?select=c%d", "ALTER TABLE api.grown ADD c%d int DEFAULT 8", fmt.Sprintf(`[{"c%d":8}]`, i)},
			{"/grown?c%d=eq.8&select=id", "ALTER TABLE api.grown ALTER c%d SET NOT NULL", `[{"id":7}]`},
			{
				"/grown?select=id,child%d(grown_id)", `CREATE TABLE api.child%d AS SELECT 7 AS grown_id;
					ALTER TABLE api.child%[1]d ADD FOREIGN KEY (grown_id) REFERENCES api.grown; GRANT ALL ON api.child%[1]d TO e2e_anon`,
				fmt.Sprintf(`[{"id":7,"child%d":[{"grown_id": 7}]}]`, i),
			},
			{"/rpc/f%d", "CREATE FUNCTION api.f%d() RETURNS int LANGUAGE sql STABLE AS 'SELECT 9'", "9"},
			{"/rpc/f%d?a=1", "CREATE FUNCTION api.f%d(a int) RETURNS int LANGUAGE sql STABLE AS 'SELECT a'", "1"},
		} {
			path := fmt.Sprintf(change.path, i)
			g.get(path)
			execute(t, conn, "BEGIN; "+fmt.Sprintf(change.ddl, i)+"; COMMIT")
			if a := g.get(path); a.body != change.answer {
				t.Errorf("GET %s after %s: %v", path, fmt.Sprintf(change.ddl, i), a)
			}
		}
	}
}

// TestAuditFindsChanges changes what nobody announces: there are no event triggers.
func TestAuditFindsChanges(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn, "PGRST_DB_SCHEMA_AUDIT_INTERVAL=1", "PGRST_DB_SCHEMA_LOOKUP_RATE=0")
	g.settle()
	g.eventually("a first audit", func() bool { return g.metric(`trunkline_schema_audits_total{status="SAME"}`) > 0 })
	execute(t, conn, `SET session_replication_role = replica; CREATE TABLE api.fresh AS SELECT 1 AS n;
		RESET session_replication_role`)
	took := g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	t.Logf("%v until a table was found", took.Round(time.Millisecond))
	if g.loads("audit", "incremental")+g.loads("audit", "full") == 0 {
		t.Error("it was not the audit that found the table")
	}
	execute(t, conn, inDatabase(t, conn, "SET pgrst.db_max_rows = '5'"))
	took = g.eventually("the setting applies", func() bool { return strings.Count(g.get("/films").body, `"id"`) == 5 })
	t.Logf("%v until a setting of the login role was found", took.Round(time.Millisecond))
	execute(t, conn, inDatabase(t, conn, "RESET pgrst.db_max_rows"))
	g.eventually("the setting is gone", func() bool { return strings.Count(g.get("/films").body, `"id"`) == 20 })
}

// TestForeignDDLCostsNoQuery changes a schema that is not exposed, of which the gateway is told.
func TestForeignDDLCostsNoQuery(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	execute(t, conn, "CREATE SCHEMA hidden")
	watchDDL(t, dsn)
	g := start(t, dsn, "PGRST_DB_SCHEMA_AUDIT_INTERVAL=0", "PGRST_DB_CONFIG=false")
	g.settle()
	g.eventually("watched", g.watched)
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n")
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	g.eventually("watched", g.watched)
	before, told := queriesOfOthers(t, conn), g.loads("ddl", "none")
	others := g.loads("", "full") + g.loads("", "incremental")
	const tables = 50
	for i := range tables {
		execute(t, conn, fmt.Sprintf(`CREATE TABLE hidden.t%[1]d (id int PRIMARY KEY, name text);
			CREATE VIEW hidden.v%[1]d AS SELECT * FROM hidden.t%[1]d; ALTER TABLE hidden.t%[1]d ADD n int;
			CREATE INDEX ON hidden.t%[1]d (name); DROP TABLE hidden.t%[1]d CASCADE`, i))
	}
	g.eventually("all to be told of", func() bool { return g.loads("ddl", "none") >= told+4*tables })
	after := queriesOfOthers(t, conn)
	for pid, query := range after {
		if before[pid] != query {
			t.Errorf("session %d ran %s, and before %s", pid, query, before[pid])
		}
	}
	if n := g.loads("", "full") + g.loads("", "incremental"); n != others {
		t.Errorf("there were %d loads", n-others)
	}
}

// queriesOfOthers returns when each session of the gateway began its last query, and which that is, but for the
// listener, which proves every two seconds that the triggers are there.
func queriesOfOthers(t *testing.T, conn *pgx.Conn) map[uint32]string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT pid, concat_ws(' ', query_start, query) FROM pg_stat_activity
		WHERE datname = current_database() AND usename = 'e2e_login' AND query NOT ILIKE 'listen%'
		AND query NOT LIKE '%pg_event_trigger%'`)
	if err != nil {
		t.Fatal(err)
	}
	queries := make(map[uint32]string)
	var pid uint32
	var query string
	_, err = pgx.ForEachRow(rows, []any{&pid, &query}, func() error {
		queries[pid] = query
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return queries
}

// TestStormOfNotifications sends ten thousand different notifications that ask for everything.
func TestStormOfNotifications(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn)
	g.settle()
	before := g.loads("notify", "full")
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n")
	began := time.Now()
	execute(t, conn, `DO $$ BEGIN FOR i IN 1 .. 10000 LOOP PERFORM pg_notify('pgrst', 'reload schema ["' || i || '"]'); END LOOP; END $$`)
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	execute(t, conn, inDatabase(t, conn, "SET pgrst.db_max_rows = '5'")+"; NOTIFY pgrst, 'reload config'") // after the others
	g.eventually("the last notification", func() bool { return strings.Count(g.get("/films").body, `"id"`) == 5 })
	// One is loaded at once, and one after the burst, which ends after a second at the latest.
	most := 2 + int(time.Since(began)/time.Second)
	g.eventually("a load", func() bool { return g.loads("notify", "full") > before })
	g.eventually("nothing to be pending", func() bool { return g.admin("/ready") == http.StatusOK })
	loads := g.loads("notify", "full") - before
	t.Logf("%d loads", loads)
	if loads > most || loads == 0 {
		t.Errorf("%d loads, of at most %d", loads, most)
	}
}

// TestLostConnectionHasNothingLoaded kills a connection of the pool during a request. The listener has heard everything
// meanwhile, so that it is enough to look whether something was missed.
func TestLostConnectionHasNothingLoaded(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn)
	g.settle()
	answers := make(chan *answer, 1)
	go func() {
		a, err := g.ask(query{path: "/rpc/sleep?seconds=600"})
		if err != nil {
			t.Error(err)
		}
		answers <- a
	}()
	g.eventually("it runs", func() bool { return asleep(t, conn) == 1 })
	execute(t, conn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND usename = 'e2e_login' AND wait_event = 'PgSleep'`)
	if a := <-answers; a == nil || unavailable(a) != nil {
		t.Errorf("got %v", a)
	}
	g.eventually("something was looked for", func() bool { return g.loads("recovery", "none") == 1 })
	if full := g.loads("recovery", "full"); full != 0 {
		t.Errorf("everything was loaded %d times", full)
	}
}
