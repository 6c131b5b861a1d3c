package cache

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLayeredEqualsMap makes the same changes to plain maps and to clones of layered ones. Each clone must equal its
// map, also after its layers were merged, and what it was cloned from must not change.
func TestLayeredEqualsMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	m, want := newLayered[int, int](), make(map[int]int)
	var folded, layers int
	for range 3000 {
		was, had := m, maps.Clone(want)
		if r.IntN(3) > 0 {
			m = m.clone()
			if m.differs == nil {
				folded++
			} else {
				layers++
			}
			for range r.IntN(6) {
				if k := r.IntN(300); r.IntN(2) == 0 {
					m.remove(k)
					delete(want, k)
				} else {
					m.set(k, r.Int())
					want[k] = m.at(k)
				}
			}
			requireMap(t, &was, had)
		}
		requireMap(t, &m, want)
		if t.Failed() {
			return
		}
	}
	if folded == 0 || layers == 0 {
		t.Errorf("layers were merged %d times, and added %d times", folded, layers)
	}
}

func requireMap(t *testing.T, m *layered[int, int], want map[int]int) {
	t.Helper()
	if !maps.Equal(m.flat(), want) || m.len() != len(want) || !maps.Equal(m.whole().base, want) {
		t.Errorf("got %v of length %d, want %v", m.flat(), m.len(), want)
	}
	for k := range 300 {
		v, ok := m.get(k)
		if wanted, there := want[k]; ok != there || v != wanted || m.has(k) != there || m.at(k) != wanted {
			t.Errorf("key %d: got %d, %t, want %d, %t", k, v, ok, wanted, there)
		}
	}
}

// TestAddTables replaces relations in lists. The result must be sorted and have the relations that were read in place
// of the stale ones.
func TestAddTables(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	for range 2000 {
		var before []*Table
		want := make(map[QualifiedName]*Table)
		l := &loader{fresh: make(map[uint32]*Table), known: known{catalog: &Catalog{}}}
		for i := range uint32(12) {
			name := api(string(rune('a' + i)))
			kept, stale, fresh := r.IntN(2) == 0, r.IntN(4) == 0, r.IntN(4) == 0
			if was := table(name); kept || stale {
				if stale {
					l.stale = append(l.stale, len(before))
				} else {
					want[name] = was
				}
				before, l.served = append(before, was), append(l.served, i+uint32(r.IntN(2))*100)
			}
			if fresh && (stale || !kept) {
				l.fresh[i] = table(name)
				want[name] = l.fresh[i]
			}
		}
		l.catalog.Tables = slices.Clone(before)
		given := l.catalog.Tables
		l.addTables()
		if !slices.Equal(given, before) {
			t.Fatal("the list of the previous load was changed")
		}
		found := l.catalog.Tables
		if len(found) != len(want) || len(l.served) != len(want) || !slices.IsSortedFunc(found, func(a, b *Table) int { return a.Name.Compare(b.Name) }) {
			t.Fatalf("%d relations, %d oids instead of %d", len(found), len(l.served), len(want))
		}
		for i, table := range found {
			if want[table.Name] != table || l.fresh[l.served[i]] != nil && l.fresh[l.served[i]] != table {
				t.Fatalf("wrong relation %s", table.Name)
			}
		}
	}
}
