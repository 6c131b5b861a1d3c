package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// write makes a file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trunkline.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// dump returns what --dump-config prints.
func dump(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	got := run(t, environ, append([]string{"--dump-config"}, args...)...)
	if got.code != 0 || got.stderr != "" {
		t.Fatalf("--dump-config: %+v", got)
	}
	return got.stdout
}

func TestVersion(t *testing.T) {
	got := run(t, nil, "--version")
	if want := "Trunkline 1.2.3-test (compatible with PostgREST 16.2)\n"; got != (result{stdout: want}) {
		t.Errorf("got %+v, want %q", got, want)
	}
}

// TestExampleIsAConfiguration checks that the example is valid and equals the defaults.
func TestExampleIsAConfiguration(t *testing.T) {
	t.Parallel()
	example := run(t, nil, "--example")
	if example.code != 0 || example.stderr != "" {
		t.Fatalf("%+v", example)
	}
	offline := []string{"PGRST_DB_CONFIG=false"}
	if got, want := dump(t, offline, write(t, example.stdout)), dump(t, offline); got != want {
		t.Errorf("the example's configuration is\n%s\nwant the defaults\n%s", got, want)
	}
}

// TestExampleServes checks that each key of the example can be set to the value that it shows.
func TestExampleServes(t *testing.T) {
	t.Parallel()
	var enabled []string
	for line := range strings.Lines(run(t, nil, "--example").stdout) {
		key, value, isSetting := strings.Cut(strings.TrimPrefix(line, "# "), " = ")
		if isSetting && !strings.ContainsAny(key, " `") && value != "\"\"\n" {
			enabled = append(enabled, key+" = "+value)
		}
	}
	if len(enabled) < 30 {
		t.Fatalf("the example shows %d settings only", len(enabled))
	}
	g := startWithFile(t, write(t, strings.Join(enabled, "")), pgtest.Database(t, fixture))
	g.wants("/films?select=id&id=eq.2", 200, `[{"id":2}]`)
}

func TestDumpOfADumpIsTheSame(t *testing.T) {
	t.Parallel()
	file := write(t, `# Commented.
db-uri = "host=db.example user=web password='it''s \"$$ecret\" $$' dbname=shop"
db-config = false
db-schemas = "api , private"
db-extra-search-path = "public, extensions"
db-max-rows = 1000
jwt-secret = "`+secret+`"
jwt-role-claim-key = "$$.app['role']"
server-cors-allowed-origins = "https://a.example, https://b.example"
app.settings.greeting = "héllo \\ $$ \"you\""
`)
	first := dump(t, nil, file)
	if !strings.Contains(first, `db-schemas = "api,private"`) || !strings.Contains(first, "db-max-rows = 1000\n") {
		t.Errorf("the dump is\n%s", first)
	}
	if second := dump(t, nil, write(t, first)); second != first {
		t.Errorf("the second dump is\n%s\nthe first\n%s", second, first)
	}
}

func TestMistakesAreListedAtOnce(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	file := write(t, "openapi-mode = \"nonsense\"\nlog-level = \"loud\"\njwt-secret = \"short\"\n")
	got := run(t, []string{"PGRST_DB_URI=" + dsn, "PGRST_SERVER_UNIX_SOCKET_MODE=999", "PGRST_DB_TX_END=never"}, file)
	if got.code != 1 || got.stdout != "" {
		t.Errorf("exit code %d, %s", got.code, got.stdout)
	}
	for _, key := range []string{"openapi-mode", "log-level", "jwt-secret", "server-unix-socket-mode", "db-tx-end"} {
		if !strings.Contains(got.stderr, "  "+key+" (") {
			t.Errorf("no mistake of %s is told:\n%s", key, got.stderr)
		}
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Cluster(t)
	got := run(t, []string{
		"PGRST_DB_URI=" + cluster.TCP("postgres") + " password=wrong", "PGRST_SERVER_HOST=127.0.0.1", "PGRST_SERVER_PORT=0",
		"PGRST_DB_CHANNEL_ENABLED=false",
	})
	if got.code != 1 || !strings.Contains(got.stderr, "password authentication failed") {
		t.Errorf("exit code %d, %s", got.code, got.stderr)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture))
	g.settle()
	if got := run(t, g.environ, "--ready"); got.code != 0 || !strings.HasPrefix(got.stdout, "OK: ") || got.stderr != "" {
		t.Errorf("of a gateway that is ready: %+v", got)
	}
	if code := g.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := run(t, g.environ, "--ready"); got.code != 1 || got.stdout != "" || !strings.HasPrefix(got.stderr, "ERROR: ") {
		t.Errorf("of a gateway that was stopped: %+v", got)
	}
}

func TestDumpSchema(t *testing.T) {
	t.Parallel()
	got := run(t, []string{"PGRST_DB_URI=" + pgtest.Database(t, fixture), "PGRST_DB_SCHEMAS=api"}, "--dump-schema")
	if got.code != 0 || got.stderr != "" {
		t.Fatalf("%+v", got)
	}
	var schema struct {
		Schemas  []string
		Tables   []struct{ Schema, Name string }
		Routines []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(got.stdout), &schema); err != nil {
		t.Fatalf("%v in\n%s", err, got.stdout)
	}
	names := map[string]bool{}
	for _, table := range schema.Tables {
		names[table.Schema+"."+table.Name] = true
	}
	if len(schema.Schemas) != 1 || !names["api.films"] || !names["api.notes"] || len(schema.Routines) < 5 {
		t.Errorf("the schema is %+v", schema)
	}
}
