package cache

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/notify"
)

// exposing returns what is known of a database with one exposed schema, which is empty.
func exposing(schema string) *known {
	return &known{
		options: Options{Schemas: []string{schema}}, dynamic: map[uint32]bool{1: true}, code: newUserCode(),
	}
}

func changes(schema string) Change {
	return Change{Command: "ALTER TABLE", Objects: []ChangedObject{{Class: classOfRelations, Oid: 20000, Schema: schema}}}
}

// TestStoreJudgesChanges announces changes before, between and during loads, each of which takes a second.
func TestStoreJudgesChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		failing := false
		r = newRig(StoreOptions{}, func(load int) (*Catalog, error) {
			time.Sleep(time.Second)
			if failing {
				return nil, errors.New("no luck")
			}
			r.known = exposing("api")
			return growing(1)
		})
		r.Changed(changes("far")) // nothing is known yet, and the first load will find it
		r.run(t)
		requireUnchanged := func(want bool) {
			t.Helper()
			if got := r.Standing().Unchanged(); got != want {
				t.Errorf("after %v: unchanged is %t", time.Since(r.start), got)
			}
		}
		time.Sleep(10 * time.Second)
		requireUnchanged(true)
		r.Changed(changes("far"))
		requireUnchanged(true)
		time.Sleep(time.Second)
		r.Changed(changes("api"))
		r.Changed(changes("far"))
		requireUnchanged(false)
		time.Sleep(500 * time.Millisecond) // the load runs
		r.Changed(changes("far"))
		requireUnchanged(false)
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		requireUnchanged(true)
		r.Changed(changes("api"))
		time.Sleep(500 * time.Millisecond)
		r.Changed(changes("api"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		failing = true
		r.Changed(changes("api"))
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		failing = false
		r.Changed(changes("far")) // nothing is known any longer
		time.Sleep(10 * time.Second)
		r.stop(t)
		requireLines(t, r.log, []string{
			"0s load", "1s published 1",
			"11s load", "12s unchanged 1",
			"12s load", "13s unchanged 1", "13s load", "14s unchanged 1",
			"22.5s load", "23.5s failed no luck, again in 1s", "24s load", "25s unchanged 1",
		})
	})
}

// TestStandingFollowsChanges announces changes of one relation before, during and after a load. Only statements that
// use the relation lose their certainty, until a load that began after the change has ended.
func TestStandingFollowsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tables := []*Table{{Name: QualifiedName{"api", "comet"}}, {Name: QualifiedName{"api", "star"}}}
		var r *rig
		r = newRig(StoreOptions{}, func(load int) (*Catalog, error) {
			time.Sleep(time.Second)
			r.known = exposing("api")
			r.known.catalog, r.known.relations = &Catalog{}, newLayered[uint32, *relation]()
			for i, table := range tables {
				r.known.relations.set(uint32(20000+i), &relation{name: table.Name, exposed: true})
			}
			return growing(1)
		})
		r.run(t)
		requireCertain := func(comet, star bool) {
			t.Helper()
			for i, want := range []bool{comet, star} {
				uses := &Uses{Relations: []Use{{tables[i], Reads}}}
				if got := r.Standing().Certain(uses); got != want {
					t.Errorf("after %v: %s is certain: %t", time.Since(r.start), tables[i].Name.Name, got)
				}
			}
		}
		time.Sleep(2 * time.Second)
		requireCertain(true, true)
		r.Changed(changes("api")) // to 3 s
		requireCertain(false, true)
		time.Sleep(500 * time.Millisecond)
		r.Changed(changes("api")) // to 4 s
		requireCertain(false, true)
		time.Sleep(time.Second)
		synctest.Wait()
		requireCertain(false, true) // the load of the first change has ended
		time.Sleep(time.Second)
		synctest.Wait()
		requireCertain(true, true)
		r.Missed(CauseReconnect)
		requireCertain(false, false)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		requireCertain(true, true)
		r.stop(t)
	})
}

// TestStoreFollowsChanges changes a database with event triggers. Changes in schemas that are not exposed must open no
// connection, and so run no query, and must leave the snapshot current.
func TestStoreFollowsChanges(t *testing.T) {
	setup, err := os.ReadFile("testdata/update.sql")
	if err != nil {
		t.Fatal(err)
	}
	dsn := pgtest.Database(t)
	conn := pgtest.Conn(t, dsn)
	run(t, conn, string(setup))
	if err := notify.InstallTriggers(t.Context(), conn, "pgrst"); err != nil {
		t.Fatal(err)
	}
	connect := func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) }
	var connected, advanced atomic.Int32
	s, events := startStoreOf(t, StoreOptions{
		Advance: func(uint64) { advanced.Add(1) },
		Options: Options{Schemas: []string{"api"}},
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			connected.Add(1)
			return connect(ctx)
		},
	})
	next[Published](t, events)
	told := make(chan Change, 100)
	listener := notifyStore(t, s, connect, told)
	current := func() bool {
		since, ok := listener.Watched(time.Now())
		return ok && s.Standing().LoadedSince(since) && s.Standing().Unchanged()
	}
	for _, ok := listener.Watched(time.Now()); !ok; _, ok = listener.Watched(time.Now()) {
		time.Sleep(time.Millisecond)
	}
	s.Reload(CauseNotify)
	next[Unchanged](t, events)

	before := connected.Load()
	for range 20 {
		run(t, conn, "CREATE TABLE far.t9 (id serial PRIMARY KEY)")
		run(t, conn, "DROP TABLE far.t9")
		<-told
		<-told
	}
	if !current() {
		t.Error("the snapshot counts as stale after changes in other schemas")
	}
	if got := connected.Load(); got != before {
		t.Errorf("changes in other schemas caused %d loads", got-before)
	}
	run(t, conn, "CREATE TABLE api.comet (id int)")
	updated := next[Updated](t, events)
	if s.Snapshot().Table(QualifiedName{"api", "comet"}) == nil || !current() || updated.Commands[0] != "CREATE TABLE" {
		t.Errorf("the new table is missing: %+v", updated)
	}
	if connected.Load() != before+1 {
		t.Errorf("the new table caused %d loads", connected.Load()-before)
	}
	requireVersions(t, s, conn, events, &advanced)
	requireSpare(t, s, conn, events, &connected)
	run(t, conn, "CREATE EXTENSION citext SCHEMA far")
	next[Unchanged](t, events)
}

// requireVersions changes a relation, and checks that only the statements that use it get a new version.
func requireVersions(t *testing.T, s *Store, conn *pgx.Conn, events <-chan Event, advanced *atomic.Int32) {
	t.Helper()
	version := func(name string) uint64 {
		return s.Standing().Version(&Uses{Relations: []Use{{&Table{Name: QualifiedName{"api", name}}, Reads}}})
	}
	before, comet, other := advanced.Load(), version("comet"), version("t0")
	run(t, conn, "ALTER TABLE api.comet ADD head int")
	next[Updated](t, events)
	if got := version("comet"); got <= comet || version("t0") != other || advanced.Load() != before {
		t.Errorf("the versions were %d and %d, and are %d and %d; all statements were renewed %d times",
			comet, other, got, version("t0"), advanced.Load()-before)
	}
}

// requireSpare checks that the next change is loaded on the same connection, and on a new one after that is lost.
func requireSpare(t *testing.T, s *Store, conn *pgx.Conn, events <-chan Event, connected *atomic.Int32) {
	t.Helper()
	before := connected.Load()
	run(t, conn, "ALTER TABLE api.comet ADD tail int")
	next[Updated](t, events)
	if connected.Load() != before {
		t.Error("the second change was loaded on a new connection")
	}
	run(t, conn, "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database() AND query = 'commit'")
	run(t, conn, "ALTER TABLE api.comet ADD coma int")
	next[Updated](t, events)
	if connected.Load() != before+1 || s.Snapshot().Table(QualifiedName{"api", "comet"}).Column("coma") == nil {
		t.Error("the lost connection was not replaced")
	}
}

// notifyStore runs a listener until the test ends. It passes changes on to a store, and then to a channel.
func notifyStore(
	t *testing.T, s *Store, connect func(context.Context) (*pgx.Conn, error), passed chan<- Change,
) *notify.Listener {
	listener := notify.New(notify.Options{Connect: connect, Channel: "pgrst", Deliver: func(together []notify.Event) {
		for _, e := range together {
			if e.Change != nil {
				c := announcedChange(e)
				s.Changed(c)
				passed <- c
			}
		}
	}})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = listener.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return listener
}
