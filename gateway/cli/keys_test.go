package cli

import (
	"bytes"
	"strings"
	"testing"

	"trunkline/gateway/config"
	"trunkline/gateway/metrics"
)

// TestKeysKeepTheAuthenticator shows that its cache and fetched keys outlive reloads that do not concern it.
func TestKeysKeepTheAuthenticator(t *testing.T) {
	cfg := func(secret, role string) *config.Config {
		return &config.Config{JWTSecret: config.NewSecret(secret), JWTRoleClaimKey: role, JWTCacheMaxEntries: 10}
	}
	const one, two = "one secret of at least 32 characters", "another secret of at least 32 characters"
	var log bytes.Buffer
	p := Process{Stderr: &log}
	m := metrics.New(func() metrics.Pool { return metrics.Pool{} })
	journal, _ := p.Journal(config.NewStore(nil, &config.Config{}), m)
	keys := NewKeys(m, journal)
	if _, err := keys.Authenticator(t.Context(), cfg("short", "$.role")); err == nil {
		t.Fatal("a short secret is accepted at start")
	}
	first, err := keys.Authenticator(t.Context(), cfg(one, "$.role"))
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
	} {
		next, err := keys.Authenticator(t.Context(), cfg(step.secret, step.role))
		if err != nil || (next == first) != step.kept {
			t.Errorf("%s: %v, kept: %t, want %t", step.what, err, next == first, step.kept)
		}
		first = next
	}
	if n := strings.Count(log.String(), "Keeping the old keys."); n != 2 {
		t.Errorf("logged %d times that the keys are kept:\n%s", n, log.String())
	}
}
