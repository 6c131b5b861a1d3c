package cache

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// TestLayeredEqualsMap changes clones of clones as plain maps are: each has what its map has, also after large maps were
// made anew, and those that were cloned keep what they had.
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
		t.Errorf("%d maps were made anew, %d were layered", folded, layers)
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
