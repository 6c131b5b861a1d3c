package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

var (
	restarts  = flag.Int("restarts", 2, "how often gateways are restarted under load")
	handovers = flag.Int("handovers", 2, "how often a gateway hands over under load")
)

// clients is the number of clients during restarts.
const clients = 12

// ledgerDatabase returns a database with the tables that the traffic uses.
func ledgerDatabase(t *testing.T) (dsn string, conn *pgx.Conn) {
	t.Helper()
	dsn = pgtest.Database(t, fixture, ledgerFixture)
	installKeys(t, dsn)
	return dsn, pgtest.Conn(t, dsn)
}

// installKeys installs the table of the keys of repeated requests.
func installKeys(t *testing.T, dsn string) {
	t.Helper()
	if got := run(t, []string{"PGRST_DB_URI=" + dsn}, "idempotency", "install"); got.code != 0 {
		t.Fatalf("install: %+v", got)
	}
}

// TestRestartsOnOnePort starts one process after another on the same port, each time ending the one before. It has a wait
// period, as docs/restarts.md says, because clients that are kept from running for long would meet the end of their idle
// connections otherwise.
func TestRestartsOnOnePort(t *testing.T) {
	dsn, conn := ledgerDatabase(t)
	port := freePort(t)
	shared := append(trafficSettings(), "PGRST_SERVER_REUSEPORT=true", "PGRST_SERVER_PORT="+port, "PGRST_DB_POOL=4",
		"PGRST_SERVER_SHUTDOWN_WAIT_PERIOD=1")
	running := start(t, dsn, shared...)
	load := startTraffic(t, "127.0.0.1:"+port, clients)
	for range *restarts {
		load.settle()
		next := start(t, dsn, shared...)
		if code := load.stopGateway(running, time.Second); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		running = next
	}
	load.settle()
	load.check(conn)
}

// stopGateway asks a gateway to end, as gateway.stop does. Clients are quiet in the middle of its wait period: after each
// has met the beginning, and until shortly before the end, when the last of them has thought.
func (tr *traffic) stopGateway(g *gateway, period time.Duration) (exitCode int) {
	tr.t.Helper()
	began := time.Now()
	g.signal(syscall.SIGTERM)
	tr.settle()
	tr.quieten(period - quietThought - time.Since(began))
	return g.exitCode()
}

// TestHandovers has a process start its successor and hand over to it, again and again.
func TestHandovers(t *testing.T) {
	dsn, conn := ledgerDatabase(t)
	port := freePort(t)
	g := start(t, dsn, append(trafficSettings(), "PGRST_SERVER_REUSEPORT=true", "PGRST_SERVER_PORT="+port, "PGRST_DB_POOL=4")...)
	pid := g.cmd.Process.Pid
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) }) // the last one; it comes before g.kill
	load := startTraffic(t, "127.0.0.1:"+port, clients)
	for i := range *handovers {
		load.settle()
		if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		before := pid
		g.eventually("handed over", func() bool {
			pids := g.successors()
			if len(pids) == i+1 {
				pid = pids[i]
			}
			return pid != before
		})
	}
	load.settle()
	load.check(conn)
}

// successors returns the processes that were handed over to.
func (g *gateway) successors() (pids []int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.log {
		if _, number, ok := strings.Cut(line, "Handed over to process "); ok {
			if pid, err := strconv.Atoi(strings.TrimSuffix(number, ".")); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// TestFailedSuccessor has successors fail: their predecessor goes on serving.
func TestFailedSuccessor(t *testing.T) {
	dsn, conn := ledgerDatabase(t)
	port := freePort(t)
	file := filepath.Join(t.TempDir(), "config")
	for _, mistake := range []string{"server-unix-socket-mode = \"12\"", "server-unix-socket = \"/missing/socket\""} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		g := startWithFile(t, file, dsn, append(trafficSettings(), "PGRST_SERVER_REUSEPORT=true", "PGRST_SERVER_PORT="+port)...)
		load := startTraffic(t, "127.0.0.1:"+port, clients)
		load.settle()
		if err := os.WriteFile(file, []byte(mistake), 0o600); err != nil {
			t.Fatal(err)
		}
		g.signal(syscall.SIGHUP)
		g.eventually("it failed", func() bool { return g.logged("The successor was not ready in time, or has exited.") != "" })
		load.settle()
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		g.signal(syscall.SIGHUP) // and the next one does not
		g.eventually("handed over", func() bool { return len(g.successors()) == 1 })
		load.settle()
		load.check(conn)
		_ = syscall.Kill(g.successors()[0], syscall.SIGTERM)
		<-g.exited
	}
}

// TestRestartsBehindProxies restarts two gateways behind a proxy in turn.
func TestRestartsBehindProxies(t *testing.T) {
	withProxies(t, func(t *testing.T, run runProxy) {
		dsn, conn := ledgerDatabase(t)
		port, admin := freePort(t), freePort(t)
		launch := func(i int) *gateway {
			return start(t, dsn, append(trafficSettings(), "PGRST_SERVER_HOST=127.0.0."+fmt.Sprint(i+1), "PGRST_SERVER_PORT="+port,
				"PGRST_DB_POOL=4", "PGRST_ADMIN_SERVER_UNIX_SOCKET=", "PGRST_ADMIN_SERVER_PORT="+admin, "PGRST_LOG_LEVEL=info",
				"PGRST_SERVER_SHUTDOWN_WAIT_PERIOD=6")...)
		}
		running := []*gateway{launch(0), launch(1)}
		p := run(t, admin, "127.0.0.1:"+port, "127.0.0.2:"+port)
		load := trafficOf(t, p.dial)
		load.prefix = "/api"
		load.start(clients)
		for i := range max(2, *restarts/10) { // each takes eight seconds
			load.settle()
			if code := load.stopGateway(running[i%2], 6*time.Second); code != 0 {
				t.Fatalf("exit code %d", code)
			}
			load.settle() // with one gateway
			load.quieten(patience)
			next := launch(i % 2)
			next.eventually("requests come", func() bool { return next.accessed("/written") != "" })
			load.quieten(0)
			running[i%2] = next
		}
		load.settle()
		load.check(conn)
	})
}
