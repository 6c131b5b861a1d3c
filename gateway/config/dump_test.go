package config

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the generated files")

// everything sets every key to something other than its default.
const everything = `
admin-metrics-relations = 100
admin-server-host = "127.0.0.1"
admin-server-port = 3001
admin-server-unix-socket = "/run/admin.sock"
admin-server-unix-socket-mode = "666"
app.settings.key = "a \"quoted\" $$ value\\\n"
batch-max-answer = 1
batch-max-operations = 1
client-error-hints = true
client-error-verbosity = "minimal"
db-aggregates-enabled = true
db-anon-role = "web \"anon\""
db-channel = "reload"
db-channel-enabled = false
db-channel-uri = "host=/run/primary"
db-config = false
db-etag = "always"
db-extra-search-path = ""
db-hoisted-tx-settings = "work_mem"
db-idempotency = true
db-idempotency-expiry = 60
db-idempotency-max-answer = 1000
db-idempotency-max-key = 36
db-max-rows = 0
db-plan-enabled = true
db-pool = 1
db-pool-acquisition-timeout = 31
db-pool-automatic-recovery = false
db-pool-batch = 3
db-pool-max-idletime = 60
db-pool-max-lifetime = 3600
db-pool-max-per-role = "50%,etl=2"
db-pool-max-stalled = 2
db-pool-max-waiting = 5
db-pre-config = "postgrest.pre_config"
db-pre-request = "check"
db-prepared-statements = false
db-role-rate = "1000/s:1000,anon=50/m:3,$$.sub=10/s:10"
db-root-spec = "spec"
db-safe-update = true
db-schema-audit-interval = 60
db-schema-load-timeout = 77
db-schema-lookup-rate = 7
db-schemas = "multi,tenant,setup"
db-statement-cache-bytes = 9999
db-statement-cache-size = 7
db-trace-application-name = true
db-trace-comment = true
db-tx-end = "rollback-allow-override"
db-uri = "host=/run password='a b'"
jwt-allowed-skew-seconds = 45
jwt-aud = "https://example.org"
jwt-cache-max-entries = 86400
jwt-issuer = "https://id.example.com"
jwt-jwks-uri = "https://a.example.com/jwks,http://[::1]:8080/jwks"
jwt-role-claim-key = "$$.user[0].role"
jwt-role-required = true
jwt-secret = "c2VjdXJpdHl0aHJvdWdob2JzY3VyaXR5aW5iYXNlNjQ="
jwt-secret-is-base64 = true
log-details = true
log-format = "json"
log-level = "info"
log-query = true
log-slow-request = 250
nested-max-depth = 1
nested-max-relations = 1
nested-max-rows = 1
openapi-docs-path = "/-/docs"
openapi-mode = "ignore-privileges"
openapi-security-active = true
openapi-server-proxy-uri = "https://example.org"
otel-enabled = true
schema-cache-dump-path = "/var/lib/trunkline/schema"
schema-cache-uri = "file:///var/lib/trunkline/schema"
server-cors-allowed-origins = "http://example.com,https://example.com"
server-host = "0.0.0.0"
server-idle-timeout = 1
server-least-pace = 1
server-max-body-memory = 1
server-max-body-size = 1
server-max-connections = 1
server-max-echo-size = 1
server-max-header-size = 1024
server-max-request-line = 1024
server-port = 80
server-read-timeout = 1
server-request-id-header = "X-Request-Id"
server-reuseport = true
server-shutdown-timeout = 1
server-shutdown-wait-period = 1
server-stream-threshold = 1
server-timing-enabled = true
server-trace-header = "X-Request-Id"
server-trusted-proxies = "10.0.0.0/8,::1/128,unix"
server-unix-socket = "/run/server.sock"
server-unix-socket-mode = "777"
server-vary-complete = true
server-write-timeout = 1
url-extensions = true
url-max-columns = 1
url-max-depth = 1
url-max-embeds = 1
url-max-filters = 1
url-max-relations = 1
url-max-values = 1
url-use-legacy-target-names = false
`

// TestDumpOfEverything also shows that everything sets every key, so that other tests may rely on it.
func TestDumpOfEverything(t *testing.T) {
	if got, want := mustLoad(t, everything, nil, nil).Dump(), everything[1:]; got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	defaults := mustLoad(t, "", nil, nil)
	set := mustLoad(t, everything, nil, nil)
	for _, key := range allKeys() {
		if key.field.literal(set) == key.field.literal(defaults) {
			t.Errorf("%s has its default value", key.Name)
		}
	}
}

func TestDumpOfDefaults(t *testing.T) {
	want := `admin-server-host = "!4"
admin-server-port = ""
admin-server-unix-socket = ""
admin-server-unix-socket-mode = "660"
client-error-verbosity = "verbose"
db-aggregates-enabled = false
db-anon-role = ""
db-channel = "pgrst"
db-channel-enabled = true
db-config = true
db-extra-search-path = "public"
db-hoisted-tx-settings = "statement_timeout,plan_filter.statement_cost_limit,default_transaction_isolation"
db-max-rows = ""
db-plan-enabled = false
db-pool = 10
db-pool-acquisition-timeout = 10
db-pool-automatic-recovery = true
db-pool-max-idletime = 30
db-pool-max-lifetime = 1800
db-pre-config = ""
db-pre-request = ""
db-prepared-statements = true
db-root-spec = ""
db-schemas = "public"
db-tx-end = "commit"
db-uri = "postgresql://"
jwt-aud = ""
jwt-cache-max-entries = 1000
jwt-role-claim-key = "$$.role"
jwt-secret = ""
jwt-secret-is-base64 = false
log-level = "error"
log-query = false
openapi-mode = "follow-privileges"
openapi-security-active = false
openapi-server-proxy-uri = ""
server-cors-allowed-origins = ""
server-host = "!4"
server-port = 3000
server-reuseport = false
server-timing-enabled = false
server-trace-header = ""
server-unix-socket = ""
server-unix-socket-mode = "660"
url-use-legacy-target-names = true
`
	if got := mustLoad(t, "", nil, nil).Dump(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestDumpOfADump(t *testing.T) {
	for _, file := range []string{
		"log-level = \"error\"",
		everything,
		`jwt-role-claim-key = ".roles[?(@ *== \"role1\")]"`,
		`jwt-secret = "$$\\\"'` + "\t" + `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"`,
		"app.settings.a = \"$$(HOME)\"\napp.settings.b = true",
		"db-schemas = \"a, ,b\"\nserver-cors-allowed-origins = \",\"",
	} {
		dump := mustLoad(t, file, nil, nil).Dump()
		if again := mustLoad(t, dump, nil, nil).Dump(); again != dump {
			t.Errorf("dump of %s:\n%s\ndump of that:\n%s", file, dump, again)
		}
	}
}

func TestDumpOfABinarySecret(t *testing.T) {
	path := writeFile(t, t.TempDir(), "secret", strings.Repeat("\xff\x00", 16))
	c := mustLoad(t, "", []string{"PGRST_JWT_SECRET=@" + path}, nil)
	again := mustLoad(t, c.Dump(), nil, nil)
	if again.JWTSecret != c.JWTSecret {
		t.Errorf("the dump has the secret %q, want %q", again.JWTSecret.reveal(), c.JWTSecret.reveal())
	}
}

// TestDumpFromEnvironment shows that the environment sets every key like the file.
func TestDumpFromEnvironment(t *testing.T) {
	values, err := evaluate(t, everything)
	if err != nil {
		t.Fatal(err)
	}
	var environ []string
	for name, value := range values {
		if setting, ok := strings.CutPrefix(name, appSettings); ok {
			environ = append(environ, fmt.Sprintf("%s%s=%v", appVariables, setting, value))
		} else {
			environ = append(environ, fmt.Sprintf("%s=%v", variable(name), value))
		}
	}
	if got := mustLoad(t, "", environ, nil).Dump(); got != everything[1:] {
		t.Errorf("got:\n%swant:%s", got, everything)
	}
}

func TestRedacted(t *testing.T) {
	c := mustLoad(t, everything, nil, nil)
	got := c.Redacted()
	for _, hidden := range []string{"c2VjdX", "securitythrough", "a b", "quoted"} {
		if strings.Contains(got, hidden) {
			t.Errorf("the redacted configuration shows %q:\n%s", hidden, got)
		}
	}
	for _, line := range []string{`jwt-secret = "[redacted]"`, `db-uri = "[redacted]"`, "db-pool = 1"} {
		if !slices.Contains(strings.Split(got, "\n"), line) {
			t.Errorf("the redacted configuration lacks %s:\n%s", line, got)
		}
	}
	urls := mustLoad(t, `jwt-jwks-uri = "https://joe:hunter2@a.example.com/jwks,https://b.example.com/@"`, nil, nil).Redacted()
	if want := `jwt-jwks-uri = "https://[redacted]@a.example.com/jwks,https://b.example.com/@"`; !strings.Contains(urls, want) {
		t.Errorf("the redacted configuration lacks %s:\n%s", want, urls)
	}
	if unset := mustLoad(t, "", nil, nil).Redacted(); !strings.Contains(unset, `jwt-secret = ""`) {
		t.Errorf("an unset secret should be shown as unset:\n%s", unset)
	}
}

// TestExample shows that the example is a valid file with the defaults, once the comment signs are removed.
func TestExample(t *testing.T) {
	var file strings.Builder
	for line := range strings.Lines(Example()) {
		if len(line) > exampleWidth+1 && !strings.Contains(line, " = ") {
			t.Errorf("too long: %s", line)
		}
		if strings.Contains(line, "](") || strings.HasPrefix(line, "## ") && strings.Contains(line, "`") {
			t.Errorf("this is Markdown: %s", line)
		}
		if setting, ok := strings.CutPrefix(line, "# "); ok && strings.Contains(line, " = ") {
			file.WriteString(setting)
		}
	}
	got := mustLoad(t, file.String(), nil, nil)
	if want := mustLoad(t, "app.settings.name = \"value\"", nil, nil); got.Dump() != want.Dump() {
		t.Errorf("the example means:\n%swant:\n%s", got.Dump(), want.Dump())
	}
	if len(got.Warnings) > 0 {
		t.Errorf("the example causes warnings: %q", got.Warnings)
	}
}

func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, key := range allKeys() {
		for _, name := range key.names() {
			if seen[name] {
				t.Errorf("%s is listed twice", name)
			}
			seen[name] = true
		}
		if key.Meaning == "" || !strings.HasSuffix(key.Meaning, ".") {
			t.Errorf("%s has no description", key.Name)
		}
		if key.InDatabase && !key.Reloadable {
			t.Errorf("%s comes from the database, which is read after the start, so it must be reloadable", key.Name)
		}
	}
}
