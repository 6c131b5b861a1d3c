package cli_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
)

// prober asks an admin server that listens on a unix socket.
type prober struct {
	t      *testing.T
	client http.Client
}

func newProber(t *testing.T, socket string) *prober {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &prober{t, http.Client{Transport: transport}}
}

func (p *prober) get(path string) (status int, body string) {
	p.t.Helper()
	response, err := p.client.Get("http://admin" + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, string(read)
}

// awaitReady waits until /ready answers with a status.
func (p *prober) awaitReady(want int) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		status, _ := p.get("/ready")
		if status == want {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("/ready answers %d, want %d", status, want)
		}
	}
}

// loads returns how many loads of the schema the metrics count with a status.
func (p *prober) loads(status string) int {
	p.t.Helper()
	_, body := p.get("/metrics")
	for _, line := range strings.Split(body, "\n") {
		var n int
		if _, err := fmt.Sscanf(line, `pgrst_schema_cache_loads_total{status="`+status+`"} %d`, &n); err == nil {
			return n
		}
	}
	return 0
}

// TestMissingSchema starts with a schema in db-schemas that does not exist, and takes it away again later: the log
// tells of it in the reference's words, the failures are counted, and /ready answers 503 until a load succeeds.
func TestMissingSchema(t *testing.T) {
	dsn, socket := loginURI(t), filepath.Join(t.TempDir(), "admin.sock")
	superuser := pgtest.Conn(t, strings.Replace(dsn, "user=cli_login", "", 1)+" user="+superuserOf(t))
	execute := func(sql string) {
		t.Helper()
		if _, err := superuser.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	const want = `Failed to load the schema cache using db-schemas=public,later and db-extra-search-path=public. ` +
		`{"code":"3F000","details":null,"hint":null,"message":"schema \"later\" does not exist"}`
	g := start(t, []string{
		"PGRST_DB_URI=" + dsn, "PGRST_DB_SCHEMAS=public, later", "PGRST_ADMIN_SERVER_UNIX_SOCKET=" + socket,
	})
	url, admin := g.url(), newProber(t, socket)
	line, seen := g.await(0, "Failed to load the schema cache")
	if !strings.HasSuffix(line, ": "+want) {
		t.Errorf("logged %s\nwant   %s", line, want)
	}
	g.await(seen, "Attempting to reconnect to the database in 1 seconds...")
	if status, _ := admin.get("/ready"); status != http.StatusServiceUnavailable {
		t.Errorf("/ready answers %d", status)
	}
	const unloaded = `{"code":"PGRST002","details":null,"hint":null,` +
		`"message":"Could not query the database for the schema cache. Retrying."}`
	if got := g.get(url + "/items"); got != "503 "+unloaded {
		t.Errorf("got %s", got)
	}
	g.await(0, ": "+unloaded)
	failed := admin.loads("FAIL")
	if n := admin.loads("SUCCESS"); failed == 0 || n != 0 {
		t.Errorf("%d loads failed, %d succeeded", failed, n)
	}

	execute("CREATE SCHEMA later")
	g.signal(syscall.SIGUSR1)
	admin.awaitReady(http.StatusOK)
	failed = admin.loads("FAIL")
	if n := admin.loads("SUCCESS"); n == 0 {
		t.Error("no load counts as a success")
	}

	execute("DROP SCHEMA later")
	g.signal(syscall.SIGUSR1)
	admin.awaitReady(http.StatusServiceUnavailable)
	if n := admin.loads("FAIL"); n <= failed {
		t.Errorf("%d loads failed, as before", n)
	}
	if got := g.get(url + "/items?id=eq.1"); got != `200 [{"id":1}]` {
		t.Errorf("with the old schema: %s", got)
	}
	execute("CREATE SCHEMA later")
	g.signal(syscall.SIGUSR1)
	admin.awaitReady(http.StatusOK)
}

// TestDeprecatedSyntaxIsTold shows that the log says how jwt-role-claim-key is written today, at start and whenever the
// configuration is read again.
func TestDeprecatedSyntaxIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.conf")
	if err := os.WriteFile(file, []byte(`jwt-role-claim-key = ".app.roles[0]"`), 0o600); err != nil {
		t.Fatal(err)
	}
	g := start(t, []string{"PGRST_DB_URI=" + loginURI(t), "PGRST_LOG_LEVEL=crit"}, file)
	told := func(seen int) int {
		t.Helper()
		_, seen = g.await(seen, "WARNING: The config `jwt-role-claim-key=.\"app\".\"roles\"[0]` is using the deprecated JSPath syntax.")
		_, seen = g.await(seen, "Update `jwt-role-claim-key=.\"app\".\"roles\"[0]` to the new JSONPath syntax")
		_, seen = g.await(seen, "In the new syntax it is `jwt-role-claim-key=$.app.roles[0]`.")
		return seen
	}
	seen := told(0)
	g.url()
	_, seen = g.await(seen, "Config reloaded") // by the first load of the schema
	g.signal(syscall.SIGUSR2)
	_, seen = g.await(told(seen), "Config reloaded")
	if err := os.WriteFile(file, []byte(`jwt-role-claim-key = "$$.app.roles[0]"`), 0o600); err != nil {
		t.Fatal(err)
	}
	g.signal(syscall.SIGUSR2)
	_, seen = g.await(seen, "Received a config reload signal SIGUSR2")
	if line, _ := g.await(seen, ""); !strings.HasSuffix(line, ": Config reloaded") {
		t.Errorf("with the new syntax, the log says %s", line)
	}
}

// TestDebuggingTellsOfThePool shows what log-level debug tells of connections, also when it is set while the gateway
// runs.
func TestDebuggingTellsOfThePool(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.conf")
	write := func(level string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(`log-level = "`+level+`"`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("info")
	g := start(t, []string{"PGRST_DB_URI=" + loginURI(t), "PGRST_DB_CHANNEL_ENABLED=false"}, file)
	url := g.url()
	g.get(url + "/items")
	write("debug")
	seen := g.logged()
	g.signal(syscall.SIGUSR2)
	_, seen = g.await(seen, "Config reloaded")
	g.mu.Lock()
	for _, line := range g.lines[:seen] {
		if strings.Contains(line, "Connection 1 ") || strings.Contains(line, "borrow") {
			t.Errorf("told at log-level info: %s", line)
		}
	}
	g.mu.Unlock()
	g.get(url + "/items")
	for _, line := range []string{
		": Trying to borrow a connection from pool", ": Connection 1 is used", ": Borrowed a connection from the pool",
		": Connection 1 is available due to session success",
	} {
		_, seen = g.await(seen, line)
	}
}
