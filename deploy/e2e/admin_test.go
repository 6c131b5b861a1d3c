package e2e

import (
	"net/http"
	"syscall"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestAdminPages asks the running gateway for each page: they are served before other parts of it exist.
func TestAdminPages(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture))
	g.settle()
	for _, path := range []string{"/live", "/ready", "/metrics", "/config", "/schema_cache", "/docs", "/docs/openapi.json"} {
		if status := g.admin(path); status != http.StatusOK {
			t.Errorf("%s is %d", path, status)
		}
	}
	if header := g.schemaHeaders(); header.Get("Schema-Generation") != "1" || header.Get("Schema-Age") == "" ||
		header.Get("Schema-Cause") == "" || header.Get("Schema-Kind") == "" {
		t.Errorf("/schema_cache has the headers %v", header)
	}
	g.signal(syscall.SIGUSR1)
	g.eventually("another load", func() bool { return g.schemaHeaders().Get("Schema-Cause") == "signal" })
	if header := g.schemaHeaders(); header.Get("Schema-Kind") != "full" || header.Get("Schema-Generation") != "1" {
		t.Errorf("then /schema_cache has the headers %v", header)
	}
	if got := g.get("/films?id=eq.1"); got.status != http.StatusOK {
		t.Errorf("afterwards, a film is %d", got.status)
	}
}
