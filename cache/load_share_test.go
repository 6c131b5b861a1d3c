package cache

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// TestLoadSharesWithThePreviousOne loads everything twice. What is equal must share memory, also after something else
// has changed.
func TestLoadSharesWithThePreviousOne(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/relations.sql"))
	options := Options{Schemas: []string{"sky"}}
	first := newLoader(conn, options)
	if err := first.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	old := Build(first.catalog)
	run(t, conn, "create table sky.more (id integer primary key, more text)")
	second := newLoader(conn, options)
	second.earlier = &first.known
	if err := second.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, oid := range first.served {
		was, now := first.catalog.Tables[i], second.table(oid)
		r, before := second.relations.at(oid), first.relations.at(oid)
		if !oneSlice(was.Columns, now.Columns) || !oneSlice(r.numbers, before.numbers) || !sameMemory(r.name.Name, before.name.Name) {
			t.Errorf("%s is not shared", was.Name)
		}
		if c := first.constraints.at(oid); !oneSlice(c, second.constraints.at(oid)) {
			t.Errorf("the constraints of %s are not shared", was.Name)
		}
		if links := first.graph.links.at(oid); !oneSlice(links, second.graph.links.at(oid)) {
			t.Errorf("the links of %s are not shared", was.Name)
		}
	}
	next := rebuild(old, first.catalog, second.catalog)
	for _, was := range old.Tables("sky") {
		if next.Table(was.Name) != was {
			t.Errorf("the snapshot does not share %s", was.Name)
		}
	}
	if len(next.Tables("sky")) != len(old.Tables("sky"))+1 || len(second.catalog.ForeignKeys) > 0 &&
		!oneSlice(first.catalog.ForeignKeys, second.catalog.ForeignKeys) {
		t.Error("the new relation is missing, or the foreign keys are not shared")
	}
}

// TestEqualColumnsAreShared loads tables of two tenants. Those that have equal columns share memory, and no others.
func TestEqualColumnsAreShared(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	run(t, conn, `create schema one; create schema two;
		create table one.bills (id bigint primary key, paid numeric(9,2) default 0);
		create table two.bills (id bigint primary key, paid numeric(9,2) default 0);
		create table one.longer (id bigint primary key, paid numeric(9,2) default 0, more text);
		create table one.nullable (id bigint, paid numeric(9,2) default 0);
		create table one.free (id bigint primary key, paid numeric(9,2));
		create table one.rounded (id bigint primary key, paid numeric(9,0) default 0);
		create table one.told (id bigint primary key, paid numeric(9,2) default 0);
		comment on column one.told.paid is 'What was paid';
		create table one.dropped (id bigint primary key, gone int, paid numeric(9,2) default 0);
		alter table one.dropped drop gone`)
	l := newLoader(conn, Options{Schemas: []string{"one", "two"}})
	if err := l.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	tables := Build(l.catalog)
	bills := tables.Table(QualifiedName{"one", "bills"})
	for _, other := range append(tables.Tables("one"), tables.Tables("two")...) {
		want := other.Name.Name == "bills"
		if got := oneSlice(other.Columns, bills.Columns); got != want {
			t.Errorf("%v shares its columns with %v: %t", other.Name, bills.Name, got)
		}
		for i := range other.Columns {
			if c := other.Column(other.Columns[i].Name); c != &other.Columns[i] {
				t.Errorf("%v: the column %s is not found by its name", other.Name, other.Columns[i].Name)
			}
		}
	}
}

// TestStoreIsFrugal counts loads of everything. The callback must be called before and after each.
func TestStoreIsFrugal(t *testing.T) {
	begun, ended := make(chan int, 9), make(chan int, 9)
	count := 0
	dsn := pgtest.Database(t, "testdata/relations.sql")
	s, events := startStoreOf(t, StoreOptions{
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) },
		Options: Options{Schemas: []string{"sky"}},
		Frugally: func() func() {
			count++
			number := count
			begun <- number
			return func() { ended <- number }
		},
	})
	next[Published](t, events)
	s.Reload(CauseNotify)
	next[Unchanged](t, events)
	for want := 1; want <= 2; want++ {
		if a, b := <-begun, <-ended; a != want || b != want {
			t.Errorf("load %d: %d calls at its begin, and %d at its end", want, a, b)
		}
	}
}
