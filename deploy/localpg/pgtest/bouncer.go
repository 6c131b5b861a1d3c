package pgtest

import (
	"errors"
	"testing"

	"trunkline/deploy/localpg"
)

// Bouncer starts a PgBouncer in front of the process's cluster and stops it when the test ends. It skips the test if
// PgBouncer is not installed.
func Bouncer(t testing.TB, o localpg.BouncerOptions) *localpg.Bouncer {
	t.Helper()
	b, err := Cluster(t).StartBouncer(t.Context(), o)
	if errors.Is(err, localpg.ErrNoBouncer) {
		t.Skipf("pgtest: %v; Debian's package is pgbouncer", err)
	}
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return b
}
