package e2e

import (
	"net/http"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestAdminPages asks the running gateway for each page: they are served before other parts of it exist.
func TestAdminPages(t *testing.T) {
	g := start(t, pgtest.Database(t, fixture))
	g.settle()
	for _, path := range []string{"/live", "/ready", "/metrics", "/config", "/schema_cache", "/docs", "/docs/openapi.json"} {
		if status := g.admin(path); status != http.StatusOK {
			t.Errorf("%s is %d", path, status)
		}
	}
	if got := g.get("/films?id=eq.1"); got.status != http.StatusOK {
		t.Errorf("afterwards, a film is %d", got.status)
	}
}
