package gateway

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/journal"
)

// TestLog looks at what both logs tell of requests, in order.
func TestLog(t *testing.T) {
	db := fixedDatabase(t)
	for name, test := range map[string]struct {
		settings []string
		want     []string
	}{
		"error": {[]string{`log-level = "error"`}, []string{
			`{"code":"XX000","details":null,"hint":null,"message":"broken"}`,
			`"POST /rpc/raise HTTP/1.1" 500 `,
		}},
		"warn": {[]string{`log-level = "warn"`}, []string{
			`"GET /nothing HTTP/1.1" 404 `,
			`{"code":"XX000","details":null,"hint":null,"message":"broken"}`,
			`"POST /rpc/raise HTTP/1.1" 500 `,
		}},
		"crit": {[]string{`log-level = "crit"`}, nil},
		"statements of failures": {[]string{`log-level = "error"`, "log-query = true"}, []string{
			`{"code":"XX000","details":null,"hint":null,"message":"broken"}`,
			`set_config('search_path', $1, true)`,
			`"api"."raise"(`,
			`"POST /rpc/raise HTTP/1.1" 500 `,
		}},
		"all statements": {[]string{
			`log-level = "info"`, "log-query = true", `db-pre-request = "internal.check_request"`,
		}, []string{
			`set_config('search_path', $1, true)`,
			`SELECT "internal"."check_request"()`,
			`EXPLAIN (FORMAT JSON) SELECT`,
			`FROM "api"."sites"`,
			`"GET /sites HTTP/1.1" 200 `,
			`"GET /nothing HTTP/1.1" 404 `,
			`{"code":"XX000","details":null,"hint":null,"message":"broken"}`,
			`set_config('search_path', $1, true)`,
			`SELECT "internal"."check_request"()`,
			`"api"."raise"(`,
			`"POST /rpc/raise HTTP/1.1" 500 `,
			`WARNING: Embedded resource was referenced by relation name even though it has an alias.`,
			"Update filters, orders or limits that use `sites` to `s` in `GET /telescopes?select=id,s:sites()&sites.id=eq.9`",
			`set_config('search_path', $1, true)`,
			`SELECT "internal"."check_request"()`,
			`FROM "api"."telescopes"`,
			`"GET /telescopes?select=id,s:sites()&sites.id=eq.9 HTTP/1.1" 200 `,
		}},
		"statements that see nothing but the role": {[]string{`log-level = "info"`, "log-query = true"}, []string{
			`SELECT pg_catalog.num_nulls(pg_catalog.set_config('role', $1, true), ` +
				`pg_catalog.set_config('transaction_read_only', 'on', true))`,
			`EXPLAIN (FORMAT JSON) SELECT`,
			`FROM "api"."sites"`,
			`"GET /sites HTTP/1.1" 200 `,
			`"GET /nothing HTTP/1.1" 404 `,
			`{"code":"XX000","details":null,"hint":null,"message":"broken"}`,
			`set_config('search_path', $1, true)`,
			`"api"."raise"(`,
			`"POST /rpc/raise HTTP/1.1" 500 `,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := db.config(t, test.settings...)
			log := new(lines)
			h := db.handler(t, cfg, log)
			if strings.Contains(name, "nothing but") {
				h.Standing = func(*cache.Snapshot, *cache.Uses) (uint64, bool) { return 0, true }
			}
			h.Log = journal.NewLogger(log, func() *config.Config { return cfg })
			c := dial(t, start(t, h, cfg))
			const broken = `{"code":"XX000","message":"broken"}`
			c.send("GET /sites HTTP/1.1\r\nHost: a\r\nPrefer: count=planned\r\n\r\n")
			c.expectStatus(200)
			c.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
			c.expectStatus(404)
			c.send(fmt.Sprintf("POST /rpc/raise HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(broken), broken))
			c.expectStatus(500)
			if strings.Contains(name, "all") {
				c.send("GET /telescopes?select=id,s:sites()&sites.id=eq.9 HTTP/1.1\r\nHost: a\r\n\r\n")
				c.expectStatus(200)
			}
			expectLines(t, log.String(), test.want)
		})
	}
}

// TestTrace sends the trace that a request is part of (W3C Trace Context): functions see it in request.headers, and
// where that is switched on, the database's log sees it in the statement.
func TestTrace(t *testing.T) {
	const good, bad = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-*/-01"
	db := fixedDatabase(t)
	for _, test := range []struct{ setting, trace, comment string }{
		{"db-trace-comment = true", good, "/*traceparent='" + good + "'*/ "},
		{"db-trace-comment = true", bad, ""},
		{"db-trace-comment = false", good, ""},
	} {
		cfg := db.config(t, test.setting, `log-level = "info"`, "log-query = true")
		log := new(lines)
		h := db.handler(t, cfg, io.Discard)
		h.Log = journal.NewLogger(log, func() *config.Config { return cfg })
		c := dial(t, start(t, h, cfg))
		c.send("GET /rpc/requested HTTP/1.1\r\nHost: a\r\nTraceparent: " + test.trace + "\r\n\r\n")
		response, body := c.receive(http.MethodGet)
		if response.StatusCode != 200 || !strings.Contains(body, `"traceparent":"`+test.trace+`"`) {
			t.Errorf("%s, %s: status %d, body %s", test.setting, test.trace, response.StatusCode, body)
		}
		if got := strings.Contains(log.String(), "/*"); got != (test.comment != "") || !strings.Contains(log.String(), test.comment) {
			t.Errorf("%s, %s: logged %s", test.setting, test.trace, log)
		}
	}
}

// expectLines fails unless a text has as many lines as want, each with one of them in it.
func expectLines(t *testing.T, text string, want []string) {
	t.Helper()
	got := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if text == "" {
		got = nil
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(got), len(want), text)
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

// TestTimeoutsAreForThePoolToTell lets several requests get no connection in time: they are answered, and the log of
// them is the pool's observer's, which folds it.
func TestTimeoutsAreForThePoolToTell(t *testing.T) {
	db := fixedDatabase(t)
	cfg := db.config(t)
	h := db.handler(t, cfg, io.Discard)
	log := new(lines)
	h.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: journal.LevelFailure}))
	var timedOut atomic.Int64
	pool := db.poolOf(t, exec.Options{
		Size: 1, AcquireTimeout: 100 * time.Millisecond, Settings: exec.Settings{MaxWaiting: 10},
		Observe: func(o exec.Observation) {
			if o.Kind == exec.TimedOut {
				timedOut.Add(1)
			}
		},
	})
	h.Database = pool
	addr := start(t, h, cfg)
	for deadline := time.Now().Add(patience); pool.Stats().Idle == 0 && time.Now().Before(deadline); {
		if r, err := pool.Run(t.Context(), new(exec.Job)); err == nil { // which may have to wait for its connection
			r.Release()
		}
		time.Sleep(10 * time.Millisecond)
	}
	timedOut.Store(0)
	busy := dial(t, addr)
	admin := pgtest.Conn(t, db.dsn)
	if _, err := admin.Exec(t.Context(), "begin; lock table api.sites"); err != nil {
		t.Fatal(err)
	}
	busy.send(getSite)
	until(t, func() bool { return pool.Stats().Busy == 1 })
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			c := dial(t, addr)
			c.send("GET /sites HTTP/1.1\r\nHost: a\r\n\r\n")
			if response, body := c.receive(http.MethodGet); response.StatusCode != 504 || !strings.Contains(body, "PGRST003") {
				t.Errorf("status %d, body %s", response.StatusCode, body)
			}
		})
	}
	group.Wait()
	if _, err := admin.Exec(t.Context(), "commit"); err != nil {
		t.Fatal(err)
	}
	busy.expectStatus(200)
	if timedOut.Load() != 3 || strings.Contains(log.String(), "PGRST003") {
		t.Errorf("the observer was told %d times; the handler logged %s", timedOut.Load(), log)
	}
}
