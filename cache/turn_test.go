package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

func TestCovers(t *testing.T) {
	for _, test := range []struct {
		at, other string
		want      bool
	}{
		{"5:5:", "5:5:", true},
		{"5:6:", "5:5:", true},
		{"5:5:", "5:6:", false},
		{"4:6:4", "6:6:", false},
		{"4:6:4", "4:6:4", true},
		{"4:8:4,6", "4:6:4,5", true},
		{"4:8:4,5", "4:6:5", false},
		{"", "5:5:", false},
		{"5:5:", "", false},
		{"5:5:x", "5:5:", false},
		{"5:5:-1", "5:5:", false},
		{"5:5", "5:5:", false},
	} {
		if got := covers(test.at, test.other); got != test.want {
			t.Errorf("covers(%s, %s) is %t", test.at, test.other, got)
		}
	}
}

// TestCoversEqualsSets compares covers with the sets of visible transactions, at random moments of random transactions.
func TestCoversEqualsSets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		next, running, ended := 3, map[int]bool{}, map[int]bool{}
		var positions []string
		var seen []map[int]bool
		for range 30 {
			switch ids := slices.Collect(maps.Keys(running)); {
			case random.IntN(2) == 0:
				running[next] = true
				next++
			case len(ids) > 0:
				id := ids[random.IntN(len(ids))]
				delete(running, id)
				ended[id] = true
			}
			ids := slices.Sorted(maps.Keys(running))
			positions = append(positions, fmt.Sprintf("3:%d:%s", next, strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")))
			seen = append(seen, maps.Clone(ended))
		}
		for i, a := range positions {
			for j, b := range positions {
				all := true
				for id := range seen[j] {
					all = all && seen[i][id]
				}
				// Positions only say that all transactions up to them are visible, so a later one always covers.
				if got := covers(a, b); got && !all || !got && i >= j {
					t.Fatalf("covers(%s, %s) is %t", a, b, got)
				}
			}
		}
	}
}

// place is where the stores of a test keep images.
type place struct {
	mu     sync.Mutex
	stored []byte
	// opened is called before an image is opened by a store that requires it to have seen something.
	opened func()
	// all is set if images of incremental loads are stored too, as in a file.
	all bool
}

func (p *place) storage(t *testing.T) Storage {
	return Storage{
		Build: "test", MaxBytes: plenty,
		Save: func(i *Image) {
			p.mu.Lock()
			defer p.mu.Unlock()
			if (i.Whole() || p.all) && (p.stored == nil || !i.StoredIn(bytes.NewReader(p.stored))) {
				p.stored = write(t, i)
			}
		},
		Open: func(_ context.Context, wanted func(string) bool) (io.ReadCloser, error) {
			if wanted != nil && p.opened != nil {
				p.opened()
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.stored == nil {
				return nil, errors.New("nothing is stored")
			}
			return io.NopCloser(bytes.NewReader(p.stored)), nil
		},
	}
}

// fleet runs several stores on one database.
func fleet(t *testing.T, n int, dsn string, p *place, pace pacing) (stores []*Store, events []chan Event) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	for range n {
		heard := make(chan Event, 1000)
		o := StoreOptions{
			Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) },
			Options: Options{Schemas: []string{"sky"}}, Observe: func(e Event) {
				if _, ok := e.(Ended); !ok {
					heard <- e
				}
			},
		}
		if p != nil {
			o.Storage = p.storage(t)
		}
		s := NewStore(o)
		s.pacing = pace
		running.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		next[Published](t, heard)
		stores, events = append(stores, s), append(events, heard)
	}
	return stores, events
}

// endless returns the pacing of stores that wait for each other forever.
func endless() pacing {
	return pacing{settle: time.Millisecond, look: time.Millisecond, store: time.Hour, patience: time.Hour, maxPatience: time.Hour}
}

// TestTenStoresLoadOnce asks ten stores for a load of everything at the same time. One loads, and nine take over its
// result. All of them must serve the change, and later load only what changes.
func TestTenStoresLoadOnce(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/keys.sql")
	const n = 10
	p := &place{}
	stores, events := fleet(t, n, dsn, p, endless())
	var asked sync.WaitGroup // ensures that all know what they have to see before one loads
	asked.Add(n)
	var once sync.Map
	p.opened = func() {
		if _, again := once.LoadOrStore(goroutine(), true); !again {
			asked.Done()
		}
		asked.Wait()
	}
	conn := pgtest.Conn(t, dsn)
	run(t, conn, "create table sky.fresh (id integer primary key)")
	for _, s := range stores {
		s.Reload(CauseNotify)
	}
	loads, taken := 0, 0
	for i, s := range stores {
		for done := false; !done; {
			switch e := (<-events[i]).(type) {
			case Queried:
				loads++
			case TakenOver:
				taken++
				done = true
				if e.Unchanged || e.Generation != s.Snapshot().Generation {
					t.Errorf("%+v", e)
				}
			case Published:
				done = true
			case Failed:
				t.Fatal(e.Err)
			}
		}
		if s.Snapshot().Table(QualifiedName{"sky", "fresh"}) == nil {
			t.Errorf("store %d does not serve the change", i)
		}
	}
	if loads != 1 || taken != n-1 {
		t.Errorf("%d loads, %d taken over", loads, taken)
	}
	var oid uint32
	run(t, conn, "alter table sky.fresh add more text")
	if err := conn.QueryRow(t.Context(), "select 'sky.fresh'::regclass::oid").Scan(&oid); err != nil {
		t.Fatal(err)
	}
	for i, s := range stores {
		s.Changed(Change{Command: "ALTER TABLE", Objects: []ChangedObject{{Class: classOfRelations, Oid: oid, Schema: "sky"}}})
		next[Updated](t, events[i])
		if s.Snapshot().Table(QualifiedName{"sky", "fresh"}).Column("more") == nil {
			t.Errorf("store %d does not follow changes", i)
		}
	}
}

// TestNothingOlderIsTakenOver offers a store images that are older than the change, or broken.
func TestNothingOlderIsTakenOver(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/keys.sql")
	p := &place{}
	stores, events := fleet(t, 1, dsn, p, endless())
	conn := pgtest.Conn(t, dsn)
	p.mu.Lock()
	old := p.stored
	p.mu.Unlock()
	for i, offered := range [][]byte{old, old[:len(old)/2], []byte("{}\n"), nil} {
		p.mu.Lock()
		p.stored = offered
		p.mu.Unlock()
		name := fmt.Sprint("fresh", i)
		run(t, conn, "create table sky."+name+" (id integer primary key)")
		stores[0].Reload(CauseNotify)
		next[Queried](t, events[0])
		next[Published](t, events[0])
		if stores[0].Snapshot().Table(QualifiedName{"sky", name}) == nil {
			t.Errorf("%s is not served", name)
		}
	}
}

// TestChangesAreNotTakenForEverything makes an unannounced change, and then stores the result of loading another one,
// which lacks the first. A store that is asked to load everything must not take this image over.
func TestChangesAreNotTakenForEverything(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/keys.sql")
	stores, events := fleet(t, 2, dsn, &place{all: true}, endless())
	conn := pgtest.Conn(t, dsn)
	run(t, conn, "create table sky.unannounced (id integer)")
	run(t, conn, "create table sky.announced (id integer)")
	var oid uint32
	if err := conn.QueryRow(t.Context(), "select 'sky.announced'::regclass::oid").Scan(&oid); err != nil {
		t.Fatal(err)
	}
	announced := Change{Command: "CREATE TABLE", Objects: []ChangedObject{{Class: classOfRelations, Oid: oid, Schema: "sky"}}}
	for i, s := range stores {
		s.Changed(announced)
		next[Updated](t, events[i])
	}
	for i, s := range stores {
		s.Reload(CauseNotify)
		for done := false; !done; {
			switch e := (<-events[i]).(type) {
			case Published, TakenOver:
				done = true
			case Failed:
				t.Fatal(e.Err)
			}
		}
		for _, name := range []string{"unannounced", "announced"} {
			if s.Snapshot().Table(QualifiedName{"sky", name}) == nil {
				t.Errorf("store %d does not have %s", i, name)
			}
		}
	}
}

// TestTurnsAreWaitedFor holds all locks. A store must load when they are released, or when its patience is over.
func TestTurnsAreWaitedFor(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/keys.sql")
	holder := pgtest.Conn(t, dsn)
	for i, p := range []*place{nil, {}} {
		stores, events := fleet(t, 1, dsn, p, endless())
		run(t, holder, fmt.Sprintf("create table sky.fresh%d ()", i)) // so that what is stored is too old
		run(t, holder, "select pg_advisory_lock(1414679372, s) from generate_series(0, 9) s")
		stores[0].Reload(CauseNotify)
		awaitTry(t, holder)
		if len(events[0]) > 0 {
			t.Errorf("the store did not wait for the lock: %+v", <-events[0])
		}
		run(t, holder, "select pg_advisory_unlock_all()")
		if p == nil { // with storage, the store waits for an image of the session that held the lock
			next[Queried](t, events[0])
		}
		pace := endless()
		pace.patience, pace.maxPatience = time.Millisecond, time.Millisecond
		run(t, holder, "select pg_advisory_lock(1414679372, s) from generate_series(0, 9) s")
		stores, events = fleet(t, 1, dsn, p, pace)
		run(t, holder, fmt.Sprintf("create table sky.later%d ()", i))
		stores[0].Reload(CauseNotify)
		next[Queried](t, events[0])
		run(t, holder, "select pg_advisory_unlock_all()")
	}
}

// awaitTry waits until another session of the database has tried to take a lock.
func awaitTry(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for tried := false; !tried; {
		err := conn.QueryRow(t.Context(), `select exists (select from pg_stat_activity where datname = current_database()
			and pid <> pg_backend_pid() and query ~ 'pg_try_advisory_xact_lock|rollback')`).Scan(&tried)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestLocksThatAreForbidden loads as a role that may not use advisory locks.
func TestLocksThatAreForbidden(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/keys.sql")
	conn := pgtest.Conn(t, dsn)
	run(t, conn, `create role unlocked login; grant usage on schema sky to unlocked;
		revoke execute on function pg_try_advisory_xact_lock(int, int) from public`)
	t.Cleanup(func() {
		_, _ = conn.Exec(context.Background(), "drop owned by unlocked; drop role unlocked")
	})
	_, events := fleet(t, 1, dsn+" user=unlocked", nil, endless())
	if len(events) != 1 {
		t.Error("the store has not loaded")
	}
}

// goroutine returns an identifier of the current goroutine.
func goroutine() string {
	var b [64]byte
	name, _, _ := strings.Cut(string(b[:runtime.Stack(b[:], false)]), "[")
	return name
}
