package cli_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestDraining sends SIGTERM with a wait period: the gateway goes on serving, on new connections too, and says so.
func TestDraining(t *testing.T) {
	for _, ending := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		g := start(t, []string{
			"PGRST_DB_URI=" + loginURI(t), "PGRST_SERVER_SHUTDOWN_WAIT_PERIOD=3600",
			"PGRST_ADMIN_SERVER_HOST=127.0.0.1", "PGRST_ADMIN_SERVER_PORT=" + freePort(t),
		})
		line, _ := g.await(0, "Admin server listening on ")
		_, admin, _ := strings.Cut(line, "listening on ")
		kept := dialGateway(t, strings.TrimPrefix(g.url(), "http://"))
		if closes := kept.get("/"); closes {
			t.Error("a connection ends before SIGTERM")
		}
		g.await(0, "Schema cache loaded in")
		g.signal(syscall.SIGTERM)
		g.await(0, "Serving for another 1h0m0s")
		if got := g.get("http://" + admin + "/ready"); got != "503 draining" {
			t.Errorf("/ready: %s", got)
		}
		if got := g.get("http://" + admin + "/live"); got != "200 " {
			t.Errorf("/live: %s", got)
		}
		if closes := kept.get("/"); !closes {
			t.Error("the connection does not end with the next answer")
		}
		if closes := dialGateway(t, kept.address).get("/"); !closes {
			t.Error("a new connection does not end with its answer")
		}
		silent := dialGateway(t, kept.address)
		g.signal(ending)
		if code := g.exitCode(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if rest, err := io.ReadAll(silent.r); len(rest) > 0 || err != nil {
			t.Errorf("the client that sent nothing received %q, %v", rest, err)
		}
	}
}

// client is a connection to a gateway.
type client struct {
	t       *testing.T
	address string
	conn    net.Conn
	r       *bufio.Reader
}

func dialGateway(t *testing.T, address string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &client{t, address, conn, bufio.NewReader(conn)}
}

// get reports whether the answer to a request ends the connection.
func (c *client) get(path string) (closes bool) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, "GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		c.t.Fatal(err)
	}
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		c.t.Errorf("status %d", response.StatusCode)
	}
	return response.Close
}

// TestStopWhileASuccessorStarts sends SIGTERM while a successor waits for the schema: the successor must not go on
// serving when the gateway that was asked to end does not.
func TestStopWhileASuccessorStarts(t *testing.T) {
	dsn, admin := loginURI(t), freePort(t)
	conn := pgtest.Conn(t, strings.Replace(dsn, "cli_login", superuserOf(t), 1))
	execute := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	execute(`CREATE FUNCTION public.wait() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_xact_lock_shared(1)'`)
	g := start(t, []string{
		"PGRST_DB_URI=" + dsn, "PGRST_DB_PRE_CONFIG=public.wait", "PGRST_SERVER_SHUTDOWN_WAIT_PERIOD=3600",
		"PGRST_SERVER_REUSEPORT=true", "PGRST_ADMIN_SERVER_HOST=127.0.0.1", "PGRST_ADMIN_SERVER_PORT=" + admin,
	})
	t.Cleanup(g.killSuccessor)
	url := g.url()
	_, seen := g.await(0, "Schema cache loaded in")

	execute("SELECT pg_advisory_lock(1)")
	g.signal(syscall.SIGHUP)
	_, seen = g.await(seen, "Starting Trunkline")
	g.signal(syscall.SIGTERM)
	_, seen = g.await(seen, "Serving for another 1h0m0s")
	execute("SELECT pg_advisory_unlock(1)")
	g.await(seen, "The successor was ended, because this process was asked to end before it was ready.")
	if got := g.get("http://127.0.0.1:" + admin + "/ready"); got != "503 draining" {
		t.Errorf("/ready: %s", got)
	}
	if got := g.get(url + "/items?id=eq.1"); got != `200 [{"id":1}]` {
		t.Errorf("while draining: %s", got)
	}
	g.signal(syscall.SIGTERM)
	if code := g.exitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		_ = conn.Close()
		t.Error("somebody serves")
	}
}

// killSuccessor kills the process that the gateway has handed over to, if there is one.
func (g *gateway) killSuccessor() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.lines {
		var pid int
		if _, after, ok := strings.Cut(line, "Handed over to "); !ok {
			continue
		} else if _, err := fmt.Sscanf(after, "process %d.", &pid); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
