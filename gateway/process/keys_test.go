package process

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
)

// load returns the configuration that an environment makes, unchecked.
func load(t *testing.T, environ ...string) *config.Config {
	t.Helper()
	cfg, err := config.NewLoader(config.Options{Environ: environ}).Load()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestKeysKeepTheAuthenticator shows that its cache and fetched keys outlive reloads that do not concern it.
func TestKeysKeepTheAuthenticator(t *testing.T) {
	cfg := func(secret, role string) *config.Config {
		return load(t, "PGRST_JWT_SECRET="+secret, "PGRST_JWT_ROLE_CLAIM_KEY="+role)
	}
	const one, two = "one secret of at least 32 characters", "another secret of at least 32 characters"
	var log bytes.Buffer
	m := metrics.New(func() metrics.Pool { return metrics.Pool{} })
	keys := newKeys(m, journal.New(journal.NewLogger(&log, func() *config.Config { return new(config.Config) }), m))
	if _, err := keys.authenticator(t.Context(), cfg("short", "$.role")); err == nil {
		t.Fatal("a short secret is accepted at start")
	}
	first, err := keys.authenticator(t.Context(), cfg(one, "$.role"))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		what         string
		secret, role string
		kept         bool
	}{
		{"the same configuration", one, "$.role", true},
		{"a secret that is too short", "short", "$.role", true},
		{"a role claim key that is wrong", one, "@@", true},
		{"another role claim key", one, "$.other", false},
		{"another secret", two, "$.other", false},
		{"a filter", two, "$.roles[?search(@, 'a')]", false},
		{"the same filter", two, "$.roles[?search(@, 'a')]", true},
		{"a filter of the older syntax", two, `.roles[?(@ == "a")]`, false},
		{"the same filter of the older syntax", two, `.roles[?(@ == "a")]`, true},
		{"another filter of the older syntax", two, `.roles[?(@ != "a")]`, false},
	} {
		next, err := keys.authenticator(t.Context(), cfg(step.secret, step.role))
		if err != nil || (next == first) != step.kept {
			t.Errorf("%s: %v, kept: %t, want %t", step.what, err, next == first, step.kept)
		}
		first = next
	}
	if n := strings.Count(log.String(), "Keeping the old keys."); n != 2 {
		t.Errorf("logged %d times that the keys are kept:\n%s", n, log.String())
	}
}

// TestAuthenticatorFollowsTheConfiguration shows that each key of the configuration reaches it, and that what it tells
// reaches the log and the metrics.
func TestAuthenticatorFollowsTheConfiguration(t *testing.T) {
	const secret = "one secret of at least 32 characters"
	var log bytes.Buffer
	logging := &config.Config{LogLevel: config.LogWarn}
	m := metrics.New(func() metrics.Pool { return metrics.Pool{} })
	keys := newKeys(m, journal.New(journal.NewLogger(&log, func() *config.Config { return logging }), m))
	const set = `{"keys":[{"kty":"AKP","kid":"odd"},{"kty":"oct","k":"b25lIHNlY3JldCBvZiBhdCBsZWFzdCAzMiBjaGFyYWN0ZXJz"}]}`
	for _, test := range []struct {
		setting string
		claims  jwt.MapClaims
		problem string
	}{
		{"DB_URI=user=door", jwt.MapClaims{"role": "door"}, "The JWT role claim names a reserved role"},
		{"DB_URI=user=gate", jwt.MapClaims{"role": "door"}, ""},
		{"DB_ANON_ROLE=anon", jwt.MapClaims{"roles": "x"}, ""},
		{"JWT_ROLE_REQUIRED=true", jwt.MapClaims{}, "The JWT has no role claim"},
		{"JWT_ALLOWED_SKEW_SECONDS=90", jwt.MapClaims{"role": "x", "exp": time.Now().Unix() - 60}, ""},
		{"JWT_ALLOWED_SKEW_SECONDS=30", jwt.MapClaims{"role": "x", "exp": time.Now().Unix() - 1000}, "JWT expired"},
		{"JWT_AUD=api", jwt.MapClaims{"role": "x", "aud": "other"}, "JWT not in audience"},
	} {
		cfg := load(t, "PGRST_"+test.setting, "PGRST_JWT_SECRET="+set)
		a, err := keys.authenticator(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, test.claims).SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, problem := a.Authenticate("Bearer "+token, true); problem != nil {
			got = problem.Message
		}
		if got != test.problem {
			t.Errorf("%v: %q, want %q", test.claims, got, test.problem)
		}
	}
	for _, want := range []string{
		"WARNING: jwt-role-claim-key=$.role finds no text in a JWT that has a role at $['roles'].", "seconds too late (exp)",
		`WARNING: key 1 ("odd") of jwt-secret is skipped.`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
	var text strings.Builder
	if err := m.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, outcome := range []string{"allowed", "refused"} {
		want := `trunkline_jwt_skew_seconds_count{claim="exp",outcome="` + outcome + `"} 1` + "\n"
		if !strings.Contains(text.String(), want) {
			t.Errorf("missing: %s", want)
		}
	}
}

// TestFetchedKeysOutliveReloads takes the provider away and then changes what does not concern its keys.
func TestFetchedKeysOutliveReloads(t *testing.T) {
	const shared = "a shared secret of at least 32 characters"
	var down atomic.Bool
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte(`{"keys":[{"kty":"oct","k":"` + base64.RawURLEncoding.EncodeToString([]byte(shared)) + `"}]}`))
	}))
	t.Cleanup(provider.Close)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": "author"}).SignedString([]byte(shared))
	if err != nil {
		t.Fatal(err)
	}
	m := metrics.New(func() metrics.Pool { return metrics.Pool{} })
	keys := newKeys(m, journal.New(slog.New(slog.DiscardHandler), m))
	for _, step := range []struct {
		what          string
		url, audience string
		secret        string
		accepted      bool
	}{
		{"at start", "/a", "", "", true},
		{"without the provider", "/a", "", "", true},
		{"with an audience", "/a", "api", "", true},
		{"with a secret beside it", "/a", "api", "another secret of at least 32 characters", true},
		{"with another URL", "/b", "api", "another secret of at least 32 characters", false},
	} {
		cfg := load(t, "PGRST_JWT_JWKS_URI="+provider.URL+step.url, "PGRST_JWT_AUD="+step.audience,
			"PGRST_JWT_SECRET="+step.secret)
		a, err := keys.authenticator(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		down.Store(true)
		if got, problem := a.Authenticate("Bearer "+token, true); (problem == nil) != step.accepted {
			t.Errorf("%s: %+v, %v; want accepted to be %t", step.what, got, problem, step.accepted)
		}
	}
	var text strings.Builder
	if err := m.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"trunkline_jwks_fetches_total 1\n", "trunkline_jwks_fetch_errors_total 1\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("missing: %s", want)
		}
	}
}

// sharedLog keeps what several goroutines write.
type sharedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *sharedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *sharedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestPasswordsOfKeyServersAreNotTold looks for the password of an unreachable server where its failures are told.
func TestPasswordsOfKeyServersAreNotTold(t *testing.T) {
	provider := httptest.NewServer(http.NotFoundHandler())
	address := strings.TrimPrefix(provider.URL, "http://")
	t.Cleanup(provider.Close)
	for key, path := range map[string]string{"PGRST_JWT_JWKS_URI": "/keys", "PGRST_JWT_ISSUER": ""} {
		var log sharedLog
		m := metrics.New(func() metrics.Pool { return metrics.Pool{} })
		keys := newKeys(m, journal.New(slog.New(slog.NewTextHandler(&log, nil)), m))
		ctx, cancel := context.WithCancel(t.Context())
		_, err := keys.authenticator(ctx, load(t, key+"=http://gateway:hush@"+address+path))
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		told := strings.Join(keys.unfetched(), " ")
		if !strings.Contains(told, "gateway:xxxxx@"+address) || !strings.Contains(log.String(), "Failed to fetch keys") {
			t.Errorf("%s: unfetched are %s, logged is %s", key, told, log.String())
		}
		if all := told + log.String(); strings.Contains(all, "hush") {
			t.Errorf("%s: the password is told: %s", key, all)
		}
	}
}

// TestKeysFollowWithoutTheConnectionsFiles takes away a file that db-uri refers to, which no reload reads for the pool:
// another secret and other rates must be in force all the same, and the login role must still be refused.
func TestKeysFollowWithoutTheConnectionsFiles(t *testing.T) {
	services := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(services, []byte("[here]\nuser=door\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := func(secret, rates string) *config.Config {
		return load(t, "PGRST_DB_URI=service=here servicefile="+services, "PGRST_JWT_SECRET="+secret, "PGRST_DB_ROLE_RATE="+rates)
	}
	const one, two = "one secret of at least 32 characters", "another secret of at least 32 characters"
	m := metrics.New(func() metrics.Pool { return metrics.Pool{} })
	keys := newKeys(m, journal.New(slog.New(slog.DiscardHandler), m))
	if _, err := keys.authenticator(t.Context(), cfg(one, "$.a=1/s, $.b=2/s")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(services); err != nil {
		t.Fatal(err)
	}
	a, err := keys.authenticator(t.Context(), cfg(two, "$.b=1/s"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		secret, role string
		accepted     bool
	}{{one, "x", false}, {two, "x", true}, {two, "door", false}} {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": test.role, "a": "1", "b": "2"}).SignedString([]byte(test.secret))
		if err != nil {
			t.Fatal(err)
		}
		got, problem := a.Authenticate("Bearer "+token, true)
		if (problem == nil) != test.accepted {
			t.Errorf("%+v: %v", test, problem)
		}
		if want := []auth.Selected{{Path: "$.b", Value: "2"}}; test.accepted && !slices.Equal(got.Selected, want) {
			t.Errorf("selected %v, want %v", got.Selected, want)
		}
	}
	if _, err := newKeys(m, journal.New(slog.New(slog.DiscardHandler), m)).authenticator(t.Context(), cfg(one, "")); err == nil {
		t.Error("at start the file may be missing")
	}
}
