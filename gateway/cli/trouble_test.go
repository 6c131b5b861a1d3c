package cli_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"trunkline/deploy/localpg/pgtest"
)

// rejecting answers every connection like a database that does not accept the password.
func rejecting(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			backend := pgproto3.NewBackend(conn, conn)
			if _, err := backend.ReceiveStartupMessage(); err == nil {
				backend.Send(&pgproto3.ErrorResponse{
					Severity: "FATAL", Code: "28P01", Message: `password authentication failed for user "joe"`,
				})
				_ = backend.Flush()
			}
			conn.Close()
		}
	}()
	return fmt.Sprintf("host=127.0.0.1 port=%d user=joe password=wrong sslmode=disable", ln.Addr().(*net.TCPAddr).Port)
}

func TestFatalTroubles(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := fmt.Sprint(taken.Addr().(*net.TCPAddr).Port)
	uri := loginURI(t)
	tests := []struct {
		name    string
		environ []string
		want    string
	}{
		{
			"rejected password",
			[]string{"PGRST_DB_URI=" + rejecting(t)},
			`"hint":"Correct the password in db-uri (PGRST_DB_URI), or set it in PostgreSQL: \\password joe in psql."`,
		},
		{"wrong database without recovery", []string{
			"PGRST_DB_URI=" + strings.Replace(uri, "dbname=", "dbname=no_", 1), "PGRST_DB_POOL_AUTOMATIC_RECOVERY=false",
		}, "Automatic recovery disabled, exiting."},
		{"port in use", []string{"PGRST_DB_URI=" + uri, "PGRST_SERVER_PORT=" + port}, "address already in use"},
		{"admin port in use", []string{
			"PGRST_DB_URI=" + uri, "PGRST_ADMIN_SERVER_PORT=" + port,
		}, "trunkline: admin server: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := start(t, test.environ)
			g.await(0, test.want)
			if code := g.exitCode(); code != 1 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func TestServingWithoutDatabase(t *testing.T) {
	g := start(t, []string{"PGRST_DB_URI=host=/not/there user=nobody", "PGRST_DB_ANON_ROLE=anon"})
	url := g.url()
	_, seen := g.await(0, "Failed to query the PostgreSQL version.")
	g.await(seen, "Attempting to reconnect to the database in ")
	response, err := http.Get(url + "/items")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "PGRST002") {
		t.Errorf("got %d %s, %v", response.StatusCode, body, err)
	}
	if after := response.Header.Get("Retry-After"); after == "" || after == "0" {
		t.Errorf("Retry-After: %q", after)
	}
	g.signal(syscall.SIGTERM)
	if code := g.exitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestLostConnectionWithoutRecovery(t *testing.T) {
	dsn := loginURI(t)
	g := start(t, []string{"PGRST_DB_URI=" + dsn + " application_name=target", "PGRST_DB_POOL_AUTOMATIC_RECOVERY=false"})
	g.url()
	g.await(0, "listening for database notifications")
	conn := pgtest.Conn(t, pgtest.DSN(t, "postgres"))
	_, err := conn.Exec(t.Context(),
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'target'")
	if err != nil {
		t.Fatal(err)
	}
	g.await(0, "Automatic recovery disabled, exiting.")
	if code := g.exitCode(); code != 1 {
		t.Errorf("exit code %d", code)
	}
}

// TestTroublesOfTheAnonymousRole has db-anon-role name a role that does not exist, then one that cannot be taken, and
// then one that can: each is logged once, on one line that says what to do, and the database accepts that.
func TestTroublesOfTheAnonymousRole(t *testing.T) {
	dsn := loginURI(t)
	superuser := pgtest.Conn(t, strings.Replace(dsn, "user=cli_login", "", 1)+" user="+superuserOf(t))
	role := fmt.Sprintf(`cli "odd" %d`, rand.Uint64())
	quoted := pgx.Identifier{role}.Sanitize()
	execute := func(sql string) {
		t.Helper()
		if _, err := superuser.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _, _ = superuser.Exec(context.WithoutCancel(t.Context()), "DROP ROLE IF EXISTS "+quoted) })
	g := start(t, []string{"PGRST_DB_URI=" + dsn, "PGRST_DB_ANON_ROLE=" + role, "PGRST_DB_CONFIG=false"})
	g.url()
	line, seen := g.await(0, "WARNING: db-anon-role")
	for _, fix := range []string{"CREATE ROLE " + quoted + " NOLOGIN;", `GRANT ` + quoted + ` TO "cli_login";`} {
		if !strings.Contains(line, fix) {
			t.Fatalf("%s does not say %s", line, fix)
		}
	}
	reload := func() {
		t.Helper()
		g.signal(syscall.SIGUSR1)
		_, seen = g.await(seen, "Schema cache loaded in")
	}
	_, seen = g.await(seen, "Schema cache loaded in")
	reload() // nothing new is said
	execute("CREATE ROLE " + quoted + " NOLOGIN")
	reload()
	execute("GRANT " + quoted + ` TO "cli_login"`)
	reload()
	reload()
	var told []string
	g.mu.Lock()
	for _, l := range g.lines {
		if _, text, _ := strings.Cut(l, "+0000: "); strings.Contains(l, "db-anon-role") || strings.Contains(l, "without a token") {
			told = append(told, text)
		}
	}
	g.mu.Unlock()
	want := []string{"the role " + quoted + " does not exist", `"cli_login" cannot switch to the role ` + quoted, "Requests without a token can run now."}
	if len(told) != len(want) {
		t.Fatalf("told: %q", told)
	}
	for i := range want {
		if !strings.Contains(told[i], want[i]) {
			t.Errorf("told %s, want %s", told[i], want[i])
		}
	}
}

// TestUnsetDatabase starts without db-uri, with a misspelt one.
func TestUnsetDatabase(t *testing.T) {
	g := start(t, []string{"PGRST_DB_URL=host=/not/there", "PGRST_DB_POOL_ACQUISITION_TIMEOUT=1"})
	g.await(0, "WARNING: PGRST_DB_URL: unknown variable; did you mean PGRST_DB_URI?")
	g.await(0, "WARNING: db-uri is not set, so libpq's defaults are used. Set db-uri")
}
