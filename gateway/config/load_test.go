package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"trunkline/cache"
)

const (
	goodSecret   = "reallyreallyreallyreallyverysafe"
	base64Secret = "c2VjdXJpdHl0aHJvdWdob2JzY3VyaXR5aW5iYXNlNjQ="
)

// options checks like package auth.
func options(file string, environ []string) Options {
	return Options{
		File: file, Environ: environ, Stdin: strings.NewReader(""),
		RoleClaimKey: func(text string) (canonical, successor string, err error) {
			if strings.Contains(text, ";") {
				return "", "", errors.New("failed to parse role-claim-key value (" + text + ")")
			}
			if key, ok := strings.CutPrefix(text, "."); ok {
				return `."` + strings.Trim(key, `"`) + `"`, "$" + text, nil
			}
			return text, "", nil
		},
		JWTSecret: func(secret []byte) error {
			if len(secret) < 32 {
				return problem("The JWT secret must be at least 32 characters long.")
			}
			return nil
		},
	}
}

// load reads a configuration from the text of a file ("" for none), an environment and database settings.
func load(t testing.TB, file string, environ []string, database map[string]string) (*Config, error) {
	t.Helper()
	path := ""
	if file != "" {
		path = writeFile(t, t.TempDir(), "test.conf", file)
	}
	return NewLoader(options(path, environ)).load(nil, databaseValues{Settings: database})
}

func mustLoad(t testing.TB, file string, environ []string, database map[string]string) *Config {
	t.Helper()
	c, err := load(t, file, environ, database)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	got := mustLoad(t, "", nil, nil)
	want := &Config{
		DBChannel: "pgrst", DBChannelEnabled: true, DBConfig: true, DBExtraSearchPath: []string{"public"},
		DBHoistedTxSettings: []string{
			"statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation",
		},
		DBMaxRows: noMaxRows, DBPool: 10, DBPoolAcquisitionTimeout: 10 * time.Second, DBPoolAutomaticRecovery: true,
		DBPoolMaxIdletime: 30 * time.Second, DBPoolMaxLifetime: 30 * time.Minute, DBPreparedStatements: true,
		DBSchemaAuditInterval: 5 * time.Minute, DBSchemaLoadTimeout: 5 * time.Minute,
		DBSchemas: []string{"public"}, DBURI: newSecret("postgresql://"),
		JWTAllowedSkew: 30, JWTCacheMaxEntries: 1000, JWTRoleClaimKey: "$.role", LogLevel: LogError,
		ServerHost: "!4", ServerPort: 3000, ServerUnixSocketMode: 0o660,
		AdminServerHost: "!4", AdminServerPort: NoPort, AdminServerUnixSocketMode: 0o660,
		URLUseLegacyTargetNames: true,
		ServerMaxBodySize:       100 << 20, ServerMaxRequestLine: 33 << 10, ServerMaxHeaderSize: 64 << 10, ServerMaxEchoSize: 4 << 10,
		ServerLeastPace:   1 << 10,
		ServerReadTimeout: time.Minute, ServerWriteTimeout: time.Minute, ServerIdleTimeout: 2 * time.Minute,
		ServerShutdownTime: 25 * time.Second, ServerMaxConnections: 16384, ServerStreamThreshold: 1 << 20,
		BatchMaxOperations: 100, BatchMaxAnswer: 10 << 20, NestedMaxDepth: 8, NestedMaxRelations: 50, NestedMaxRows: 10000,
		DBIdempotencyExpiry: 24 * time.Hour, DBIdempotencyMaxAnswer: 1 << 20, DBIdempotencyMaxKey: 255,
		DBSchemaLookupRate: 100, URLMaxDepth: 32, URLMaxFilters: 2000, URLMaxEmbeds: 100, URLMaxColumns: 1000,
		URLMaxValues: 262144, URLMaxRelations: 1000,
		DBPoolBatch: 8, DBPoolMaxStalled: halfOfPool, DBPoolMaxWaiting: 1000, DBStatementCacheSize: 512,
		DBStatementCacheBytes: 262144,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestPrecedence(t *testing.T) {
	const file = `db-anon-role = "file"`
	environ := []string{"PGRST_DB_ANON_ROLE=environment"}
	database := map[string]string{"db-anon-role": "database"}
	tests := []struct {
		name     string
		file     string
		environ  []string
		database map[string]string
		want     string
	}{
		{"nothing", "", nil, nil, ""},
		{"file", file, nil, nil, "file"},
		{"environment over file", file, environ, nil, "environment"},
		{"database over all", file, environ, database, "database"},
		{"database over file", file, nil, database, "database"},
		{"empty variable hides the file", file, []string{"PGRST_DB_ANON_ROLE="}, nil, ""},
		{"empty setting hides the environment", file, environ, map[string]string{"db-anon-role": ""}, ""},
		{"other variables mean nothing", "", []string{"DB_ANON_ROLE=x", "pgrst_db_anon_role=x", "PGRST_X=y"}, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := mustLoad(t, test.file, test.environ, test.database).DBAnonRole; got != test.want {
				t.Errorf("db-anon-role is %q, want %q", got, test.want)
			}
		})
	}
}

func TestAliases(t *testing.T) {
	c := mustLoad(t, `
		db-schema = "one"
		db-pool-timeout = 5
		max-rows = 1000
		pre-request = "check"
		role-claim-key = "$$.aliased"
		root-spec = "spec"
		secret-is-base64 = true`, nil, nil)
	got := []any{
		c.DBSchemas[0], c.DBPoolMaxIdletime, c.DBMaxRows, c.DBPreRequest, c.JWTRoleClaimKey, c.DBRootSpec,
		c.JWTSecretIsBase64,
	}
	want := []any{"one", 5 * time.Second, int64(1000), "check", "$.aliased", "spec", true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	tests := []struct{ name, file, environ, want string }{
		{"in the environment", "", "PGRST_DB_SCHEMA=old", "old"},
		{"the current name comes first", `db-schemas = "new"`, "PGRST_DB_SCHEMA=old", "new"},
		{"unless it is empty", `db-schemas = ""`, "PGRST_DB_SCHEMA=old", "old"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := mustLoad(t, test.file, []string{test.environ}, nil).DBSchemas[0]; got != test.want {
				t.Errorf("db-schemas is %q, want %q", got, test.want)
			}
		})
	}
}

func TestLenientValues(t *testing.T) {
	c := mustLoad(t, `
		db-schemas = " one,   two,three "
		db-extra-search-path = ""
		db-channel-enabled = "0"
		db-prepared-statements = "FALSE"
		openapi-security-active = "\"true\""
		log-query = "2"
		db-pool = "7"
		server-host = "127.0.0.1"
		db-tx-end = "rollback-allow-override"
		server-unix-socket-mode = "777"
		client-error-verbosity = "minimal"
		openapi-mode = "disabled"
		log-level = "debug"
		log-format = "json"
		log-level = ""`, nil, nil)
	got := []any{
		c.DBSchemas, c.DBExtraSearchPath, c.DBChannelEnabled, c.DBPreparedStatements, c.OpenAPISecurityActive,
		c.LogQuery, c.DBPool, c.AdminServerHost, c.DBTxRollback, c.DBTxAllowOverride, c.ServerUnixSocketMode,
		c.ClientErrorMinimal, c.OpenAPIMode, c.LogLevel, c.LogJSON,
	}
	want := []any{
		[]string{"one", "two", "three"},
		[]string(nil), false, false, true,
		true, 7, "127.0.0.1", true, true, uint32(0o777),
		true, OpenAPIDisabled, LogError, true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("unexpected warnings: %q", c.Warnings)
	}
}

func TestWrongTypesMeanTheDefault(t *testing.T) {
	c := mustLoad(t, "db-channel-enabled = 13\ndb-max-rows = true\napp.settings.test = false\nnot-existing = \"x\"",
		[]string{"PGRST_SERVER_PORT=http", "PGRST_NOT_EXISTING=x"}, nil)
	if !c.DBChannelEnabled || c.DBMaxRows != noMaxRows || c.ServerPort != 3000 {
		t.Errorf("not the defaults: %t %d %d", c.DBChannelEnabled, c.DBMaxRows, c.ServerPort)
	}
	if want := []cache.Setting{{Name: "app.settings.test", Value: "Bool False"}}; !slices.Equal(c.AppSettings, want) {
		t.Errorf("app.settings.* are %v, want %v", c.AppSettings, want)
	}
	path := c.FilePath
	want := []string{
		"WARNING: db-channel-enabled (" + path + ":1): the value is not of type boolean; the default is used",
		"WARNING: db-max-rows (" + path + ":2): the value is not of type integer; the default is used",
		"WARNING: server-port (PGRST_SERVER_PORT): the value is not of type integer; the default is used",
		"WARNING: not-existing (" + path + ":4): unknown key",
		"WARNING: PGRST_NOT_EXISTING: unknown variable",
	}
	if !slices.Equal(c.Warnings, want) {
		t.Errorf("warnings:\n%s\nwant:\n%s", strings.Join(c.Warnings, "\n"), strings.Join(want, "\n"))
	}
}

func TestAppSettings(t *testing.T) {
	c := mustLoad(t, `
		app.settings.b = "file"
		app.settings.name = "file"
		app.settings.a.b = "too deep"
		app.settings { a = "grouped" }`,
		[]string{"PGRST_APP_SETTINGS_NAME=environment", "PGRST_APP_SETTINGS_other=x=y", "PGRST_APP_SETTINGS_EMPTY="}, nil)
	want := []cache.Setting{
		{Name: "app.settings.EMPTY", Value: ""},
		{Name: "app.settings.NAME", Value: "environment"},
		{Name: "app.settings.a", Value: "grouped"},
		{Name: "app.settings.b", Value: "file"},
		{Name: "app.settings.other", Value: "x=y"},
	}
	if !slices.Equal(c.AppSettings, want) {
		t.Errorf("got %q, want %q", c.AppSettings, want)
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	secret := writeFile(t, dir, "secret", goodSecret+"\n\n")
	encoded := writeFile(t, dir, "encoded", "  "+base64Secret+" \n")
	binary := writeFile(t, dir, "binary", strings.Repeat("\xff\x00", 16))
	uri := writeFile(t, dir, "uri", "  postgres://host/db\n")
	tests := []struct {
		name    string
		environ []string
		secret  string
		uri     string
	}{
		{"text", []string{"PGRST_JWT_SECRET=" + goodSecret}, goodSecret, "postgresql://"},
		{"file, without one line end", []string{"PGRST_JWT_SECRET=@" + secret}, goodSecret + "\n", "postgresql://"},
		{
			"base64 file",
			[]string{"PGRST_JWT_SECRET=@" + encoded, "PGRST_JWT_SECRET_IS_BASE64=true"},
			"securitythroughobscurityinbase64", "postgresql://",
		},
		{
			"base64 for URLs without padding", []string{
				"PGRST_JWT_SECRET=" + strings.Repeat("_-", 22), "PGRST_JWT_SECRET_IS_BASE64=true",
			}, strings.Repeat("\xff\xef\xfe", 11)[:33], "postgresql://",
		},
		{"binary", []string{"PGRST_JWT_SECRET=@" + binary}, strings.Repeat("\xff\x00", 16), "postgresql://"},
		{"db-uri", []string{"PGRST_DB_URI=@" + uri}, "", "postgres://host/db"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := mustLoad(t, "", test.environ, nil)
			if got := c.JWTSecret.reveal(); got != test.secret {
				t.Errorf("jwt-secret is %q, want %q", got, test.secret)
			}
			if got := c.DBURI.reveal(); got != test.uri {
				t.Errorf("db-uri is %q, want %q", got, test.uri)
			}
		})
	}
}

func TestSecretFromStdinIsReadOnce(t *testing.T) {
	l := NewLoader(Options{
		Environ: []string{"PGRST_JWT_SECRET=@/dev/stdin"}, Stdin: strings.NewReader(goodSecret + "\n"),
	})
	first, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	second, err := l.load(first, databaseValues{})
	if err != nil {
		t.Fatal(err)
	}
	if first.JWTSecret.reveal() != goodSecret || second.JWTSecret.reveal() != goodSecret {
		t.Errorf("got %q and %q", first.JWTSecret.reveal(), second.JWTSecret.reveal())
	}
}

func TestKeyURLs(t *testing.T) {
	const url = "https://id.example.com/jwks"
	tests := []struct {
		name, file string
		urls       []string
		material   string
	}{
		{"nothing", "", nil, ""},
		{"secret", `jwt-secret = "` + goodSecret + `"`, nil, goodSecret},
		{"URL as secret", `jwt-secret = "` + url + `"`, []string{url}, ""},
		{"both", `jwt-jwks-uri = "https://other/jwks"` + "\njwt-secret = \"" + url + `"`, []string{"https://other/jwks", url}, ""},
		{"beside a secret", `jwt-jwks-uri = "` + url + "\"\njwt-secret = \"" + goodSecret + `"`, []string{url}, goodSecret},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := mustLoad(t, test.file, nil, nil)
			if !slices.Equal(c.KeyURLs(), test.urls) || string(c.KeyMaterial()) != test.material {
				t.Errorf("got %q and %q, want %q and %q", c.KeyURLs(), c.KeyMaterial(), test.urls, test.material)
			}
		})
	}
}

// TestConnectionStringIsCheckedForServing shows that a dump does not need a db-uri that makes sense.
func TestConnectionStringIsCheckedForServing(t *testing.T) {
	o := options("", []string{"PGRST_DB_URI=tmp_db", "PGRST_DB_TX_END=x"})
	_, err := NewLoader(o).Load()
	if err == nil || strings.Contains(err.Error(), "db-uri") {
		t.Errorf("got %v, want the mistake in db-tx-end only", err)
	}
	o.Connecting = true
	_, err = NewLoader(o).Load()
	if err == nil || !strings.Contains(err.Error(), "db-uri (PGRST_DB_URI): cannot parse") ||
		!strings.Contains(err.Error(), "db-tx-end") {
		t.Errorf("got %v, want both mistakes", err)
	}
}

func TestDeprecatedRoleClaimKey(t *testing.T) {
	c := mustLoad(t, `jwt-role-claim-key = ".roles"`, nil, nil)
	if want := `."roles"`; c.JWTRoleClaimKey != want {
		t.Errorf("got %s, want %s", c.JWTRoleClaimKey, want)
	}
	want := []string{
		"WARNING: The config `jwt-role-claim-key=.\"roles\"` is using the deprecated JSPath syntax.",
		"Update `jwt-role-claim-key=.\"roles\"` to the new JSONPath syntax as support for JSPath will be removed in a " +
			"future release. See the migration guide on how to update: " +
			"https://github.com/PostgREST/postgrest/blob/main/CHANGELOG.md#migration-to-v16",
		"In the new syntax it is `jwt-role-claim-key=$.roles`.",
	}
	if !slices.Equal(c.Warnings, want) {
		t.Errorf("warnings:\n%s\nwant:\n%s", strings.Join(c.Warnings, "\n"), strings.Join(want, "\n"))
	}
}

func TestUnreadableFiles(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := NewLoader(Options{File: missing}).Load(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want an error about the missing file", err)
	}
	for _, key := range []string{"PGRST_DB_URI", "PGRST_JWT_SECRET"} {
		_, err := load(t, "", []string{key + "=@" + missing}, nil)
		if err == nil || !strings.Contains(err.Error(), "("+key+"): open "+missing) {
			t.Errorf("got %v, want an error about %s", err, key)
		}
	}
}
