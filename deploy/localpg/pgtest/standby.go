package pgtest

import (
	"errors"
	"testing"

	"trunkline/deploy/localpg"
)

// Replicated starts a cluster of its own and a standby of it, and stops both when the test ends. It skips the test if
// there is no program to make a standby with.
func Replicated(t testing.TB) (primary, standby *localpg.Cluster) {
	t.Helper()
	primary, err := localpg.Start(t.Context(), localpg.Options{Settings: localpg.ReplicationSettings()})
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	stop := func(c *localpg.Cluster) {
		if err := c.Stop(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	}
	t.Cleanup(func() { stop(primary) })
	standby, err = primary.StartStandby(t.Context())
	if errors.Is(err, localpg.ErrNoBaseBackup) {
		t.Skipf("pgtest: %v", err)
	}
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() { stop(standby) })
	return primary, standby
}
