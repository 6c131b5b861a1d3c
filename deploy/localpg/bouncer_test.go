package localpg

import (
	"errors"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestBouncer looks whether transactions of different clients share a server connection.
func TestBouncer(t *testing.T) {
	c := start(t, Options{})
	query(t, c.DSN("postgres"), "create role web login; select ''")
	b, err := c.StartBouncer(t.Context(), BouncerOptions{PoolSize: 1, Users: []string{"web"}})
	if errors.Is(err, ErrNoBouncer) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Stop() })
	pids := map[int]bool{}
	for range 3 {
		conn, err := pgx.Connect(t.Context(), b.DSN("postgres", "web"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		var pid int
		if err := conn.QueryRow(t.Context(), "select pg_backend_pid()", pgx.QueryExecModeExec).Scan(&pid); err != nil {
			t.Fatal(err)
		}
		pids[pid] = true
	}
	if len(pids) != 1 {
		t.Errorf("three clients at a time got %d server connections of a pool of one", len(pids))
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := errors.Join(b.End(signal), b.Start(t.Context())); err != nil {
			t.Fatalf("restarted after %v: %v", signal, err)
		}
		query(t, b.DSN("postgres", "web"), "select ''")
	}
	if err := b.Stop(); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, b.folder.path, b.server.cmd.Process.Pid)
	requireContains(t, b.Version(), "PgBouncer ")
}
