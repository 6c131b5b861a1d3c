package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// secret signs the users' tokens.
const secret = "only for tests, but long enough for HS256"

// patience bounds the waits, generously enough for a loaded machine.
const patience = 2 * time.Minute

// gateway is a running executable.
type gateway struct {
	t       *testing.T
	cmd     *exec.Cmd
	exited  chan struct{}
	environ []string
	// url is the API's base URL. client keeps connections to it.
	url    string
	client *http.Client

	mu     sync.Mutex
	log    []string // lines of standard error
	access []string // lines of standard output
}

// authenticator returns a connection string with the role that the gateway connects as.
func authenticator(dsn string) string { return dsn + " user=e2e_login" }

// start runs the executable on a free port, configured by environ only, and waits until it serves.
func start(t *testing.T, dsn string, environ ...string) *gateway {
	t.Helper()
	return startCommand(t, command(t), dsn, environ...)
}

// startWithFile is like start, with a configuration file in addition to environ.
func startWithFile(t *testing.T, file, dsn string, environ ...string) *gateway {
	t.Helper()
	return startCommand(t, command(t, file), dsn, environ...)
}

func startCommand(t *testing.T, cmd *exec.Cmd, dsn string, environ ...string) *gateway {
	t.Helper()
	g := &gateway{t: t, cmd: cmd, exited: make(chan struct{}), client: newClient()}
	g.environ = append([]string{
		"PGRST_DB_URI=" + authenticator(dsn), "PGRST_DB_SCHEMAS=api", "PGRST_DB_ANON_ROLE=e2e_anon",
		"PGRST_JWT_SECRET=" + secret, "PGRST_SERVER_HOST=127.0.0.1", "PGRST_SERVER_PORT=0",
		"PGRST_ADMIN_SERVER_UNIX_SOCKET=" + filepath.Join(t.TempDir(), "admin"),
	}, environ...)
	g.cmd.Env = g.environ
	stderr, err := g.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := g.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { g.keepLines(stderr, &g.log) })
	reading.Go(func() { g.keepLines(stdout, &g.access) })
	go func() {
		reading.Wait()
		_ = g.cmd.Wait() // exitCode returns the result
		close(g.exited)
	}()
	t.Cleanup(g.kill)
	g.eventually("serving", func() bool { g.url = g.address(); return g.url != "" })
	return g
}

// keepLines reads to the end.
func (g *gateway) keepLines(r io.Reader, lines *[]string) {
	for scanner := bufio.NewScanner(r); scanner.Scan(); {
		g.mu.Lock()
		*lines = append(*lines, scanner.Text())
		g.mu.Unlock()
	}
}

// kill kills the process, and prints its log if the test failed.
func (g *gateway) kill() {
	_ = g.cmd.Process.Kill()
	<-g.exited
	g.client.CloseIdleConnections()
	if g.t.Failed() {
		g.t.Logf("the gateway's log:\n%s", strings.Join(g.log, "\n"))
	}
}

// address returns the API's base URL, or "" before it is served.
func (g *gateway) address() string {
	const marker = "API server listening on "
	if line := g.logged(marker); line != "" {
		_, address, _ := strings.Cut(line, marker)
		return "http://" + address
	}
	return ""
}

// logged returns the first line of the log that contains text, or "".
func (g *gateway) logged(text string) string { return g.find(&g.log, text) }

// accessed returns the first line of the access log that contains text, or "".
func (g *gateway) accessed(text string) string { return g.find(&g.access, text) }

func (g *gateway) find(lines *[]string, text string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range *lines {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}

// running reports whether the process is running.
func (g *gateway) running() bool {
	select {
	case <-g.exited:
		return false
	default:
		return true
	}
}

// eventually waits until ok returns true, and returns how long that took. The longer it has waited the less often it asks,
// since asking takes processor time from what it waits for.
func (g *gateway) eventually(what string, ok func() bool) time.Duration {
	g.t.Helper()
	begin := time.Now()
	for !ok() {
		if time.Since(begin) > patience || !g.running() {
			g.t.Fatalf("%s: not after %v (running: %v)", what, time.Since(begin), g.running())
		}
		time.Sleep(min(max(5*time.Millisecond, time.Since(begin)/20), 50*time.Millisecond))
	}
	return time.Since(begin)
}

func (g *gateway) signal(s os.Signal) {
	g.t.Helper()
	if err := g.cmd.Process.Signal(s); err != nil {
		g.t.Fatal(err)
	}
}

// stop asks the process to end and returns its exit code.
func (g *gateway) stop() int {
	g.t.Helper()
	g.signal(syscall.SIGTERM)
	return g.exitCode()
}

// exitCode waits until the process has ended after SIGTERM, and returns its exit code.
func (g *gateway) exitCode() int {
	g.t.Helper()
	select {
	case <-g.exited:
	case <-time.After(patience):
		g.t.Fatal("still running after SIGTERM")
	}
	return g.cmd.ProcessState.ExitCode()
}

// admin returns the status of a request to the admin server.
func (g *gateway) admin(path string) int {
	g.t.Helper()
	status, _ := g.askAdmin(path)
	return status
}

// watched reports whether the gateway knows that every change of the schema is announced and loaded.
func (g *gateway) watched() bool {
	g.t.Helper()
	_, body := g.askAdmin("/metrics")
	return strings.Contains(body, "\ntrunkline_schema_watched 1\n")
}

// askAdmin sends a request to the admin server.
func (g *gateway) askAdmin(path string) (status int, body string) {
	g.t.Helper()
	status, _, body = g.askAdminWhole(path)
	return status, body
}

// schemaHeaders returns what the admin server says of the schema that is served.
func (g *gateway) schemaHeaders() http.Header {
	g.t.Helper()
	_, header, _ := g.askAdminWhole("/schema_cache")
	return header
}

func (g *gateway) askAdminWhole(path string) (status int, header http.Header, body string) {
	g.t.Helper()
	var socket string
	for _, variable := range g.environ {
		if value, ok := strings.CutPrefix(variable, "PGRST_ADMIN_SERVER_UNIX_SOCKET="); ok {
			socket = value
		}
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	response, err := client.Get("http://localhost" + path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

// result is the outcome of a command.
type result struct {
	stdout, stderr string
	code           int
}

// run runs the executable until it ends, with environ as its whole environment.
func run(t *testing.T, environ []string, args ...string) result {
	t.Helper()
	cmd := command(t, args...)
	cmd.Env = append([]string{}, environ...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	late := time.AfterFunc(patience, func() { _ = cmd.Cancel() })
	defer late.Stop()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}
