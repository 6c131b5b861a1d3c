package e2e

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
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

// movesDatabase returns a database with the table that the traffic uses.
func movesDatabase(t *testing.T) (dsn string, conn *pgx.Conn) {
	t.Helper()
	dsn = pgtest.Database(t, fixture)
	conn = pgtest.Conn(t, dsn)
	if _, err := conn.Exec(t.Context(), movesTable); err != nil {
		t.Fatal(err)
	}
	return dsn, conn
}

// TestRestartsOnOnePort starts one process after another on the same port, each time ending the one before.
func TestRestartsOnOnePort(t *testing.T) {
	dsn, conn := movesDatabase(t)
	port := freePort(t)
	shared := []string{"PGRST_SERVER_REUSEPORT=true", "PGRST_SERVER_PORT=" + port, "PGRST_DB_POOL=4"}
	running := start(t, dsn, shared...)
	load := startTraffic(t, "127.0.0.1:"+port, clients)
	for range *restarts {
		load.settle()
		next := start(t, dsn, shared...)
		if code := running.stop(); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		running = next
	}
	load.settle()
	load.check(conn)
}

// TestHandovers has a process start its successor and hand over to it, again and again.
func TestHandovers(t *testing.T) {
	dsn, conn := movesDatabase(t)
	port := freePort(t)
	g := start(t, dsn, "PGRST_SERVER_REUSEPORT=true", "PGRST_SERVER_PORT="+port, "PGRST_DB_POOL=4")
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
	dsn, conn := movesDatabase(t)
	port := freePort(t)
	file := filepath.Join(t.TempDir(), "config")
	for _, mistake := range []string{"server-unix-socket-mode = \"12\"", "server-unix-socket = \"/missing/socket\""} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		g := startWithFile(t, file, dsn, "PGRST_SERVER_REUSEPORT=true", "PGRST_SERVER_PORT="+port)
		load := startTraffic(t, "127.0.0.1:"+port, clients)
		load.settle()
		if err := os.WriteFile(file, []byte(mistake), 0o600); err != nil {
			t.Fatal(err)
		}
		g.signal(syscall.SIGHUP)
		g.eventually("it failed", func() bool { return g.logged("The successor was not ready in time, or has ended.") != "" })
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
		if _, err := conn.Exec(t.Context(), "TRUNCATE api.moves"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRestartsBehindNginx restarts two gateways behind nginx in turn.
func TestRestartsBehindNginx(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed")
	}
	dsn, conn := movesDatabase(t)
	ports := []string{freePort(t), freePort(t)}
	launch := func(i int) *gateway {
		return start(t, dsn, "PGRST_SERVER_PORT="+ports[i], "PGRST_DB_POOL=4", "PGRST_SERVER_SHUTDOWN_WAIT_PERIOD=1")
	}
	running := []*gateway{launch(0), launch(1)}
	front := freePort(t)
	runNginx(t, nginx, front, ports)
	load := startTraffic(t, "127.0.0.1:"+front, clients)
	for i := range *restarts {
		load.settle()
		if code := running[i%2].stop(); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		running[i%2] = launch(i % 2)
	}
	load.settle()
	load.check(conn)
}

// runNginx runs nginx in front of gateways until the end of the test.
func runNginx(t *testing.T, nginx, port string, upstreams []string) {
	t.Helper()
	dir := t.TempDir()
	var servers strings.Builder
	for _, upstream := range upstreams {
		fmt.Fprintf(&servers, "server 127.0.0.1:%s max_fails=0; ", upstream)
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	config := fmt.Sprintf(`%s daemon off; worker_processes 2; pid %[2]s/pid; error_log %[2]s/error;
		events { worker_connections 512; }
		http {
			access_log off;
			client_body_temp_path %[2]s/body; proxy_temp_path %[2]s/proxy; fastcgi_temp_path %[2]s/fastcgi;
			uwsgi_temp_path %[2]s/uwsgi; scgi_temp_path %[2]s/scgi;
			upstream trunkline { %[3]s keepalive 16; }
			server {
				listen 127.0.0.1:%[4]s;
				location / {
					proxy_pass http://trunkline; proxy_http_version 1.1; proxy_set_header Connection "";
					proxy_next_upstream error timeout; proxy_next_upstream_tries 2;
				}
			}
		}`, user, dir, servers.String(), port)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-p", dir, "-c", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if log, err := os.ReadFile(filepath.Join(dir, "error")); err == nil && t.Failed() {
			t.Logf("nginx: %s", log)
		}
	})
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Since(begin) > patience {
			t.Fatal(err)
		}
	}
}
