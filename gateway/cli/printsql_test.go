package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"trunkline/deploy/localpg/pgtest"
)

// answered runs printed SQL in one go, as psql does with a file, and returns the body and the role.
func answered(t *testing.T, dsn, script string) (body, role string) {
	t.Helper()
	results, err := pgtest.Conn(t, dsn).PgConn().Exec(t.Context(), script).ReadAll()
	if err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
	for _, r := range results {
		if len(r.Rows) > 0 && string(r.FieldDescriptions[0].Name) == "current_user" {
			row := r.Rows[0]
			return string(row[len(row)-1]), string(row[0])
		}
	}
	t.Fatalf("no answer in\n%s", script)
	return "", ""
}

// TestQueryToSQL runs what is printed for a request, and compares it with the answer of a running gateway.
func TestQueryToSQL(t *testing.T) {
	dsn := loginURI(t)
	environ := []string{"PGRST_DB_URI=" + dsn, "PGRST_APP_SETTINGS_KEY=hidden", "PGRST_JWT_SECRET=" + strings.Repeat("s", 32)}
	g := start(t, environ)
	base := g.url()
	file := filepath.Join(t.TempDir(), "args.json")
	if err := os.WriteFile(file, []byte(`{"name":"is\\it'"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--query-to-sql", "/items?id=gt.1&order=id.desc"},
		{"--query-to-sql=/items?select=a:id,b:id::text&id=in.(1,3)"},
		{"--query-to-sql", "/rpc/sleep?seconds=0"},
		{"--query-to-sql", "items?id=eq.2"},
		{"--query-to-sql", "http://example.org/items?or=(id.eq.1,id.eq.3)"},
	} {
		_, target, _ := strings.Cut(strings.Join(args, "="), "=")
		want := g.get(base + "/" + strings.TrimPrefix(strings.TrimPrefix(target, "http://example.org"), "/"))
		got := run(t, environ, "", args...)
		if got.code != 0 || got.stderr != "" || strings.Contains(got.stdout, "hidden") ||
			!strings.Contains(got.stdout, "/* not shown: app.settings.KEY */\n") {
			t.Fatalf("%s: exit code %d, standard error %s, standard output\n%s", args, got.code, got.stderr, got.stdout)
		}
		if body, role := answered(t, dsn, got.stdout); "200 "+body != want || role != "cli_anon" {
			t.Errorf("%s: %s as %s, want %s", args, body, role, want)
		}
	}

	superuser := superuserOf(t)
	admin := strings.Replace(dsn, "user=cli_login", "user="+superuser, 1)
	if _, err := pgtest.Conn(t, admin).Exec(t.Context(), "CREATE TABLE public.notes (name text); GRANT ALL ON public.notes TO cli_login"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		stdin string
		body  string
	}{{"", "@" + file}, {`{"name":"is\\it'"}`, "@-"}, {"", `{"name":"is\\it'"}`}} {
		got := run(t, environ, test.stdin, "--query-to-sql", "/notes", "--body", test.body, "--role=cli_login",
			"--header", "Prefer: return=representation")
		if got.code != 0 || !strings.HasPrefix(got.stdout, "BEGIN;\n") || !strings.HasSuffix(got.stdout, "\nCOMMIT;\n") {
			t.Fatalf("%+v: %+v", test, got)
		}
		if body, role := answered(t, dsn, got.stdout); body != `[{"name":"is\\it'"}]` || role != "cli_login" {
			t.Errorf("%s as %s", body, role)
		}
	}
	var n int
	if err := pgtest.Conn(t, admin).QueryRow(t.Context(), "SELECT count(*) FROM public.notes").Scan(&n); err != nil || n != 3 {
		t.Errorf("%d rows: %v", n, err)
	}
}

// TestQueryToSQLHides has a token and cookies in the request, of which only the claims may be printed.
func TestQueryToSQLHides(t *testing.T) {
	secret := strings.Repeat("s", 32)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": "cli_anon", "sub": "me"}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	environ := []string{"PGRST_DB_URI=" + loginURI(t), "PGRST_JWT_SECRET=" + secret}
	got := run(t, environ, "", "--query-to-sql", "/items", "--header", "Authorization: Bearer "+token,
		"--header", "Cookie: session=crumbs", "--header", "X-A: b")
	if got.code != 0 || strings.Contains(got.stdout, "crumbs") || strings.Contains(got.stdout, "eyJ") ||
		!strings.Contains(got.stdout, `'{"role":"cli_anon","sub":"me"}'`) || !strings.Contains(got.stdout, `'{"x-a":"b"}'`) {
		t.Errorf("%+v", got)
	}
}

// TestQueryToSQLRefuses has mistakes of all kinds: the API's error is on standard error, and nothing on standard
// output.
func TestQueryToSQLRefuses(t *testing.T) {
	environ := []string{"PGRST_DB_URI=" + loginURI(t)}
	for _, test := range []struct {
		args []string
		want string // in standard error
	}{
		{[]string{"--query-to-sql", "/item"}, `{"code":"PGRST205","details":null,"hint":"Perhaps you meant the table 'public.items'"`},
		{[]string{"--query-to-sql", "/items?id=gtt.5"}, `{"code":"PGRST100"`},
		{[]string{"--query-to-sql", "/items/1"}, `{"code":"PGRST125"`},
		{[]string{"--query-to-sql", "/items", "--method", "OPTIONS"}, `{"code":"TRUNK400"`},
		{[]string{"--query-to-sql", "/"}, `{"code":"TRUNK400"`},
		{[]string{"--query-to-sql", "/items", "--method", "BREW"}, `{"code":"PGRST117"`},
		{[]string{"--query-to-sql", "/items", "--header", "X-A"}, `is not a header`},
		{[]string{"--query-to-sql", "/items", "--header", "Accept: text/html"}, `{"code":"PGRST107"`},
		{[]string{"--query-to-sql", "/items", "--header", "Authorization: Bearer x"}, `{"code":"PGRST300"`},
		{[]string{"--query-to-sql", "/items", "--role", "a", "--header", "Authorization: Bearer x"}, `{"code":"TRUNK400"`},
		{[]string{"--query-to-sql", "/items", "--body", "@/not/there"}, `/not/there: no such file`},
		{[]string{"--query-to-sql"}, "--query-to-sql needs a value"},
		{[]string{"--role", "a"}, "--role is an option of: explain"},
	} {
		got := run(t, environ, "", test.args...)
		if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, test.want) {
			t.Errorf("%s: %+v", test.args, got)
		}
	}
}
