package cache

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/notify"
)

// TestStandbyIsWaitedFor reads the schema from a standby, and changes the primary while replay is paused. The load must
// wait, and find the change after it is replayed.
func TestStandbyIsWaitedFor(t *testing.T) {
	if testing.Short() {
		t.Skip("a standby takes long")
	}
	primary, standby := pgtest.Replicated(t)
	conn := pgtest.Conn(t, primary.DSN("postgres"))
	run(t, conn, "CREATE SCHEMA api; CREATE TABLE api.star (id int)")
	if err := notify.InstallTriggers(t.Context(), conn, "pgrst"); err != nil {
		t.Fatal(err)
	}
	replica := pgtest.Conn(t, standby.DSN("postgres"))
	awaitStandby(t, replica, "SELECT to_regclass('api.star') IS NOT NULL")
	s, events := startStoreOf(t, StoreOptions{
		Options: Options{Schemas: []string{"api"}},
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, standby.DSN("postgres")) },
	})
	next[Published](t, events)
	if !s.Snapshot().Standby {
		t.Fatal("the schema was not read from a standby")
	}
	listenToPrimary(t, s, primary.DSN("postgres"))
	next[Unchanged](t, events) // of the load for what may have been missed

	run(t, replica, "SELECT pg_wal_replay_pause()")
	run(t, conn, "CREATE TABLE api.comet (id int)")
	awaitTrue(t, "a load that waits", func() bool { return strings.HasPrefix(s.Waiting(), "the standby has replayed the log up to ") })
	if s.Snapshot().Table(QualifiedName{"api", "comet"}) != nil {
		t.Error("the change was found before it was replayed")
	}
	run(t, replica, "SELECT pg_wal_replay_resume()")
	for s.Snapshot().Table(QualifiedName{"api", "comet"}) == nil {
		next[Updated](t, events)
	}
	if s.Waiting() != "" {
		t.Errorf("the store still waits after the load: %s", s.Waiting())
	}
}

// announcedChange returns the change that an event tells of.
func announcedChange(e notify.Event) Change {
	c := Change{Command: e.Change.Command}
	for _, o := range e.Change.Objects {
		c.Objects = append(c.Objects, ChangedObject(o))
	}
	return c
}

// listenToPrimary runs a listener that reports changes to a store, with their positions in the log, until the test
// ends.
func listenToPrimary(t *testing.T, s *Store, dsn string) {
	listener := notify.New(notify.Options{
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) },
		Channel: "pgrst", Located: func() bool { return true },
		Deliver: func(together []notify.Event) {
			for _, e := range together {
				s.AwaitReplay(e.Position)
				if e.Change == nil {
					s.Reload(CauseNotify)
				} else {
					s.Changed(announcedChange(e))
				}
			}
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = listener.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// awaitStandby waits until a query on a standby returns true.
func awaitStandby(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	awaitTrue(t, sql, func() (ok bool) {
		if err := conn.QueryRow(t.Context(), sql).Scan(&ok); err != nil {
			t.Fatal(err)
		}
		return ok
	})
}

func awaitTrue(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}
