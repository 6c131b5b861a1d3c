package cache

import (
	"math/rand/v2"
	"testing"
)

// TestSpreadEqualsWeb changes random graphs, relation by relation. Afterwards the effects of the roots' uses must equal
// those computed from the whole graph.
func TestSpreadEqualsWeb(t *testing.T) {
	const relations = 12
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 0))
		kinds := make([]byte, relations)
		for i := range kinds {
			kinds[i] = "rrrrpvf"[r.IntN(7)]
		}
		g := newGraph()
		g.computeAll(kinds)
		for step := range 40 {
			before := g
			g = before.clone()
			read := []uint32{uint32(r.IntN(relations)), uint32(r.IntN(relations))}
			for _, relation := range read {
				g.unlink(relation)
				for range r.IntN(4) {
					g.addLink(relation, randomLink(r, relations, kinds[relation]))
				}
				g.own.set(relation, ownEffects{read: effect(r.IntN(3) / 2 << r.IntN(3)), write: effect(r.IntN(3) / 2 << r.IntN(3))})
			}
			s := spread{graph: &g, before: &before}
			s.reach(rootsOf(kinds), read)
			s.find(read)
			s.settle()
			g.compareWithWeb(t, seed, step, kinds)
			if t.Failed() {
				return
			}
		}
	}
}

func randomLink(r *rand.Rand, relations int, kind byte) link {
	return link{
		kind: "vphft"[r.IntN(5)], other: uint32(r.IntN(relations)), cascades: r.IntN(2) == 0, child: kind,
	}
}

// rootsOf returns two thirds of the relations as roots.
func rootsOf(kinds []byte) []root {
	var roots []root
	for i, kind := range kinds {
		if i%3 != 0 {
			roots = append(roots, root{uint32(i), kind})
		}
	}
	return roots
}

// computeAll computes everything at once.
func (g *graph) computeAll(kinds []byte) {
	w := g.web(rootsOf(kinds))
	reached := w.reach(rootsOf(kinds))
	total := w.effects(&g.own, reached)
	for _, n := range reached {
		relation := w.relations[n/uses]
		g.total.set(relation, g.total.at(relation).with(n.use(), total[n]))
	}
}

// compareWithWeb compares the known effects of all uses that roots lead to with those computed from the whole graph.
func (g *graph) compareWithWeb(t *testing.T, seed uint64, step int, kinds []byte) {
	t.Helper()
	w := g.web(rootsOf(kinds))
	reached := w.reach(rootsOf(kinds))
	total := w.effects(&g.own, reached)
	for _, n := range reached {
		relation, u := w.relations[n/uses], n.use()
		if got := g.total.at(relation); !got.has(u) || got.of(u) != total[n] {
			t.Errorf("seed %d, step %d: use %d of relation %d: got %+v, want %b", seed, step, u, relation, got, total[n])
		}
	}
}
