package check

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/deploy/localpg"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/idempotency"
	"trunkline/notify"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// login returns how check_login connects to a database of which a superuser's connection string is given.
func login(t *testing.T, dsn string) string {
	t.Helper()
	cc, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("host=%s port=%d user=check_login dbname=%s", cc.Host, cc.Port, cc.Database)
}

// run checks a configuration: a file with some text, and an environment.
func run(t *testing.T, file string, environ ...string) *Report {
	t.Helper()
	path := ""
	if file != "" {
		path = filepath.Join(t.TempDir(), "test.conf")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Run(t.Context(), Options{
		File: path, Load: load,
		Loader: config.NewLoader(config.Options{
			File: path, Environ: environ, Stdin: strings.NewReader(""), Connecting: true,
			RoleClaimKey: auth.CheckRolePath, JWTSecret: auth.CheckSecret,
		}),
	})
}

// load loads the schema of a configuration.
func load(ctx context.Context, c *config.Config) (*cache.Snapshot, error) {
	conn, err := c.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer cache.CloseConn(conn)
	catalog, err := cache.Load(ctx, conn, cache.Options{Schemas: c.DBSchemas, ExtraSearchPath: c.DBExtraSearchPath})
	if err != nil {
		return nil, err
	}
	return cache.Build(catalog), nil
}

// expect fails unless the report has the worst grade, and lines that begin with some texts.
func expect(t *testing.T, r *Report, worst Grade, lines ...string) {
	t.Helper()
	text := r.Text()
	if r.Worst() != worst {
		t.Errorf("the worst is %s, want %s:\n%s", r.Worst(), worst, text)
	}
	for _, line := range lines {
		if !strings.Contains(text, "\n  "+line) {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
}

func TestNothingToDo(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/api.sql")
	superuser := pgtest.Conn(t, dsn)
	reset := `ALTER ROLE check_login IN DATABASE ` + pgx.Identifier{superuser.Config().Database}.Sanitize() + ` RESET ALL`
	if _, err := superuser.Exec(t.Context(), reset); err != nil {
		t.Fatal(err)
	}
	if err := notify.InstallTriggers(t.Context(), superuser, "pgrst"); err != nil {
		t.Fatal(err)
	}
	r := run(t, "", "PGRST_DB_URI="+login(t, dsn), "PGRST_DB_SCHEMAS=api", "PGRST_DB_ANON_ROLE=check_anon",
		"PGRST_DB_PRE_REQUEST=api.before", "PGRST_DB_ROOT_SPEC=before", "PGRST_JWT_SECRET="+strings.Repeat("s", 32))
	expect(t, r, OK,
		"ok       6 values set", "ok       it is a primary", "ok       there is no connection pooler in between",
		`ok       the login role can switch to the anonymous role "check_anon"`, `ok       the schema "api" exists`,
		"ok       1 relation and 2 functions can be served",
		"ok       db-pre-request: the function api.before exists", "ok       db-root-spec: the function before exists",
		`ok       the event triggers announce DDL on the channel "pgrst"`, "ok       jwt-secret can be used")
	if text := r.Text(); !strings.HasSuffix(text, "\n\nThere is nothing to do: the gateway would start.\n") {
		t.Errorf("the end of\n%s", text)
	}
}

func TestOlderConfiguration(t *testing.T) {
	dsn := login(t, pgtest.Database(t, "testdata/api.sql"))
	r := run(t, `
		db-uri = "`+dsn+` password=sekrit"
		db-schema = "api"
		db-anon-role = "check_anon"
		jwt-cache-max-lifetime = 3600
		server-proxy-uri = "http://x"
		log-levl = "info"
		log-query = "main-query"
		role-claim-key = ".role"
		jwt-secret = "a secret that nobody may see, ever"
		url-max-depth = 20
	`, "PGRST_RAW_MEDIA_TYPES=image/png", "PGRST_DB_USE_LEGACY_GUCS=true")
	expect(t, r, Warning,
		"note     db-schema (", "note     url-max-depth (", "note     role-claim-key (", "warning  jwt-cache-max-lifetime (",
		"warning  log-levl (", "warning  log-query (", "warning  server-proxy-uri (",
		"warning  PGRST_RAW_MEDIA_TYPES: PostgREST 12 removed", "warning  PGRST_DB_USE_LEGACY_GUCS: PostgREST 12 removed",
		"warning  The config `jwt-role-claim-key=.\"role\"` is using the deprecated JSPath syntax.",
		"warning  pgrst.jwt_cache_max_lifetime: PostgREST 14 replaced this key with jwt-cache-max-entries.",
		"warning  pgrst.server_port: the database cannot set server-port, only the file or PGRST_SERVER_PORT")
	text := r.Text()
	for _, want := range []string{
		"PostgREST 14 replaced this key with jwt-cache-max-entries", "PostgREST 7 replaced this key with openapi-server-proxy-uri",
		"did you mean log-level?", "To do: Update `jwt-role-claim-key", "warnings: the gateway would start.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, secret := range []string{"sekrit", "nobody may see"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is shown:\n%s", secret, text)
		}
	}
}

func TestTroublesInTheDatabase(t *testing.T) {
	super := pgtest.Database(t, "testdata/api.sql")
	superuser := pgtest.Conn(t, super)
	dsn := "PGRST_DB_URI=" + login(t, super)
	anonymous := "PGRST_DB_ANON_ROLE=check_anon"
	if err := notify.InstallTriggers(t.Context(), superuser, "other"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		environ []string
		worst   Grade
		want    string
	}{
		{[]string{dsn, "PGRST_DB_SCHEMAS=api,nope", anonymous}, Error, `error    db-schemas: the schema "nope" does not exist`},
		{[]string{dsn, "PGRST_DB_SCHEMAS=hidden", anonymous}, Warning, `warning  the role "check_anon" may not use the schema "hidden"`},
		{[]string{dsn, "PGRST_DB_SCHEMAS=empty", anonymous}, Warning, `warning  there is nothing to serve in "empty"`},
		{[]string{dsn, "PGRST_DB_SCHEMAS=api", "PGRST_DB_EXTRA_SEARCH_PATH=nope", anonymous}, Error, `error    db-extra-search-path: the schema "nope"`},
		{[]string{dsn, "PGRST_DB_ANON_ROLE=check_nobody"}, Warning, `warning  db-anon-role: the role "check_nobody" does not exist`},
		{[]string{dsn, "PGRST_DB_ANON_ROLE=check_other"}, Warning, `warning  db-anon-role: "check_login" cannot switch to the role "check_other"`},
		{[]string{dsn}, Error, "error    there is neither a key nor db-anon-role"},
		{[]string{dsn, anonymous, "PGRST_DB_PRE_REQUEST=api.nope"}, Error, "error    db-pre-request: there is no function api.nope"},
		{[]string{dsn, anonymous, "PGRST_DB_PRE_REQUEST=api.wants"}, Error, "error    db-pre-request: there is no function api.wants"},
		{[]string{dsn, anonymous, "PGRST_DB_PRE_REQUEST=hidden.before"}, Warning, `warning  db-pre-request: the role "check_anon" may not call hidden.before`},
		{[]string{dsn, anonymous}, Warning, "warning  the event triggers notify on a different channel"},
		{[]string{dsn, anonymous, "PGRST_LOG_LEVEL=never"}, Error, `ok       the login role can switch to the anonymous role "check_anon"`},
		{[]string{dsn, anonymous, "PGRST_DB_CHANNEL_ENABLED=false"}, Warning, "note     db-channel-enabled is off"},
		{[]string{dsn, anonymous, "PGRST_DB_POOL=100000"}, Warning, "warning  db-pool is 100000, but this role can have only"},
		{[]string{dsn, anonymous, "PGRST_DB_PRE_CONFIG=api.nope"}, Warning, "warning  calling db-pre-config: "},
		{[]string{dsn, anonymous, "PGRST_DB_CONFIG=false"}, Warning, "note     not read, because db-config is off"},
		{[]string{"PGRST_DB_URI=" + super, anonymous}, Warning, "warning  the role "},
	}
	for _, test := range tests {
		expect(t, run(t, "", test.environ...), test.worst, test.want)
	}
}

// TestKeys looks at the table of keys in all states.
func TestKeys(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/api.sql")
	superuser := pgtest.Conn(t, dsn)
	environ := []string{"PGRST_DB_URI=" + login(t, dsn), "PGRST_DB_SCHEMAS=api", "PGRST_DB_ANON_ROLE=check_anon", "PGRST_DB_IDEMPOTENCY=true"}
	if text := run(t, "", environ[:3]...).Text(); strings.Contains(text, "table of keys") {
		t.Errorf("without db-idempotency:\n%s", text)
	}
	const divided, closed = "warning  the schema trunkline_idempotency and what it has belong to", `warning  the role "check_anon" may not call the functions`
	for _, c := range []struct{ sql, line, advice string }{
		{"", "warning  db-idempotency is on, but there is no table of keys", "Run trunkline idempotency install once"},
		{idempotency.InstallScript, `ok       the table of keys is installed, and belongs to "postgres"`, ""},
		{"ALTER TABLE trunkline_idempotency.answers OWNER TO check_other", divided, `OWNER TO "postgres"`},
		{"ALTER TABLE trunkline_idempotency.answers OWNER TO postgres", "ok       the table of keys", ""},
		{"REVOKE EXECUTE ON FUNCTION trunkline_idempotency.claim FROM PUBLIC", closed, `install as "postgres"`},
		{idempotency.InstallScript + "REVOKE USAGE ON SCHEMA trunkline_idempotency FROM PUBLIC", closed, ""},
		{
			idempotency.InstallScript + "CREATE OR REPLACE FUNCTION trunkline_idempotency.caller() RETURNS text LANGUAGE sql AS 'SELECT $$x$$'",
			"warning  the table of keys or its functions are missing, or are those of another version", `install as "postgres"`,
		},
		{idempotency.InstallScript, "ok       the table of keys", ""},
		{"DROP TABLE trunkline_idempotency.answers", "warning  the table of keys or its functions are missing", ""},
	} {
		if _, err := superuser.PgConn().Exec(t.Context(), c.sql).ReadAll(); err != nil {
			t.Fatalf("%s: %v", c.sql, err)
		}
		r := run(t, "", environ...)
		expect(t, r, Warning, c.line) // the fixture has other ones
		if !strings.Contains(r.Text(), c.advice) {
			t.Errorf("no %q in\n%s", c.advice, r.Text())
		}
	}
	exposed := append(environ, "PGRST_DB_SCHEMAS=api,trunkline_idempotency")
	expect(t, run(t, "", exposed...), Warning, "warning  db-schemas has trunkline_idempotency")
}

func TestTroublesWithoutDatabase(t *testing.T) {
	unreachable := "PGRST_DB_URI=postgres://user:sekrit@127.0.0.1:1/none"
	tests := []struct {
		environ []string
		want    []string
	}{
		{[]string{unreachable}, []string{"error    failed to connect to `user=user database=none`", "         To do: Start PostgreSQL there"}},
		{[]string{unreachable, "PGRST_SERVER_PORT=3000", "PGRST_ADMIN_SERVER_PORT=3000"}, []string{
			"error    admin-server-port (PGRST_ADMIN_SERVER_PORT): admin-server-port cannot be the same as server-port",
			"error    failed to connect",
		}},
		{[]string{"PGRST_DB_URI=postgres://user:sekrit@host:bad/none"}, []string{"error    db-uri (PGRST_DB_URI): cannot parse"}},
		{[]string{unreachable, "PGRST_JWT_SECRET=short"}, []string{
			"error    jwt-secret (PGRST_JWT_SECRET): The JWT secret must be at least 32 characters long.",
			"note     jwt-secret is not checked",
		}},
		{[]string{unreachable, "PGRST_JWT_SECRET=@/not/there"}, []string{"error    jwt-secret (PGRST_JWT_SECRET): open /not/there"}},
		{[]string{unreachable, "PGRST_JWT_JWKS_URI=http://127.0.0.1:1/keys"}, []string{"warning  http://127.0.0.1:1/keys: "}},
		{[]string{unreachable, `PGRST_JWT_SECRET={"keys":[{"kty":"oct","k":"` + strings.Repeat("c", 44) + `"},{"kty":"odd"}]}`}, []string{
			"warning  jwt-secret: ",
		}},
	}
	for _, test := range tests {
		r := run(t, "", test.environ...)
		expect(t, r, Error, test.want...)
		if strings.Contains(r.Text(), "sekrit") {
			t.Errorf("the password is shown:\n%s", r.Text())
		}
	}
	expect(t, run(t, "a: b"), Error, "error    ")
}

func TestPooler(t *testing.T) {
	cc, err := pgx.ParseConfig(pgtest.Database(t, "testdata/api.sql"))
	if err != nil {
		t.Fatal(err)
	}
	b := pgtest.Bouncer(t, localpg.BouncerOptions{PoolSize: 4, Users: []string{"check_login"}})
	uri := "PGRST_DB_URI=" + b.DSN(cc.Database, "check_login")
	expect(t, run(t, "", uri, "PGRST_DB_ANON_ROLE=check_anon"), Warning, "note     there is a connection pooler in between",
		"warning  the connection to listen on leads through a pooler")
	past := "PGRST_DB_CHANNEL_URI=" + login(t, cc.ConnString())
	if text := run(t, "", uri, past, "PGRST_DB_ANON_ROLE=check_anon").Text(); strings.Contains(text, "leads through a pooler") {
		t.Errorf("past the pooler:\n%s", text)
	}
}

func TestStandby(t *testing.T) {
	_, standby := pgtest.Replicated(t)
	r := run(t, "", "PGRST_DB_URI="+standby.DSN("postgres"), "PGRST_DB_ANON_ROLE=pg_monitor")
	expect(t, r, Warning, "note     it is a standby: ", "warning  the connection to listen on: ")
}
