package gateway

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/gateway/journal"
	"trunkline/gateway/socket"
)

// watched is a server whose clients go away, and the database behind it as its superuser sees it.
type watched struct {
	t       testing.TB
	addr    string
	handler *Handler
	admin   *pgx.Conn
	access  *lines // the access log
	log     *lines
}

// serveWatched runs a server with a pool of size connections.
func serveWatched(t testing.TB, size int, changes ...string) *watched {
	t.Helper()
	if testing.Short() {
		t.Skip("clients that go away are waited for")
	}
	db := fixtureDatabase(t, "watched.sql")
	w := &watched{t: t, admin: pgtest.Conn(t, db.dsn), access: new(lines), log: new(lines)}
	cfg := db.config(t, append([]string{`log-level = "info"`, "server-stream-threshold = 100000"}, changes...)...)
	w.handler = db.handlerOf(t, cfg, w.access, db.snapshotAsMade(t, cfg))
	w.handler.Database = db.poolOf(t, exec.Options{Size: size, AcquireTimeout: time.Minute, Settings: exec.Settings{
		MaxWaiting: 100, MaxStalled: cfg.DBPoolMaxStalled,
		Options: session.Options{
			Prepared: true, StatementCacheSize: 50, StatementCacheBytes: 1 << 20, StreamThreshold: cfg.ServerStreamThreshold,
		},
	}})
	w.handler.OnUnavailable = func() { t.Error("the database is said to be unavailable") }
	w.handler.Log = journal.NewLogger(w.log, func() *config.Config { return cfg })
	w.addr = startServer(t, NewServer(w.handler, cfg, w.handler.Log))
	w.served() // the statements that open a connection have run
	return w
}

// running counts the statements that run for clients.
func (w *watched) running() int {
	w.t.Helper()
	return w.count("select count(*) from pg_stat_activity where usename = 'gatekeeper' and state = 'active' " +
		"and datname = current_database()")
}

// process is the one that serves the pool's only connection.
func (w *watched) process() int {
	w.t.Helper()
	return w.count("select pid from pg_stat_activity where usename = 'gatekeeper' and datname = current_database()")
}

// count returns a number from the database.
func (w *watched) count(sql string) (n int) {
	w.t.Helper()
	if err := w.admin.QueryRow(w.t.Context(), sql).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// until waits until as many statements run as said, and returns how long that took.
func (w *watched) until(statements int) time.Duration {
	w.t.Helper()
	began := time.Now()
	for w.running() != statements {
		if time.Since(began) > patience {
			w.t.Fatalf("%d statements run, want %d", w.running(), statements)
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(began)
}

// eventually waits for a condition.
func (w *watched) eventually(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not in time: %s\n%s", what, w.access)
		}
	}
}

// stats are the pool's.
func (w *watched) stats() exec.Stats { return w.handler.Database.(*exec.Pool).Stats() }

// served fails unless another client is served, and waits until nobody is.
func (w *watched) served() {
	w.t.Helper()
	c := dial(w.t, w.addr)
	c.send("GET /sites?select=id&id=eq.1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if response, body := c.receive(http.MethodGet); response.StatusCode != 200 || body != `[{"id":1}]` {
		w.t.Fatalf("status %d, body %s", response.StatusCode, body)
	}
	w.eventually("the connection is idle", func() bool { return w.stats().Idle == 1 && w.stats().Busy == 0 })
}

const slowRead = "GET /rpc/slow_read?mark=x&seconds=60 HTTP/1.1\r\nHost: a\r\n\r\n"

const slowWrite = "POST /rpc/slow_write HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n{\"mark\":\"x\"}"

// TestClientGone has clients go away while their statement runs, which then ends before its time. How soon is told by
// [BenchmarkClientGone].
func TestClientGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request, logged string
		leave           func(net.Conn) error
	}{
		"read":        {slowRead, `"GET /rpc/slow_read?mark=x&seconds=60 HTTP/1.1" 499 `, net.Conn.Close},
		"write":       {slowWrite, `"POST /rpc/slow_write HTTP/1.1" 499 `, net.Conn.Close},
		"half-closed": {slowRead, `HTTP/1.1" 499 `, func(c net.Conn) error { return c.(*net.TCPConn).CloseWrite() }},
		"reset": {slowRead, `HTTP/1.1" 499 `, func(c net.Conn) error {
			_ = c.(*net.TCPConn).SetLinger(0)
			return c.Close()
		}},
		"pipelined": {slowRead + getRoot, `HTTP/1.1" 499 `, net.Conn.Close},
	} {
		t.Run(name, func(t *testing.T) {
			w := serveWatched(t, 1)
			process := w.process()
			var took []time.Duration
			for range 10 {
				c := dial(t, w.addr)
				c.send(test.request)
				w.until(1)
				time.Sleep(time.Duration(len(took)) * 6 * time.Millisecond)
				if err := test.leave(c.conn); err != nil {
					t.Fatal(err)
				}
				took = append(took, w.until(0))
			}
			slices.Sort(took)
			t.Logf("gone after %v (median of %d; %v … %v)", took[len(took)/2], len(took), took[0], took[len(took)-1])
			w.served()
			if w.process() != process {
				t.Error("the connection to the database was not used again")
			}
			w.eventually("the access log", func() bool { return strings.Count(w.access.String(), test.logged) == len(took) })
			if got := strings.Count(w.access.String(), "\n"); got != len(took)+2 { // nothing else was begun
				t.Errorf("%d lines in the access log:\n%s", got, w.access)
			}
			if w.log.String() != "" {
				t.Errorf("in the log: %s", w.log)
			}
			if written := w.count("select count(*) from internal.keys where id = 4711"); written != 0 {
				t.Errorf("%d rows were written", written)
			}
			w.counted(`status="499"`, len(took))
		})
	}
}

// BenchmarkClientGone measures how soon a statement is gone whose client goes away.
func BenchmarkClientGone(b *testing.B) {
	w := serveWatched(b, 1)
	var took []time.Duration
	for range b.N {
		c := dial(b, w.addr)
		c.send(slowRead)
		w.until(1)
		_ = c.conn.Close()
		took = append(took, w.until(0))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-median")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "ms-max")
}

// counted fails unless the metrics count as many requests of a kind.
func (w *watched) counted(label string, want int) {
	w.t.Helper()
	var text strings.Builder
	if err := w.handler.Metrics.Write(&text); err != nil {
		w.t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "trunkline_request_duration_seconds_count") && strings.Contains(line, label) {
			if !strings.HasSuffix(line, fmt.Sprintf(" %d\n", want)) {
				w.t.Errorf("%s, want %d", line, want)
			}
			return
		}
	}
	w.t.Errorf("nothing counted with %s", label)
}

// TestHalfClosedClientIsTold shows what a client that goes on reading gets.
func TestHalfClosedClientIsTold(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, 1)
	c := dial(t, w.addr)
	c.send(slowRead)
	w.until(1)
	if err := c.conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	response, body := c.receive(http.MethodGet)
	if response.StatusCode != 499 || response.Status != "499 Client Closed Request" || !response.Close ||
		!strings.HasPrefix(body, `{"code":"TRUNK499",`) {
		t.Errorf("%s, %s", response.Status, body)
	}
	c.expectClosed()
}

// TestClientGoneWhileItWaits has clients leave the queue for a connection.
func TestClientGoneWhileItWaits(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, 1)
	busy := dial(t, w.addr)
	busy.send(slowRead)
	w.until(1)
	for range 5 {
		c := dial(t, w.addr)
		c.send(slowWrite)
		w.eventually("it waits", func() bool { return w.stats().Waiting == 1 })
		_ = c.conn.Close()
		began := time.Now()
		w.eventually("it waits no longer", func() bool { return w.stats().Waiting == 0 })
		t.Logf("left the queue after %v", time.Since(began))
	}
	if w.running() != 1 {
		t.Error("the request that runs is not left alone")
	}
	w.eventually("the access log", func() bool { return strings.Count(w.access.String(), `" 499 `) == 5 })
	if w.log.String() != "" {
		t.Errorf("in the log: %s", w.log)
	}
	_ = busy.conn.Close()
	w.until(0)
	w.served()
}

// TestClientGoneWhileStreaming has clients go away in the middle of an answer, even without closing their side for
// reading.
func TestClientGoneWhileStreaming(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, 1)
	for name, leave := range map[string]func(*net.TCPConn) error{
		"closed": (*net.TCPConn).Close, "half-closed": (*net.TCPConn).CloseWrite,
	} {
		c := dial(t, w.addr)
		c.send("GET /rpc/long?size=12000000 HTTP/1.1\r\nHost: a\r\n\r\n")
		if _, err := c.r.ReadByte(); err != nil {
			t.Fatal(err)
		}
		w.until(1)
		time.Sleep(60 * time.Millisecond) // until no buffer takes more
		if err := leave(c.conn.(*net.TCPConn)); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: gone after %v", name, w.until(0))
		w.served()
	}
}

// TestClientsThatStay has none of their requests canceled: long ones, and many short ones on connections that were
// watched before.
func TestClientsThatStay(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, 2)
	kept := []*client{dial(t, w.addr), dial(t, w.addr), dial(t, w.addr)}
	for _, c := range kept {
		c.send("GET /rpc/slow_read?mark=x&seconds=1 HTTP/1.1\r\nHost: a\r\n\r\n")
	}
	kept[0].send(getSite) // waits behind the first
	for range 3 {
		gone := dial(t, w.addr)
		gone.send(slowRead)
		w.eventually("it waits", func() bool { return w.stats().Waiting > 0 })
		_ = gone.conn.Close()
	}
	for _, c := range kept {
		c.expectStatus(200)
	}
	kept[0].expectStatus(200)
	for n := range 1000 {
		c := kept[n%len(kept)]
		c.send(getSite)
		if response, body := c.receive(http.MethodGet); response.StatusCode != 200 || body != `[{"id":1}]` {
			t.Fatalf("request %d: status %d, body %s", n, response.StatusCode, body)
		}
	}
}

const getSite = "GET /sites?select=id&id=eq.1 HTTP/1.1\r\nHost: a\r\n\r\n"

// TestUnixClientGone has the client of a unix socket go away.
func TestUnixClientGone(t *testing.T) {
	w := serveWatched(t, 1)
	path := t.TempDir() + "/socket"
	ln, err := (&socket.Address{Unix: path, Mode: 0o600}).Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, NewServer(w.handler, w.handler.settings.Load().config, discardLog()), ln)
	for range 3 {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, slowRead+getRoot); err != nil {
			t.Fatal(err)
		}
		w.until(1)
		_ = conn.Close()
		t.Logf("gone after %v", w.until(0))
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	w.served()
}
