package cache

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// loadOnto reads everything, sharing memory with what was known before, which may be nil.
func loadOnto(t *testing.T, conn *pgx.Conn, options Options, before *known) *known {
	t.Helper()
	l := newLoader(conn, options)
	l.earlier = before
	if err := l.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &l.known
}

// plainKnown returns what is known without what differs from load to load of the same: layers of maps, the order of the users
// of views, and the tally.
func plainKnown(k *known) *known {
	p := k.flat()
	p.rules.users = newLayered[uint32, []uint32]()
	for oid, users := range k.rules.users.all() {
		p.rules.users.set(oid, slices.Sorted(slices.Values(users)))
	}
	p.tally, p.position, p.whole = nil, "", ""
	return &p
}

// requireSameKnown checks that the same is known, structure by structure.
func requireSameKnown(t *testing.T, when string, got, want *known) {
	t.Helper()
	parts := func(k *known) map[string]any {
		return map[string]any{
			"relations": k.relations, "constraints": k.constraints, "rules": k.rules, "column types": k.columnTypes,
			"operators": k.operatorUse, "links": k.graph.links, "users": k.graph.users, "own effects": k.graph.own,
			"effects": k.graph.total, "naming": k.naming, "homes": k.homes, "row types": k.rowTypes, "code": k.code,
		}
	}
	a, b := plainKnown(got), plainKnown(want)
	if !reflect.DeepEqual(a.catalog, b.catalog) {
		t.Errorf("%s: the catalog differs:\n%s", when, catalogDiff(a.catalog, b.catalog))
	}
	others := parts(b)
	for name, part := range parts(a) {
		if !reflect.DeepEqual(part, others[name]) {
			t.Errorf("%s: the %s differ:\n got %+v\nwant %+v", when, name, part, others[name])
		}
	}
	if !t.Failed() && !reflect.DeepEqual(a, b) {
		t.Errorf("%s: what is known differs:\n got %+v\nwant %+v", when, a, b)
	}
}

// TestLoadEqualsOneFromNothing runs random commands. After each, a load of everything that shares memory with the one
// before, or with what was followed, must find what one finds that knows nothing, and change nothing of what is shared.
func TestLoadEqualsOneFromNothing(t *testing.T) {
	t.Parallel()
	f := newRandomFollower(t)
	g := &commands{rand.New(rand.NewPCG(*updateSeed, 2))}
	before, was := f.known, plainKnown(&f.load().known)
	for accepted := 0; accepted < *updateSteps && !t.Failed(); {
		sql := g.next()
		if _, err := f.ddl.Exec(t.Context(), sql); err != nil {
			_, _ = f.ddl.Exec(t.Context(), "rollback")
			continue
		}
		if accepted++; accepted%3 == 0 {
			f.follow(f.announced())
			before, was = f.known, plainKnown(&f.load().known)
		}
		next := loadOnto(t, f.read, f.options, before)
		want := &f.load().known
		requireSameKnown(t, "after "+sql, next, want)
		if accepted%3 != 0 && !reflect.DeepEqual(plainKnown(before), was) {
			t.Errorf("after %s: what was known before has changed", sql)
		}
		before, was = next, plainKnown(want)
	}
}

// TestLoadAfterChanges changes what a load takes over from the one before until it turns out to be different.
func TestLoadAfterChanges(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	run(t, conn, `create schema api; create schema hid;
		do $$ begin create role renew_reader; exception when duplicate_object or unique_violation then end $$;
		create table hid.base (id int primary key, name text);
		create table api.a (id int primary key, name text default 'x'); create table api.b (id int primary key, name text default 'x');
		create table api.ref (a int references api.a, b int references api.b, h int references hid.base, primary key (a, b));
		create view api.v as select * from hid.base; create view api.w as select id from api.v;
		create table api.one (id int); create table api.part (id int primary key, a int references api.a, n int) partition by list (id);
		create table api.p1 partition of api.part for values in (1); alter table api.p1 add foreign key (n) references api.b;
		create function api.f(a int) returns setof api.a language sql as 'select null::int, null::text';
		create function api.g(a int) returns int language sql as 'select 1'; grant select (id) on api.one to renew_reader`)
	options := Options{Schemas: []string{"api"}}
	before := loadOnto(t, conn, options, nil)
	for _, sql := range []string{
		"select 1",
		"revoke select (id) on api.one from renew_reader",
		"alter table api.one drop id",
		"alter table api.one add id int default 1",
		"create table api.both (id int primary key, n int); grant select (n) on api.both to renew_reader",
		"alter table api.both drop id, add m int; revoke select (n) on api.both from renew_reader",
		"alter table api.ref drop constraint ref_pkey",
		"alter table api.a rename to c; alter table api.b rename to a; alter table api.c rename to b",
		"alter table api.part rename a to more", "alter table api.part rename n to other",
		"alter table hid.base rename id to key", "alter table hid.base rename to root", "alter table hid.root set schema api",
		"drop view api.w; create view api.w as select name from api.v",
		"drop table api.ref; create table api.ref (a int references api.a, b int references api.b)",
		"create function api.e(a int) returns int language sql as 'select 1'", "drop function api.g",
		"create policy o on api.a using (exists (select from api.b))", "alter table api.a enable row level security",
		"drop view api.w, api.v", "alter table api.part detach partition api.p1", "drop table api.b cascade",
		"drop schema api cascade; create schema api", "create table api.a (id int primary key, name text default 'x')",
	} {
		run(t, conn, sql)
		next := loadOnto(t, conn, options, before)
		requireSameKnown(t, "after "+sql, next, loadOnto(t, conn, options, nil))
		before = next
	}
	for _, o := range []Options{
		{Schemas: []string{"api", "hid"}}, {Schemas: []string{"api"}, ExtraSearchPath: []string{"pg_catalog"}}, options,
	} {
		next := loadOnto(t, conn, o, before)
		requireSameKnown(t, "with other options", next, loadOnto(t, conn, o, nil))
		before = next
	}
}

// TestLoadHoldsLittleMore loads a schema again. Both results together must hold little more memory than one of them.
func TestLoadHoldsLittleMore(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	run(t, conn, fmt.Sprintf(bigSchemaSQL, 1000))
	options := Options{Schemas: []string{"sky"}}
	loadOnto(t, conn, options, nil) // the connection's buffers
	start := heap()
	first := loadOnto(t, conn, options, nil)
	one := heap() - start
	second := loadOnto(t, conn, options, first)
	more := heap() - start - one
	t.Logf("the first holds %.0f kB, the second %.0f kB more", one/1e3, more/1e3)
	if more > one/4 {
		t.Errorf("the second load holds %.0f bytes more than the %.0f of the first", more, one)
	}
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
}

// TestSameColumn changes each field of a column. It must not be the same then.
func TestSameColumn(t *testing.T) {
	for i := range reflect.TypeFor[Column]().NumField() {
		var c Column
		if !sameColumn(c, Column{}) {
			t.Error("two columns without anything are not the same")
		}
		field := reflect.ValueOf(&c).Elem().Field(i)
		switch field.Kind() {
		case reflect.String:
			field.SetString("x")
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Int32:
			field.SetInt(1)
		case reflect.Slice:
			field.Set(reflect.ValueOf([]string{"x"}))
		default:
			field.Set(reflect.ValueOf(OperatorUse{Pure: 1}))
		}
		if sameColumn(c, Column{}) {
			t.Errorf("columns with another %s are the same", reflect.TypeFor[Column]().Field(i).Name)
		}
	}
}

// TestRenewLists reads lists again, those of different keys mixed, some of them other ones. The result must be what was
// read, and what was there before stay as it was.
func TestRenewLists(t *testing.T) {
	g := rand.New(rand.NewPCG(*updateSeed, 3))
	of := func(k *known) *layered[object, []uint32] { return &k.naming }
	random := func() (lists map[object][]uint32) {
		lists = make(map[object][]uint32)
		for range g.IntN(60) {
			k := object{1, g.Uint32N(20)}
			lists[k] = append(lists[k], g.Uint32N(3))
		}
		return lists
	}
	before := &known{catalog: &Catalog{}, naming: newLayered[object, []uint32]()}
	was := make(map[object][]uint32)
	for range 500 {
		l := &loader{earlier: before, known: known{naming: newLayered[object, []uint32]()}}
		want, lists := maps.Clone(was), renewLists(l, of, equal)
		if g.IntN(3) == 0 {
			want = random()
		}
		for at := range 60 {
			for k, list := range want {
				if at < len(list) {
					lists.add(k, list[at])
				}
			}
		}
		lists.end()
		if got := l.naming.flat(); !maps.EqualFunc(got, want, slices.Equal) || l.naming.len() != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if got := before.naming.flat(); !maps.EqualFunc(got, was, slices.Equal) {
			t.Fatalf("what was known is %v, was %v", got, was)
		}
		before, was = &l.known, want
	}
}

// TestRenewList reads a list again that has other items by now.
func TestRenewList(t *testing.T) {
	for _, test := range [][2][]int{
		{nil, nil},
		{nil, {1}},
		{{1}, nil},
		{{1, 2, 3}, {1, 2, 3}},
		{{1, 2, 3}, {1, 2}},
		{{1, 2}, {1, 2, 3}},
		{{2, 3}, {1, 2, 3}},
		{{1, 2, 3}, {2, 3}},
		{{1, 3}, {1, 2, 3}},
		{{1, 2, 3}, {1, 3}},
		{{1, 2, 2, 3}, {1, 2, 3}},
		{{1, 2}, {3, 4}},
	} {
		before, want := test[0], test[1]
		r := renewedList[int]{
			before: slices.Clone(before), compare: func(a, b *int) int { return *a - *b },
			same: func(a, b *int) bool { return *a == *b },
		}
		for i := range want {
			r.add(&want[i])
		}
		got := r.end()
		if !slices.Equal(got, want) || !slices.Equal(r.before, before) || slices.Equal(before, want) != oneSlice(got, r.before) {
			t.Errorf("%v from %v: got %v; that was %v then", want, before, got, r.before)
		}
	}
}
