package cache

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// startStore runs a store on a database until the test ends, and returns its events.
func startStore(t *testing.T, dsn string, connect func(context.Context) (*pgx.Conn, error)) (*Store, <-chan Event) {
	t.Helper()
	if connect == nil {
		connect = func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) }
	}
	return startStoreOf(t, StoreOptions{Connect: connect, Options: Options{Schemas: []string{"sky"}}})
}

// startStoreOf runs a store until the test ends, and returns its events.
func startStoreOf(t *testing.T, o StoreOptions) (*Store, <-chan Event) {
	t.Helper()
	events := make(chan Event, 100)
	o.Observe = func(e Event) { events <- e }
	s := NewStore(o)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return s, events
}

// next returns the next event of type E, and skips events that may come before it.
func next[E Event](t *testing.T, events <-chan Event) E {
	t.Helper()
	timeout := time.After(2 * time.Minute)
	for {
		select {
		case e := <-events:
			if e, ok := e.(E); ok {
				return e
			}
			if failed, ok := e.(Failed); ok {
				t.Fatalf("load failed: %v", failed.Err)
			}
		case <-timeout:
			t.Fatalf("got no event of type %T", *new(E))
		}
	}
}

func TestStoreFollowsTheDatabase(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/relations.sql")
	s, events := startStore(t, dsn, nil)
	if connected := next[Connected](t, events); connected.Server == "" {
		t.Error("the server has no version")
	}
	queried := next[Queried](t, events)
	var parts []string
	for _, timing := range queried.Timings {
		parts = append(parts, timing.Part)
		if timing.Elapsed <= 0 || timing.Elapsed > queried.Elapsed {
			t.Errorf("%s took %v of %v", timing.Part, timing.Elapsed, queried.Elapsed)
		}
	}
	requireLines(t, parts, []string{"tables", "keydeps", "rels", "funcs", "comprels", "dreps", "mhandlers"})
	if published := next[Published](t, events); published.Generation != 1 || published.Summary.relations != 14 {
		t.Errorf("published %+v", published)
	}

	conn := pgtest.Conn(t, dsn)
	for _, step := range []struct {
		sql       string
		relations int
	}{
		{"create table sky.comet (id integer)", 15},
		{"alter table sky.comet add tail text", 15},
		{"comment on column sky.comet.tail is 'Long'", 15},
		{"drop table sky.comet", 14},
	} {
		if _, err := conn.Exec(t.Context(), step.sql); err != nil {
			t.Fatal(err)
		}
		before := s.Snapshot().Generation
		s.Reload(CauseNotify)
		published := next[Published](t, events)
		if published.Generation != before+1 || published.Summary.relations != step.relations {
			t.Errorf("after %s: published %+v, before it %d", step.sql, published, before)
		}
		if s.Snapshot().Generation != published.Generation {
			t.Errorf("after %s: generation %d is served", step.sql, s.Snapshot().Generation)
		}
	}
	if _, err := conn.Exec(t.Context(), "create table attic.comet (id integer)"); err != nil {
		t.Fatal(err)
	}
	s.Reload(CauseNotify)
	next[Unchanged](t, events)
}

func TestStoreFollowsItsOptions(t *testing.T) {
	s, events := startStore(t, pgtest.Database(t, "testdata/relations.sql"), nil)
	next[Published](t, events)
	s.SetOptions(Options{Schemas: []string{"attic"}})
	s.Reload(CauseNotify)
	next[Published](t, events)
	if got := s.Snapshot().Schemas; !slices.Equal(got, []string{"attic"}) {
		t.Errorf("schemas are %v", got)
	}
}

// TestStoreOutlivesLostConnections kills the connection before a load, and in the middle of one.
func TestStoreOutlivesLostConnections(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/relations.sql")
	admin := pgtest.Conn(t, dsn)
	attempts := 0
	_, events := startStore(t, dsn, func(ctx context.Context) (*pgx.Conn, error) {
		conn, err := pgx.Connect(ctx, dsn)
		if attempts++; err != nil || attempts > 1 {
			return conn, err
		}
		_, err = admin.Exec(ctx, "select pg_terminate_backend($1)", conn.PgConn().PID())
		return conn, err
	})
	timeout := time.After(2 * time.Minute)
	for failures := 0; ; {
		select {
		case e := <-events:
			switch e := e.(type) {
			case Failed:
				failures++
				var connect *ConnectError
				if errors.As(e.Err, &connect) || e.RetryIn != time.Second {
					t.Errorf("failed: %+v", e)
				}
			case Published:
				if failures != 1 {
					t.Errorf("published after %d failures, want 1", failures)
				}
				return
			}
		case <-timeout:
			t.Fatal("nothing was published")
		}
	}
}

func TestStoreClosesItsConnections(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/relations.sql")
	s, events := startStore(t, dsn, nil)
	next[Published](t, events)
	s.SetOptions(Options{Schemas: []string{"nowhere"}})
	s.Reload(CauseNotify)
	for failed := false; !failed; {
		_, failed = (<-events).(Failed)
	}
	conn := pgtest.Conn(t, dsn)
	query := "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
	deadline := time.Now().Add(2 * time.Minute)
	for open := -1; open != 0; {
		if err := conn.QueryRow(t.Context(), query).Scan(&open); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are open", open)
		}
	}
}

// TestSnapshotsAreReadDuringSwaps reads snapshots while they are replaced, for the race detector.
func TestSnapshotsAreReadDuringSwaps(t *testing.T) {
	s := NewStore(StoreOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if snapshot := s.Snapshot(); snapshot != nil {
					requireWhole(t, snapshot)
				}
				s.State()
			}
		})
	}
	for tables := range 300 {
		c, _ := growing(tables)
		c.ForeignKeys = []ForeignKey{key("k", api("t0"), "x", api("t0"))}
		s.publish(c, time.Now())
	}
	cancel()
	readers.Wait()
}

// requireWhole reads all of a snapshot made by growing. Its generation is the number of its tables.
func requireWhole(t *testing.T, s *Snapshot) {
	names := s.RelationNames("api")
	if uint64(len(names)+1) != s.Generation {
		t.Errorf("generation %d has %d tables", s.Generation, len(names))
	}
	for _, name := range names {
		if s.Table(api(name)) == nil {
			t.Errorf("table %s is listed, but not found", name)
		}
	}
	if entry, _ := s.Relationships(api("t0"), "api"); len(entry) != 2 {
		t.Errorf("%d relationships, want 2", len(entry))
	}
}
