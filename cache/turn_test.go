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

// TestCoversEqualsSets compares covers with the sets of what can be seen, at random moments of random transactions.
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
				// Nobody can tell more than that all which began were seen, so a later moment always covers.
				if got := covers(a, b); got && !all || !got && i >= j {
					t.Fatalf("covers(%s, %s) is %t", a, b, got)
				}
			}
		}
	}
}

// place is where stores of a test store images.
type place struct {
	mu     sync.Mutex
	stored []byte
	// opened is called before each look that has to have seen something.
	opened func()
	// all is set if images of changes are stored too, as a file has them.
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

// fleet runs stores on one database, which nothing hurries.
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

// endless is the pacing of stores that wait for each other for ever.
func endless() pacing {
	return pacing{settle: time.Millisecond, look: time.Millisecond, store: time.Hour, patience: time.Hour, maxPatience: time.Hour}
}

// TestTenStoresLoadOnce asks ten stores for a load of everything at once: one loads, and nine take over what it has
// found. All of them serve the change, and go on with loads of what changes.
func TestTenStoresLoadOnce(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/keys.sql")
	const n = 10
	p := &place{}
	stores, events := fleet(t, n, dsn, p, endless())
	var asked sync.WaitGroup // all know what they have to see before one loads
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
			t.Errorf("store %d does not follow what changes", i)
		}
	}
}

// TestNothingOlderIsTakenOver offers a store what was stored before the change, or is broken.
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

// TestTurnsAreWaitedFor holds all locks: a store loads when they are free, or when its patience is over.
// TestChangesAreNotTakenForEverything stores what a load of a change has found, after another change of which nobody
// told. Who then asks for everything does not get what is stored, which lacks it.
func TestChangesAreNotTakenForEverything(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/keys.sql")
	stores, events := fleet(t, 2, dsn, &place{all: true}, endless())
	conn := pgtest.Conn(t, dsn)
	run(t, conn, "create table sky.untold (id integer)")
	run(t, conn, "create table sky.told (id integer)")
	var oid uint32
	if err := conn.QueryRow(t.Context(), "select 'sky.told'::regclass::oid").Scan(&oid); err != nil {
		t.Fatal(err)
	}
	told := Change{Command: "CREATE TABLE", Objects: []ChangedObject{{Class: classOfRelations, Oid: oid, Schema: "sky"}}}
	for i, s := range stores {
		s.Changed(told)
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
		for _, name := range []string{"untold", "told"} {
			if s.Snapshot().Table(QualifiedName{"sky", name}) == nil {
				t.Errorf("store %d does not have %s", i, name)
			}
		}
	}
}

func TestTurnsAreWaitedFor(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/keys.sql")
	holder := pgtest.Conn(t, dsn)
	for i, p := range []*place{nil, {}} {
		stores, events := fleet(t, 1, dsn, p, endless())
		run(t, holder, fmt.Sprintf("create table sky.fresh%d ()", i)) // what is stored is too old
		run(t, holder, "select pg_advisory_lock(1414679372, s) from generate_series(0, 9) s")
		stores[0].Reload(CauseNotify)
		awaitTry(t, holder)
		if len(events[0]) > 0 {
			t.Errorf("not waited for the lock: %+v", <-events[0])
		}
		run(t, holder, "select pg_advisory_unlock_all()")
		if p == nil { // who shares waits for what it believes that another one has loaded
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

// awaitTry waits until another session of a database has tried to take a lock.
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
		t.Error("it has not loaded")
	}
}

// goroutine returns what tells one goroutine from another.
func goroutine() string {
	var b [64]byte
	name, _, _ := strings.Cut(string(b[:runtime.Stack(b[:], false)]), "[")
	return name
}
