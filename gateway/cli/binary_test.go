package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/gatewaytest"
	"trunkline/deploy/localpg/pgtest"
)

// patience is how long a test waits for what has to happen: it keeps one that hangs from hanging for ever.
const patience = 2 * time.Minute

// These tests run the built executable, as an operator would. TestMain builds it.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "trunkline-cli")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if binary, err = gatewaytest.Build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return pgtest.Run(m)
	}())
}

// loginURI returns how cli_login connects to a fresh database with testdata/api.sql.
func loginURI(t *testing.T) string {
	t.Helper()
	cc, err := pgx.ParseConfig(pgtest.Database(t, "testdata/api.sql"))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("host=%s port=%d user=cli_login dbname=%s", cc.Host, cc.Port, cc.Database)
}

// result is how a run of the executable ended.
type result struct {
	stdout, stderr string
	code           int
}

// run runs the executable with nothing in its environment but environ.
func run(t *testing.T, environ []string, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append([]string{}, environ...)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// offline is an environment that needs no database.
func offline(more ...string) []string { return append([]string{"PGRST_DB_CONFIG=false"}, more...) }

func expectLine(t *testing.T, text, line string) {
	t.Helper()
	for _, l := range strings.Split(text, "\n") {
		if l == line {
			return
		}
	}
	t.Errorf("no line %s in:\n%s", line, text)
}

func TestInformation(t *testing.T) {
	tests := []struct {
		args []string
		want string // the beginning of standard output
	}{
		{[]string{"--help"}, "Usage: trunkline [OPTION] [FILENAME]\n"},
		{[]string{"-h"}, "Usage: trunkline"},
		{[]string{"--version"}, "Trunkline 1.2.3-test (compatible with PostgREST 16.2)\n"},
		{[]string{"-v"}, "Trunkline 1.2.3-test"},
		{[]string{"--example"}, "# Every key with its default."},
		{[]string{"-e"}, "# Every key"},
		{[]string{"--watch-ddl", "print"}, "-- Event triggers"},
		{[]string{"idempotency", "print"}, "-- The answers of requests with an Idempotency-Key"},
		{[]string{"--dump-config"}, "admin-server-host = \"!4\"\n"},
	}
	for _, test := range tests {
		got := run(t, offline(), "", test.args...)
		if got.code != 0 || !strings.HasPrefix(got.stdout, test.want) || got.stderr != "" {
			t.Errorf("%v: exit code %d, standard output:\n%s\nstandard error:\n%s", test.args, got.code, got.stdout, got.stderr)
		}
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	yaml := filepath.Join(dir, "yaml.conf")
	if err := os.WriteFile(yaml, []byte("yaml:\n  is: no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		environ []string
		args    []string
		want    []string // in standard error
	}{
		{"unknown option", nil, []string{"--nonsense"}, []string{"Invalid option `--nonsense'", "Usage: trunkline"}},
		{"no such file", nil, []string{filepath.Join(dir, "none.conf")}, []string{"none.conf: no such file or directory"}},
		{"malformed file", nil, []string{yaml}, []string{"yaml.conf:1:5: expected = or {"}},
		{
			"many mistakes", []string{
				"PGRST_SERVER_UNIX_SOCKET_MODE=800", "PGRST_JWT_AUD=http://%%localhorst.invalid", "PGRST_LOG_LEVEL=never",
				"PGRST_DB_TX_END=random", "PGRST_OPENAPI_SERVER_PROXY_URI=htp:/@@localhorst.invalid",
				"PGRST_OPENAPI_MODE=follow-", "PGRST_SERVER_PORT=3000", "PGRST_ADMIN_SERVER_PORT=3000",
				"PGRST_DB_SCHEMAS=public, pg_catalog", "PGRST_CLIENT_ERROR_VERBOSITY=x",
				"PGRST_JWT_ROLE_CLAIM_KEY=.role##", "PGRST_JWT_SECRET=short_secret",
			}, []string{"--dump-config"}, []string{
				"server-unix-socket-mode (PGRST_SERVER_UNIX_SOCKET_MODE): Invalid server-unix-socket-mode: not an octal\n",
				"jwt-aud should be a string or a valid URI\n",
				"Invalid logging level. Check your configuration.\n",
				"Invalid transaction termination. Check your configuration.\n",
				"Malformed proxy uri, a correct example: https://example.com:8443/basePath\n",
				"Invalid openapi-mode. Check your configuration.\n",
				"admin-server-port cannot be the same as server-port\n",
				"db-schemas does not allow schema: 'pg_catalog'\n",
				"Invalid client-error-verbosity. Check your configuration.\n",
				"failed to parse role-claim-key value (.role##)",
				"The JWT secret must be at least 32 characters long.\n",
			},
		},
		{"JSON path", []string{"PGRST_JWT_ROLE_CLAIM_KEY=$.my_role;;domain"}, []string{"--dump-config"}, []string{
			"failed to parse role-claim-key value ($.my_role;;domain)",
		}},
		{"neither syntax", []string{"PGRST_JWT_ROLE_CLAIM_KEY=@@.role.other"}, []string{"--dump-config"}, []string{
			"failed to parse role-claim-key value (@@.role.other)",
		}},
		{"base64", []string{"PGRST_JWT_SECRET_IS_BASE64=true", "PGRST_JWT_SECRET=no base-64!"}, nil, []string{
			"jwt-secret (PGRST_JWT_SECRET): the value is not base64",
		}},
		{"empty secret file", []string{"PGRST_JWT_SECRET=@" + empty}, nil, []string{
			"jwt-secret (PGRST_JWT_SECRET): The JWT secret must be at least 32 characters long.",
		}},
		{"connection string", []string{"PGRST_DB_URI=tmp_db"}, nil, []string{"db-uri (PGRST_DB_URI): cannot parse"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := run(t, offline(test.environ...), "", test.args...)
			if got.code != 1 || got.stdout != "" {
				t.Errorf("exit code %d, standard output:\n%s", got.code, got.stdout)
			}
			for _, want := range test.want {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("%q is not in:\n%s", want, got.stderr)
				}
			}
		})
	}
}

func TestDumpConfig(t *testing.T) {
	const secret = "reallyreallyreallyreallyverysafe"
	file := filepath.Join(t.TempDir(), "a.conf")
	text := "# Commènt\nserver-host = \"héhé\"\njwt-secret = \"@/dev/stdin\"\njwt-role-claim-key = \".a.b\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, offline("PGRST_DB_POOL=7", "PGRST_NOT_EXISTING=x"), secret+"\n", "--dump-config", file)
	if got.code != 0 {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	expectLine(t, got.stdout, `server-host = "héhé"`)
	expectLine(t, got.stdout, `jwt-secret = "`+secret+`"`)
	expectLine(t, got.stdout, `jwt-role-claim-key = ".\"a\".\"b\""`)
	expectLine(t, got.stdout, "db-pool = 7")
	if !strings.Contains(got.stderr, "WARNING: The config `jwt-role-claim-key=.\"a\".\"b\"` is using the deprecated JSPath syntax.") {
		t.Errorf("no warning in:\n%s", got.stderr)
	}
}

func TestDumpConfigWithoutDatabase(t *testing.T) {
	got := run(t, []string{"PGRST_DB_URI=host=/not/there user=nobody", "PGRST_DB_POOL=7"}, "", "--dump-config")
	if got.code != 0 {
		t.Errorf("exit code %d", got.code)
	}
	expectLine(t, got.stdout, "db-pool = 7")
	if !strings.Contains(got.stderr, "Failed to query database settings for the config parameters.") ||
		!strings.Contains(got.stderr, `"message":"Database connection error."`) {
		t.Errorf("standard error:\n%s", got.stderr)
	}
}

func TestDumpConfigFromDatabase(t *testing.T) {
	uri := loginURI(t)
	got := run(t, []string{"PGRST_DB_URI=" + uri, "PGRST_LOG_LEVEL=info"}, "", "--dump-config")
	if got.code != 0 {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	expectLine(t, got.stdout, `db-anon-role = "cli_anon"`)
	expectLine(t, got.stdout, `log-level = "info"`)

	superuser := pgtest.Conn(t, pgtest.DSN(t, "postgres"))
	if _, err := superuser.Exec(t.Context(), "ALTER ROLE cli_login SET pgrst.openapi_mode = 'nonsense'"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := superuser.Exec(context.Background(), "ALTER ROLE cli_login RESET pgrst.openapi_mode"); err != nil {
			t.Error(err)
		}
	}()
	got = run(t, []string{"PGRST_DB_URI=" + uri}, "", "--dump-config")
	if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr,
		"openapi-mode (pgrst.openapi_mode in the database): Invalid openapi-mode. Check your configuration.") {
		t.Errorf("exit code %d, %s%s", got.code, got.stdout, got.stderr)
	}
}

func TestReadyWithoutServer(t *testing.T) {
	for want, environ := range map[string][]string{
		"ERROR: Admin server is not running. Please check admin-server-port config.\n": offline(),
		"ERROR: connection refused to http://127.0.0.1:1/ready\n": offline(
			"PGRST_SERVER_HOST=127.0.0.1", "PGRST_ADMIN_SERVER_PORT=1"),
		"ERROR: invalid url - http://127.0.0.1:-1/ready\n": offline(
			"PGRST_SERVER_HOST=127.0.0.1", "PGRST_ADMIN_SERVER_PORT=-1"),
	} {
		got := run(t, environ, "", "--ready")
		if got.code != 1 || got.stdout != "" || got.stderr != want {
			t.Errorf("exit code %d, %q, want %q", got.code, got.stdout+got.stderr, want)
		}
	}
}
