package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
	"trunkline/deploy/localpg/pgtest"
)

// TestFleetLoadsOnce has ten processes told at once that everything has to be loaded. They share a file, so that one
// loads and others take over what it has found.
func TestFleetLoadsOnce(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	file := filepath.Join(pgtest.Dir(t), "schema")
	fleet := make([]*gateway, 10)
	for i := range fleet {
		fleet[i] = start(t, dsn, "PGRST_DB_POOL=2", "PGRST_DB_SCHEMA_LOOKUP_RATE=0",
			"PGRST_SCHEMA_CACHE_DUMP_PATH="+file, "PGRST_SCHEMA_CACHE_URI=file://"+file)
	}
	for _, g := range fleet {
		g.settle()
	}
	if fleet[9].logged("Schema cache restored from") == "" {
		t.Error("the last process did not start from what the others had stored")
	}
	for round := range 3 {
		table := fmt.Sprintf("/fresh%d", round)
		execute(t, conn, fmt.Sprintf("CREATE TABLE api.fresh%[1]d AS SELECT %[1]d AS n; NOTIFY pgrst, 'reload schema'", round))
		began := time.Now()
		var serving sync.WaitGroup
		for _, g := range fleet {
			serving.Go(func() {
				served := func() bool {
					a, err := g.ask(query{path: table})
					return err == nil && a.body == fmt.Sprintf(`[{"n":%d}]`, round)
				}
				for !served() && time.Since(began) < patience {
					time.Sleep(5 * time.Millisecond)
				}
				if !served() {
					t.Errorf("%s is not served", table)
				}
			})
		}
		serving.Wait()
		t.Logf("%v until all served %s", time.Since(began).Round(time.Millisecond), table)
	}
	full, taken := 0, 0
	for _, g := range fleet {
		full, taken = full+g.loads("notify", "full"), taken+g.loads("notify", "taken_over")
	}
	t.Logf("%d loads, %d takeovers", full, taken)
	if full == 0 || taken < full {
		t.Errorf("%d loads, and %d takeovers", full, taken)
	}
}

// TestStandby starts from a standby, which the schema is read from, while the primary notifies. A change is served when
// it is replayed, and until then /ready says what it waits for. The next process starts from what was stored.
func TestStandby(t *testing.T) {
	t.Parallel()
	primary, standby := pgtest.Replicated(t)
	conn, replica := pgtest.Conn(t, primary.DSN("postgres")), pgtest.Conn(t, standby.DSN("postgres"))
	execute(t, conn, read(t, fixture))
	watchDDL(t, primary.DSN("postgres"))
	file := filepath.Join(pgtest.Dir(t), "schema")
	environ := []string{
		"PGRST_DB_CHANNEL_URI=" + authenticator(primary.DSN("postgres")), "PGRST_DB_SCHEMA_LOOKUP_RATE=0",
		"PGRST_SCHEMA_CACHE_DUMP_PATH=" + file, "PGRST_SCHEMA_CACHE_URI=file://" + file,
	}
	g := start(t, standby.DSN("postgres"), environ...)
	g.eventually("the fixture is replayed", func() bool { return g.get("/films?id=eq.1").status == http.StatusOK })
	g.settle()
	g.eventually("nothing to be waited for", func() bool { _, why := g.askAdmin("/ready"); return why == "" })
	execute(t, replica, "SELECT pg_wal_replay_pause()")
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n")
	g.eventually("a reason", func() bool {
		_, why := g.askAdmin("/ready")
		return strings.HasPrefix(why, "the standby has replayed the log up to ")
	})
	if a := g.get("/fresh"); a.status != http.StatusNotFound {
		t.Errorf("before it is replayed: %v", a)
	}
	execute(t, replica, "SELECT pg_wal_replay_resume()")
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	g.eventually("nothing to be waited for", func() bool { _, why := g.askAdmin("/ready"); return why == "" })
	if code := g.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}

	again := start(t, standby.DSN("postgres"), environ...)
	again.eventually("the table is served", func() bool { return again.get("/fresh").body == `[{"n":1}]` })
	again.settle()
	if again.logged("Schema cache restored from") == "" {
		t.Error("the second process did not start from what the first had stored")
	}
}

// TestDeafListener has the listener go through PgBouncer in transaction mode, where LISTEN succeeds and nothing is
// heard, and then past it.
func TestDeafListener(t *testing.T) {
	t.Parallel()
	direct := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, direct)
	b := pgtest.Bouncer(t, localpg.BouncerOptions{PoolSize: 4, Users: []string{"e2e_login"}})
	through := "PGRST_DB_URI=" + b.DSN(conn.Config().Database, "e2e_login")

	deaf := start(t, direct, through)
	deaf.eventually("a reason", func() bool {
		status, why := deaf.askAdmin("/ready")
		return status == http.StatusServiceUnavailable &&
			strings.HasPrefix(why, "Notifications are not received: notifications do not arrive on this connection")
	})
	if deaf.logged("set db-channel-uri to a connection string that leads past it") == "" || deaf.logged("Listener connected") != "" {
		t.Error("the log does not say that the listener is deaf")
	}
	if deaf.metric("trunkline_listener_up") != 0 {
		t.Error("the listener counts as up")
	}
	deaf.wants("/films?select=title&id=eq.3", http.StatusOK, `[{"title":"Film 3"}]`)

	hearing := start(t, direct, through, "PGRST_DB_CHANNEL_URI="+authenticator(direct), "PGRST_DB_SCHEMA_LOOKUP_RATE=0")
	hearing.settle()
	requireHearing(t, hearing, conn)
}

func requireHearing(t *testing.T, g *gateway, conn *pgx.Conn) {
	t.Helper()
	execute(t, conn, "CREATE TABLE api.fresh AS SELECT 1 AS n")
	if a := g.get("/fresh"); a.status != http.StatusNotFound {
		t.Errorf("before it was announced: %v", a)
	}
	execute(t, conn, "NOTIFY pgrst, 'reload schema'")
	g.eventually("the table is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
	if g.metric("trunkline_listener_up") != 1 {
		t.Error("the listener does not count as up")
	}
}

// read returns the text of a file.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
