package cli_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// gateway is a running executable.
type gateway struct {
	t      *testing.T
	cmd    *exec.Cmd
	exited chan struct{}

	mu    sync.Mutex
	lines []string // of standard error
	grown chan struct{}
}

// start runs the executable and reads its log.
func start(t *testing.T, environ []string, args ...string) *gateway {
	t.Helper()
	if testing.Short() {
		t.Skip("serving processes take long")
	}
	g := &gateway{t: t, cmd: exec.Command(binary, args...), exited: make(chan struct{}), grown: make(chan struct{})}
	g.cmd.Env = append([]string{"PGRST_SERVER_HOST=127.0.0.1", "PGRST_SERVER_PORT=0"}, environ...)
	stderr, err := g.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			g.mu.Lock()
			g.lines = append(g.lines, scanner.Text())
			close(g.grown)
			g.grown = make(chan struct{})
			g.mu.Unlock()
		}
		_ = g.cmd.Wait()
		close(g.exited)
	}()
	t.Cleanup(func() {
		_ = g.cmd.Process.Kill()
		<-g.exited
		if t.Failed() {
			t.Logf("log:\n%s", strings.Join(g.lines, "\n"))
		}
	})
	return g
}

// await returns the first line of the log after the first skip ones that contains text, and its number plus one.
func (g *gateway) await(skip int, text string) (line string, next int) {
	g.t.Helper()
	deadline := time.After(patience)
	for exited := false; ; {
		g.mu.Lock()
		lines, grown := g.lines, g.grown
		g.mu.Unlock()
		for ; skip < len(lines); skip++ {
			if strings.Contains(lines[skip], text) {
				return lines[skip], skip + 1
			}
		}
		if exited {
			g.t.Fatalf("the gateway ended without logging %q", text)
		}
		select {
		case <-grown:
		case <-g.exited:
			exited = true
		case <-deadline:
			g.t.Fatalf("%q was not logged", text)
		}
	}
}

// logged returns how many lines there are.
func (g *gateway) logged() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.lines)
}

// url waits until the API is served.
func (g *gateway) url() string {
	g.t.Helper()
	line, _ := g.await(0, "API server listening on ")
	_, address, _ := strings.Cut(line, "listening on ")
	return "http://" + address
}

// get returns status and body.
func (g *gateway) get(url string) string {
	g.t.Helper()
	response, err := http.Get(url)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return fmt.Sprint(response.StatusCode, " ", string(body))
}

func (g *gateway) signal(s os.Signal) {
	g.t.Helper()
	if err := g.cmd.Process.Signal(s); err != nil {
		g.t.Fatal(err)
	}
}

// exitCode waits for the end.
func (g *gateway) exitCode() int {
	g.t.Helper()
	select {
	case <-g.exited:
		return g.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		g.t.Fatalf("still running after %v", patience)
		return 0
	}
}

func TestServeAndStop(t *testing.T) {
	uri := loginURI(t)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		g := start(t, []string{"PGRST_DB_URI=" + uri})
		if line, _ := g.await(0, ""); !strings.HasSuffix(line, ": Starting Trunkline 1.2.3-test...") {
			t.Errorf("the first line is %s", line)
		}
		if got, want := g.get(g.url()+"/items?select=id"), `200 [{"id":1}, `+"\n"+` {"id":2}, `+"\n"+` {"id":3}]`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		g.signal(s)
		g.await(0, "Received termination unix signal "+map[syscall.Signal]string{
			syscall.SIGTERM: "SIGTERM", syscall.SIGINT: "SIGINT",
		}[s])
		if code := g.exitCode(); code != 0 {
			t.Errorf("%v: exit code %d", s, code)
		}
	}
}

func TestRunningRequestsFinish(t *testing.T) {
	uri := loginURI(t)
	g := start(t, []string{"PGRST_DB_URI=" + uri})
	url := g.url()
	answer := make(chan string)
	go func() {
		response, err := http.Get(url + "/rpc/sleep?seconds=1")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		answer <- fmt.Sprint(response.StatusCode, " ", string(body), err)
	}()
	conn := pgtest.Conn(t, strings.Replace(uri, "cli_login", superuserOf(t), 1))
	awaitSleep(t, conn)
	g.signal(syscall.SIGTERM)
	if got, want := <-answer, `200 "slept"<nil>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if code := g.exitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// awaitSleep waits until a statement sleeps in the connection's database.
func awaitSleep(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for deadline, asleep := time.Now().Add(patience), 0; asleep == 0; time.Sleep(time.Millisecond) {
		row := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity "+
			"WHERE wait_event = 'PgSleep' AND datname = current_database()")
		if err := row.Scan(&asleep); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing sleeps")
		}
	}
}

func TestReadyFlag(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "admin.sock")
	environ := []string{"PGRST_DB_URI=" + loginURI(t), "PGRST_ADMIN_SERVER_UNIX_SOCKET=" + socket}
	g := start(t, environ)
	g.url()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		got := run(t, environ, "", "--ready")
		if got.code == 0 && got.stdout == "OK: unix:"+socket+"/ready\n" && got.stderr == "" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the gateway does not get ready")
}

func TestConfigReloads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.conf")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("log-level = \"crit\"\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	dsn := loginURI(t)
	g := start(t, []string{"PGRST_DB_URI=" + dsn}, file)
	url := g.url()
	_, seen := g.await(0, `listening for database notifications on the "pgrst" channel`)
	_, seen = g.await(seen-1, "Schema cache loaded in")

	write("db-max-rows = 1")
	g.signal(syscall.SIGHUP)
	_, seen = g.await(seen, "Received a config reload signal SIGHUP")
	_, seen = g.await(seen, "Config reloaded")
	if got := g.get(url + "/items"); got != `200 [{"id":1}]` {
		t.Errorf("with db-max-rows: %s", got)
	}

	write("db-max-rows = 2\ndb-tx-end = \"x\"\nopenapi-mode = \"y\"")
	g.signal(syscall.SIGUSR2)
	line, seen := g.await(seen, "Failed reloading config:")
	if !strings.Contains(line, "Invalid transaction termination.") || !strings.Contains(line, "Invalid openapi-mode.") {
		t.Errorf("logged %s", line)
	}
	if got := g.get(url + "/items"); got != `200 [{"id":1}]` {
		t.Errorf("after a bad reload: %s", got)
	}

	write("db-max-rows = 2\ndb-pool = 3")
	conn := pgtest.Conn(t, dsn)
	if _, err := conn.Exec(t.Context(), "NOTIFY pgrst, 'reload config'"); err != nil {
		t.Fatal(err)
	}
	_, seen = g.await(seen, `Received a config reload message on the "pgrst" channel`)
	_, seen = g.await(seen, "db-pool ("+file+":3): a change takes effect only after a restart")
	_, seen = g.await(seen, "Config reloaded")
	if got := g.get(url + "/items"); !strings.HasPrefix(got, `200 [{"id":1}, `) {
		t.Errorf("after a notification: %s", got)
	}

	if _, err := conn.Exec(t.Context(), "NOTIFY pgrst, 'something else'"); err != nil {
		t.Fatal(err)
	}
	write("db-channel-enabled = false")
	g.signal(syscall.SIGUSR2)
	next, seen := g.await(seen, "")
	if !strings.HasSuffix(next, "Received a config reload signal SIGUSR2") {
		t.Errorf("an unknown notification was logged: %s", next)
	}
	_, seen = g.await(seen, "Config reloaded")
	if got := g.get(url + "/items?limit=3"); !strings.Contains(got, `{"id":3}`) {
		t.Errorf("without db-max-rows: %s", got)
	}
	write("db-channel = \"other\"")
	g.signal(syscall.SIGUSR2)
	g.await(seen, `listening for database notifications on the "other" channel`)
}

// TestMissedConfigIsReloaded changes the configuration in the database while the listener is away: nobody can tell the
// gateway, so that it has to look when it listens again.
func TestMissedConfigIsReloaded(t *testing.T) {
	dsn := loginURI(t)
	conn := pgtest.Conn(t, strings.Replace(dsn, "cli_login", superuserOf(t), 1))
	g := start(t, []string{"PGRST_DB_URI=" + dsn})
	url := g.url()
	_, seen := g.await(0, `listening for database notifications on the "pgrst" channel`)
	g.await(0, "Schema cache loaded in")
	for _, sql := range []string{
		`DO $$ BEGIN
			EXECUTE format('ALTER ROLE cli_login IN DATABASE %I SET pgrst.db_max_rows = 1', current_database());
		END $$`,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	_, seen = g.await(seen, "Failed listening for database notifications")
	_, seen = g.await(seen, `listening for database notifications on the "pgrst" channel`)
	g.await(seen, "Config reloaded")
	if got := g.get(url + "/items"); got != `200 [{"id":1}]` {
		t.Errorf("got %s", got)
	}
}

func TestSchemaReloads(t *testing.T) {
	dsn := loginURI(t)
	g := start(t, []string{"PGRST_DB_URI=" + dsn, "PGRST_LOG_LEVEL=crit", "PGRST_DB_CHANNEL_ENABLED=false"})
	url := g.url()
	if got := g.get(url + "/later"); !strings.HasPrefix(got, "404") {
		t.Fatalf("got %s", got)
	}
	superuser := pgtest.Conn(t, strings.Replace(dsn, "user=cli_login", "", 1)+" user="+superuserOf(t))
	for _, sql := range []string{
		"CREATE TABLE later (id int)", "GRANT SELECT ON later TO cli_anon",
		"ALTER ROLE cli_login SET pgrst.db_plan_enabled = 'true'",
	} {
		if _, err := superuser.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		_, err := superuser.Exec(context.Background(), "ALTER ROLE cli_login RESET pgrst.db_plan_enabled")
		if err != nil {
			t.Error(err)
		}
	}()
	seen := g.logged()
	g.signal(syscall.SIGUSR1)
	_, seen = g.await(seen, "Config reloaded")
	g.await(seen, "Schema cache loaded in")
	if got := g.get(url + "/later"); got != "200 []" {
		t.Errorf("got %s", got)
	}
}

// superuserOf returns the name of the cluster's superuser.
func superuserOf(t *testing.T) string {
	t.Helper()
	var name string
	conn := pgtest.Conn(t, pgtest.DSN(t, "postgres"))
	if err := conn.QueryRow(t.Context(), "SELECT current_user").Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDumpSchema(t *testing.T) {
	got := run(t, []string{"PGRST_DB_URI=" + loginURI(t)}, "", "--dump-schema")
	if got.code != 0 || !strings.HasPrefix(got.stdout, "{") || !strings.Contains(got.stdout, `"items"`) {
		t.Errorf("exit code %d, %s%s", got.code, got.stdout, got.stderr)
	}
	got = run(t, []string{"PGRST_DB_URI=host=/not/there user=nobody"}, "", "--dump-schema")
	if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, "trunkline: connecting: ") {
		t.Errorf("without a database: exit code %d, %s%s", got.code, got.stdout, got.stderr)
	}
}

// TestIdempotency installs and removes the table of keys, each twice. Roles that may not create schemas are told so.
func TestIdempotency(t *testing.T) {
	dsn := loginURI(t)
	environ := []string{"PGRST_DB_URI=" + strings.Replace(dsn, "cli_login", superuserOf(t), 1)}
	conn := pgtest.Conn(t, dsn)
	for _, action := range []string{"install", "install", "remove", "remove"} {
		said := map[string]string{"install": "Installed the table of keys in", "remove": "Removed the table of keys from"}[action]
		got := run(t, environ, "", "idempotency", action)
		if got.code != 0 || got.stderr != "" || !strings.HasPrefix(got.stdout, said) {
			t.Fatalf("%s: exit code %d, %s%s", action, got.code, got.stdout, got.stderr)
		}
		var there bool
		if err := conn.QueryRow(t.Context(), "SELECT to_regnamespace('trunkline_idempotency') IS NOT NULL").Scan(&there); err != nil {
			t.Fatal(err)
		}
		if there != (action == "install") {
			t.Errorf("after %s: %t", action, there)
		}
	}
	if got := run(t, []string{"PGRST_DB_URI=" + dsn}, "", "idempotency", "install"); got.code != 1 || !strings.Contains(got.stderr, "not allowed to do this") {
		t.Errorf("exit code %d, %s%s", got.code, got.stdout, got.stderr)
	}
}

func TestWatchDDL(t *testing.T) {
	dsn := loginURI(t)
	environ := []string{"PGRST_DB_URI=" + strings.Replace(dsn, "cli_login", superuserOf(t), 1), "PGRST_DB_CHANNEL=other"}
	conn := pgtest.Conn(t, dsn)
	for _, step := range []struct {
		action   string
		triggers int
		channel  string
		said     string
	}{
		{"install", 2, "other", "Installed event triggers in the database "},
		{"install", 2, "other", "Installed the event triggers again in the database "},
		{"remove", 0, "", "Removed the event triggers from the database "},
		{"remove", 0, "", "There were no event triggers in the database "},
	} {
		got := run(t, environ, "", "--watch-ddl", step.action)
		if got.code != 0 || got.stderr != "" || !strings.HasPrefix(got.stdout, step.said) || strings.Count(got.stdout, "\n") != 1 {
			t.Fatalf("%s: exit code %d, %s%s", step.action, got.code, got.stdout, got.stderr)
		}
		var triggers int
		var channel string
		row := conn.QueryRow(t.Context(), `SELECT count(*), coalesce((
			SELECT split_part(setting, '=', 2) FROM pg_db_role_setting AS s
			JOIN pg_database AS d ON d.oid = s.setdatabase, unnest(setconfig) AS setting
			WHERE d.datname = current_database() AND setrole = 0 AND setting LIKE 'trunkline.channel=%'), '')
			FROM pg_event_trigger WHERE evtname LIKE 'trunkline%'`)
		if err := row.Scan(&triggers, &channel); err != nil {
			t.Fatal(err)
		}
		if triggers != step.triggers || channel != step.channel {
			t.Errorf("after %s: %d triggers, channel %q", step.action, triggers, channel)
		}
	}
	if got := run(t, []string{"PGRST_DB_URI=" + dsn}, "", "--watch-ddl", "install"); got.code != 1 ||
		!strings.Contains(got.stderr, `the role "cli_login" is not allowed to do this. It takes a superuser`) {
		t.Errorf("without privileges: exit code %d, %s", got.code, got.stderr)
	}
}
