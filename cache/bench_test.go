package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// bigSchemaSQL creates tables of twenty columns, each with a primary key, a reference to the previous table, and
// defaults.
const bigSchemaSQL = `
create schema sky;
do $$ begin
  for i in 1 .. %d loop
    execute format('create table sky.t%%s (id integer primary key, ref integer %%s, name varchar(40) not null '
      'default ''x'', seen timestamptz default now(), price numeric(10, 2), ok boolean, doc jsonb, code uuid, '
      'a text, b text, c text, d text, e text, f text, g text, h text, i bigint, j bigint, k bigint, l bigint)',
      i, case when i > 1 then 'references sky.t' || (i - 1) end);
    if i %% 10 = 0 then
      execute format('create view sky.v%%s as select id, ref, name from sky.t%%s', i, i);
    end if;
  end loop;
end $$;
analyze`

// BenchmarkLoad loads 1,000 tables of 20 columns and 100 views from a database.
func BenchmarkLoad(b *testing.B) {
	file := filepath.Join(b.TempDir(), "big.sql")
	if err := os.WriteFile(file, fmt.Appendf(nil, bigSchemaSQL, 1000), 0o600); err != nil {
		b.Fatal(err)
	}
	conn := pgtest.Conn(b, pgtest.Database(b, file))
	b.ReportAllocs()
	for b.Loop() {
		c, err := Load(b.Context(), conn, Options{Schemas: []string{"sky"}})
		if err != nil {
			b.Fatal(err)
		}
		if s := Build(c); len(s.Tables("sky")) != 1100 {
			b.Fatalf("%d relations", len(s.Tables("sky")))
		}
	}
}

// bigCatalog returns a catalog of tables with ten columns. Each references the previous one; every tenth has a view,
// and every tenth is a junction.
func bigCatalog(tables int) *Catalog {
	c := &Catalog{Schemas: []string{"api"}}
	for i := range tables {
		name := api(fmt.Sprint("t", i))
		columns := make([]Column, 10)
		for j := range columns {
			columns[j] = Column{Name: fmt.Sprint("c", j), Type: "text", NominalType: "text"}
		}
		c.Tables = append(c.Tables, &Table{Name: name, Columns: columns, PrimaryKey: []string{"id"}})
		if i == 0 {
			continue
		}
		before := api(fmt.Sprint("t", i-1))
		c.ForeignKeys = append(c.ForeignKeys, key(fmt.Sprint("k", i), name, "ref", before))
		switch i % 10 {
		case 0:
			c.ViewColumns = append(c.ViewColumns, shows(api(fmt.Sprint("v", i)), name, ColumnPair{"id", "id"})...)
		case 5:
			c.Tables[i].PrimaryKey = []string{"ref", "other"}
			c.ForeignKeys = append(c.ForeignKeys, key("other", name, "other", api("t0")))
		}
	}
	slices.SortFunc(c.Tables, func(a, b *Table) int { return a.Name.Compare(b.Name) })
	return c
}

// BenchmarkBuild infers a snapshot of 10,000 tables, and reports the memory that it holds beside the catalog.
func BenchmarkBuild(b *testing.B) {
	c := bigCatalog(10_000)
	var s *Snapshot
	b.ReportAllocs()
	before := heap()
	for b.Loop() {
		s = Build(c)
	}
	b.ReportMetric((heap()-before)/1e6, "MB-held")
	runtime.KeepAlive(s)
	runtime.KeepAlive(c)
}

// heap returns the bytes in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func BenchmarkTable(b *testing.B) {
	s := Build(bigCatalog(10_000))
	b.ReportAllocs()
	for b.Loop() {
		if s.Table(QualifiedName{"api", "t4711"}).Column("c7") == nil {
			b.Fatal("not found")
		}
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	s := Build(bigCatalog(20))
	allocations := testing.AllocsPerRun(100, func() {
		s.Table(api("t7")).Column("c7")
		s.Relationships(api("t7"), "api")
		s.Routines(api("f"))
		s.Representation("json", "text")
		s.Handler(QualifiedName{}, "text/csv")
		s.RelationNames("api")
		s.RelationNames("absent")
	})
	if allocations != 0 {
		t.Errorf("lookups allocate %v times", allocations)
	}
}
