package cache

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// finding is a finder whose store is notified by nothing else.
type finding struct {
	*Finder
	store  *Store
	events <-chan Event
	sql    func(string)
	oid    func(name string) uint32
}

func newFinding(t *testing.T) *finding {
	t.Helper()
	dsn := pgtest.Database(t, "testdata/relations.sql")
	s, events := startStore(t, dsn, nil)
	next[Published](t, events)
	f := &finding{store: s, events: events, Finder: NewFinder(s, func(ctx context.Context) (*pgx.Conn, error) {
		return pgx.Connect(ctx, dsn+" application_name=finder")
	})}
	t.Cleanup(f.Close)
	f.SetRate(1_000_000)
	conn := pgtest.Conn(t, dsn)
	f.sql = func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	f.oid = func(name string) (oid uint32) {
		if err := conn.QueryRow(t.Context(), "select $1::text::regclass::oid", name).Scan(&oid); err != nil {
			t.Fatal(err)
		}
		return oid
	}
	return f
}

func relationOf(name string) Wanted { return Wanted{Name: QualifiedName{"sky", name}} }

func functionOf(name string) Wanted {
	return Wanted{Name: QualifiedName{"sky", name}, Function: true}
}

// find waits until the name may be looked for again, looks for it, and reports whether that made a new snapshot.
func (f *finding) find(t *testing.T, w Wanted) bool {
	t.Helper()
	time.Sleep(nameInterval)
	before := f.store.Snapshot()
	f.Find(t.Context(), w)
	return f.store.Snapshot() != before
}

// ignoreEvents receives the store's events, which would fill the channel, until ctx ends.
func (f *finding) ignoreEvents(ctx context.Context) {
	for {
		select {
		case <-f.events:
		case <-ctx.Done():
			return
		}
	}
}

// TestFindsUnannouncedObjects creates all kinds of objects that can be requested, and some that cannot.
func TestFindsUnannouncedObjects(t *testing.T) {
	f := newFinding(t)
	for _, test := range []struct {
		sql  string
		want Wanted
		is   bool
	}{
		{"create table sky.comet (id int)", relationOf("comet"), true},
		{"create view sky.tail as select * from sky.comet", relationOf("tail"), true},
		{"create materialized view sky.coma as select * from sky.comet", relationOf("coma"), true},
		{`create table sky."a ""b"" \ ü" (id int)`, relationOf(`a "b" \ ü`), true},
		{"create table sky.belt (id int) partition by list (id)", relationOf("belt"), true},
		{"create table sky.ring partition of sky.belt for values in (1)", relationOf("ring"), false},
		{"create type sky.gas as (id int)", relationOf("gas"), false},
		{"create index haze on sky.comet (id)", relationOf("haze"), false},
		{"create table attic.dust (id int)", relationOf("dust"), false},
		{"create function sky.glow(a int) returns int language sql as 'select 1'", functionOf("glow"), true},
		{"create function sky.glow(b text) returns int language sql as 'select 1'", functionOf("glow"), true},
		{"drop function sky.glow(a int)", functionOf("glow"), true},
		{"create function sky.fade() returns trigger language plpgsql as 'begin return new; end'", functionOf("fade"), false},
		{"create procedure sky.burn() language sql as 'select 1'", functionOf("burn"), false},
		{"alter table sky.comet rename to nova", relationOf("nova"), true},
		{"select 1", relationOf("nothing"), false},
		{"select 1", relationOf("nul\x00"), false},
		{"select 1", relationOf("no UTF-8 \xff"), false},
		{"select 1", relationOf(strings.Repeat("x", maxName+1)), false},
		{"select 1", functionOf("glow"), false}, // nothing new
		{"select 1", relationOf("nova"), false},
	} {
		f.sql(test.sql)
		if got := f.find(t, test.want); got != test.is {
			t.Errorf("after %s: found %+v: %t", test.sql, test.want, got)
		}
		if s := f.store.Snapshot(); test.is && !test.want.Function && s.Table(test.want.Name) == nil {
			t.Errorf("after %s: the snapshot lacks %+v", test.sql, test.want.Name)
		}
	}
}

// TestFindersShareQueries looks for one new name from many goroutines: all of them get it, and it is loaded once.
func TestFindersShareQueries(t *testing.T) {
	f := newFinding(t)
	f.sql("create table sky.comet (id int)")
	var missed atomic.Int64
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			f.Find(t.Context(), relationOf("comet"))
			if f.store.Snapshot().Table(relationOf("comet").Name) == nil {
				missed.Add(1)
			}
		})
	}
	group.Wait()
	if missed.Load() > 0 {
		t.Errorf("%d of 64 goroutines did not get the relation", missed.Load())
	}
	next[Updated](t, f.events)
	next[Ended](t, f.events)
	select {
	case e := <-f.events:
		t.Errorf("another event: %+v", e)
	default:
	}
}

// TestFindsDuringOtherLoads loads other changes all the time. A finder must not take one of these loads for its own.
func TestFindsDuringOtherLoads(t *testing.T) {
	f := newFinding(t)
	f.sql("create table sky.noise (id int)")
	f.find(t, relationOf("noise"))
	noise := Change{Command: "COMMENT", Objects: []ChangedObject{{Class: classOfRelations, Oid: f.oid("sky.noise"), Schema: "sky"}}}
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		for ctx.Err() == nil {
			f.store.Changed(noise)
			time.Sleep(time.Millisecond)
		}
	})
	group.Go(func() { f.ignoreEvents(ctx) })
	for i := range 50 {
		name := fmt.Sprintf("comet%d", i)
		f.sql("create table sky." + name + " (id int)")
		f.Find(t.Context(), relationOf(name))
		if f.store.Snapshot().Table(relationOf(name).Name) == nil {
			t.Errorf("%s was not loaded", name)
		}
	}
	stop()
	group.Wait()
}

// TestFindersMissNothingNew has some look for a name all the time until it is there. Whoever has created it finds it with
// the first look.
func TestFindersMissNothingNew(t *testing.T) {
	f := newFinding(t)
	go f.ignoreEvents(t.Context())
	for i := range 50 {
		want := relationOf(fmt.Sprintf("comet%d", i))
		ctx, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for ctx.Err() == nil && f.store.Snapshot().Table(want.Name) == nil {
					f.Find(ctx, want)
				}
			})
		}
		time.Sleep(time.Duration(i%10) * time.Millisecond)
		f.sql("create table sky." + want.Name.Name + " (id int)")
		f.Find(t.Context(), want)
		if f.store.Snapshot().Table(want.Name) == nil {
			t.Errorf("%s was not found after it had been created", want.Name)
		}
		stop()
		group.Wait()
	}
}

func TestFinderOutlivesItsConnection(t *testing.T) {
	f := newFinding(t)
	f.sql("create table sky.comet (id int)")
	if !f.find(t, relationOf("comet")) {
		t.Fatal("the relation is not found")
	}
	f.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'finder'; create table sky.nova (id int)")
	if !f.find(t, relationOf("nova")) {
		t.Error("nothing is found after the connection was lost")
	}
}

func TestFinderIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFinder(NewStore(StoreOptions{}), nil)
		star, moon, sun := relationOf("nova"), relationOf("moon"), relationOf("sun")
		allow := func(w Wanted, want bool, why string) {
			t.Helper()
			if got := f.allow(w); got != want {
				t.Errorf("%t: %s", got, why)
			}
		}
		allow(star, false, "no rate is set")
		f.SetRate(4)
		time.Sleep(time.Second)
		for n := range 3 { // planned at once
			if wait := f.reserve(star); wait != time.Duration(n)*nameInterval {
				t.Errorf("query %d for a name has to wait for %v", n, wait)
			}
		}
		if wait := f.reserve(moon); wait != 0 {
			t.Errorf("another name has to wait for %v", wait)
		}
		allow(star, true, "the first")
		allow(star, true, "the second")
		allow(star, false, "half of the rate is used for the name")
		if !f.exhausted(star) || f.exhausted(moon) {
			t.Error("one name is exhausted, and no other")
		}
		allow(moon, true, "the other half")
		allow(sun, true, "the rest")
		allow(moon, false, "the rate is used")
		time.Sleep(time.Second)
		f.pause()
		allow(star, false, "after a failure")
		time.Sleep(findPause)
		allow(star, true, "some time after a failure")
	})
}

func TestFinderForgetsNames(t *testing.T) {
	f := NewFinder(NewStore(StoreOptions{}), nil)
	f.SetRate(1_000_000)
	for i := range 2 * maxWanted {
		f.allow(Wanted{Name: QualifiedName{"sky", string(rune(i + 0x1000))}})
	}
	if len(f.names) > maxWanted {
		t.Errorf("%d names are remembered", len(f.names))
	}
}

// TestFoundMeanwhile checks that what a finder has found is not loaded again if a load in progress finds it too.
func TestFoundMeanwhile(t *testing.T) {
	known := exposing("api")
	known.exposedFunctions = map[uint32]bool{20001: true}
	known.catalog = &Catalog{Schemas: []string{"api"}, Tables: []*Table{{Name: QualifiedName{"api", "comet"}}}}
	relation := func(name string) Change {
		return Change{
			Objects: []ChangedObject{{Class: classOfRelations, Oid: 20000, Schema: "api"}},
			sought:  &sought{relation: QualifiedName{"api", name}},
		}
	}
	functions := func(oids ...uint32) Change {
		c := Change{sought: &sought{functions: oids}}
		for _, oid := range oids {
			c.Objects = append(c.Objects, ChangedObject{Class: classOfFunctions, Oid: oid, Schema: "api"})
		}
		return c
	}
	for _, tt := range []struct {
		name string
		c    Change
		want bool
	}{
		{"a relation that is there", relation("comet"), false},
		{"one that is not", relation("tail"), true},
		{"a function that is there", functions(20001), false},
		{"one of two that is not", functions(20001, 20002), true},
	} {
		touched := newTouched()
		if got := touched.add(known.scope(), tt.c); got != tt.want || touched.relevant() != tt.want {
			t.Errorf("%s: a load is required: %t", tt.name, got)
		}
		d := doubt{}.with(known.scope(), tt.c)
		if d.all || !tt.want && (d.casts || len(d.relations) > 0) {
			t.Errorf("%s: the doubt is %+v", tt.name, d)
		}
	}
}
