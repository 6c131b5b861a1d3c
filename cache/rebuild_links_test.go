package cache

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// world is what catalogs are made of: few names, so that everything meets.
type world struct {
	tables   map[QualifiedName][]string // with their primary keys
	keys     map[string]ForeignKey
	views    map[QualifiedName][]ViewColumn // the columns of tables that they show
	computed map[QualifiedName]ComputedRelationship
}

// catalog returns what a load would find, in its order.
func (w *world) catalog() *Catalog {
	c := &Catalog{Schemas: []string{"api", "two"}}
	for name, key := range w.tables {
		if name.Schema == "hid" {
			if len(key) > 0 {
				c.HiddenKeys = append(c.HiddenKeys, PrimaryKey{name, key})
			}
			continue
		}
		c.Tables = append(c.Tables, &Table{Name: name, PrimaryKey: key})
	}
	for _, k := range w.keys {
		c.ForeignKeys = append(c.ForeignKeys, k)
	}
	for name, columns := range w.views {
		c.Tables = append(c.Tables, &Table{Name: name, Kind: KindView, Description: fmt.Sprint(len(columns))})
		c.ViewColumns = append(c.ViewColumns, columns...)
	}
	for _, r := range w.computed {
		c.ComputedRelationships = append(c.ComputedRelationships, r)
	}
	slices.SortFunc(c.Tables, func(a, b *Table) int { return a.Name.Compare(b.Name) })
	slices.SortFunc(c.ForeignKeys, compareForeignKeys)
	slices.SortFunc(c.HiddenKeys, comparePrimaryKeys)
	slices.SortStableFunc(c.ViewColumns, func(a, b ViewColumn) int { return a.View.Compare(b.View) })
	slices.SortFunc(c.ComputedRelationships, func(a, b ComputedRelationship) int { return a.Function.Compare(b.Function) })
	return c
}

// change changes something at random.
func (w *world) change(g *rand.Rand) {
	schemas, columns := []string{"api", "two", "hid"}, []string{"a", "b", "c"}
	table := func() QualifiedName { return QualifiedName{schemas[g.IntN(3)], fmt.Sprint("t", g.IntN(3))} }
	view := func() QualifiedName { return QualifiedName{schemas[g.IntN(2)], fmt.Sprint("v", g.IntN(4))} }
	some := func() []string { at := g.IntN(3); return columns[at : at+1+g.IntN(3-at)/2] }
	switch name := table(); g.IntN(16) {
	case 0, 1: // a table comes, or gets another key
		w.tables[name] = append([]string(nil), columns[:min(3, g.IntN(6))]...)
	case 2: // a table goes, and what needs it
		if g.IntN(4) == 0 {
			w.drop(name)
		}
	case 3, 4, 5, 6, 7: // a foreign key comes, or is another one
		k := fmt.Sprint("k", g.IntN(20))
		delete(w.keys, k)
		foreign := table()
		if from, to := some(), some(); w.has(name) && w.has(foreign) && len(from) == len(to) {
			w.keys[k] = ForeignKey{k, name, foreign, pairColumns(from, to), g.IntN(4) == 0}
		}
	case 8:
		delete(w.keys, fmt.Sprint("k", g.IntN(20)))
	case 9, 10, 11: // a view comes, or shows other columns
		v := view()
		delete(w.views, v)
		var shown []ViewColumn
		for i := range g.IntN(10) {
			if base := table(); w.has(base) {
				shown = append(shown, ViewColumn{v, fmt.Sprint("x", i), base, columns[g.IntN(3)]})
			}
		}
		w.views[v] = shown
	case 12:
		delete(w.views, view())
	default: // a function comes or goes
		f := QualifiedName{schemas[g.IntN(3)], fmt.Sprint("t", g.IntN(4))}
		delete(w.computed, f)
		if foreign := table(); g.IntN(2) == 0 && w.has(name) && w.has(foreign) {
			w.computed[f] = ComputedRelationship{f, name, foreign, g.IntN(2) == 0}
		}
	}
}

func (w *world) has(table QualifiedName) bool {
	_, has := w.tables[table]
	return has
}

func (w *world) drop(table QualifiedName) {
	delete(w.tables, table)
	for name, k := range w.keys {
		if k.Table == table || k.Foreign == table {
			delete(w.keys, name)
		}
	}
	for name, columns := range w.views {
		if slices.ContainsFunc(columns, func(c ViewColumn) bool { return c.Table == table }) {
			delete(w.views, name)
		}
	}
	for name, r := range w.computed {
		if r.Table == table || r.Foreign == table {
			delete(w.computed, name)
		}
	}
}

// TestRebuildEqualsBuild changes catalogs at random, and compares snapshots that follow the changes with those that are
// built of the whole catalog.
func TestRebuildEqualsBuild(t *testing.T) {
	steps := *updateSteps * 40
	if testing.Short() {
		steps = min(steps, 600)
	}
	g := rand.New(rand.NewPCG(*updateSeed, 2))
	w := &world{
		make(map[QualifiedName][]string), make(map[string]ForeignKey),
		make(map[QualifiedName][]ViewColumn), make(map[QualifiedName]ComputedRelationship),
	}
	before := w.catalog()
	snapshot, junctions := Build(before), 0
	for step := range steps {
		for range 1 + g.IntN(3) {
			w.change(g)
		}
		catalog := w.catalog()
		next := rebuild(snapshot, before, catalog)
		got, want := flattened(next), flattened(Build(w.catalog()))
		if reflect.DeepEqual(got, want) {
			snapshot, before = next, catalog
			for _, list := range next.relationships.all() {
				if slices.ContainsFunc(list, func(r *Relationship) bool { return r.Cardinality == ManyToMany }) {
					junctions++
				}
			}
			continue
		}
		for name, table := range want.tables.all() {
			if !reflect.DeepEqual(got.Table(name), table) {
				t.Errorf("got %+v, want %+v", got.Table(name), table)
			}
		}
		for key, list := range want.relationships.all() {
			if !reflect.DeepEqual(got.relationships.at(key), list) {
				t.Errorf("%v: got %+v, want %+v", key, got.relationships.at(key), list)
			}
		}
		t.Fatalf("seed %d, step %d: of the catalog\n%+v\ncomes\n%+v", *updateSeed, step, before, catalog)
	}
	t.Logf("%d times, relations were related through junctions", junctions)
}
