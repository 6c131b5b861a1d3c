package cache

import (
	"cmp"
	"context"
	"iter"
	"slices"
)

// usage is a use of a relation by its oid.
type usage struct {
	relation uint32
	use      use
}

// spread finds what changes in a graph when some of its relations were read again: which uses are reached now, and what
// the effects of uses are. Its cost depends on how many uses those are, not on the size of the graph.
//
// What is not reached any more is kept as if it was: that costs a load too many, if at all.
type spread struct {
	graph   *graph
	before  *graph
	reached []usage // that were not before
	// changed has the uses whose effects are computed again, in order, and affected the same as a set.
	changed  []usage
	affected map[usage]bool
}

// needs calls do with the uses that a use needs, as [web] has them.
func (g *graph) needs(n usage, do func(usage)) {
	for _, l := range g.links.at(n.relation) {
		switch {
		case n.use == useRead && (l.kind == linkView || l.kind == linkPolicy):
			do(usage{l.other, useRead})
		case (n.use == useInsert || n.use == useChange) && l.kind == linkForeign:
			do(usage{l.other, useRead})
		}
	}
	g.eachUser(n.relation, func(user uint32, l link) {
		switch {
		case l.kind == linkParent && n.use != useWrite:
			do(usage{user, n.use})
		case l.kind == linkForeign && n.use == useChange && l.cascades:
			do(usage{user, useChange})
		case l.kind == linkForeign && n.use == useChange:
			do(usage{user, useRead})
		}
	})
	if (n.use == useInsert || n.use == useChange) && !g.isForeignChild(n.relation) {
		do(usage{n.relation, useRead})
		do(usage{n.relation, useWrite})
	}
}

// needing calls do with the uses that need a use.
func (g *graph) needing(n usage, do func(usage)) {
	for _, l := range g.links.at(n.relation) {
		switch {
		case l.kind == linkParent && n.use != useWrite:
			do(usage{l.other, n.use})
		case l.kind == linkForeign && (l.cascades && n.use == useChange || !l.cascades && n.use == useRead):
			do(usage{l.other, useChange})
		}
	}
	if n.use == useRead {
		g.eachUser(n.relation, func(user uint32, l link) {
			switch l.kind {
			case linkView, linkPolicy:
				do(usage{user, useRead})
			case linkForeign:
				do(usage{user, useInsert})
				do(usage{user, useChange})
			}
		})
	}
	if (n.use == useRead || n.use == useWrite) && !g.isForeignChild(n.relation) {
		do(usage{n.relation, useInsert})
		do(usage{n.relation, useChange})
	}
}

// eachUser calls do with the links that lead to a relation, some of them several times.
func (g *graph) eachUser(relation uint32, do func(user uint32, l link)) {
	for _, user := range g.users.at(relation) {
		for _, l := range g.links.at(user) {
			if l.other == relation {
				do(user, l)
			}
		}
	}
}

// isForeignChild reports whether a relation is inserted into and changed without anything of its own being run here.
func (g *graph) isForeignChild(relation uint32) bool {
	return slices.ContainsFunc(g.links.at(relation), func(l link) bool { return l.kind == linkParent && !writable(l.child) })
}

// reach marks what is reached from the roots, and from relations whose links were read again.
func (s *spread) reach(roots []root, read []uint32) {
	var open []usage
	visit := func(n usage) {
		if t := s.graph.total.at(n.relation); !t.has(n.use) {
			s.graph.total.set(n.relation, t.with(n.use, 0))
			s.reached, open = append(s.reached, n), append(open, n)
		}
	}
	again := func(relation uint32) {
		for u := range use(uses) {
			if s.graph.total.at(relation).has(u) {
				open = append(open, usage{relation, u})
			}
		}
	}
	for _, r := range roots {
		visit(usage{r.relation, useRead})
		if writable(r.kind) {
			visit(usage{r.relation, useInsert})
			visit(usage{r.relation, useChange})
		}
	}
	for _, relation := range read {
		again(relation)
		for _, l := range s.graph.links.at(relation) {
			again(l.other)
		}
	}
	for len(open) > 0 {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		s.graph.needs(n, visit)
	}
}

// find finds the uses whose effects may differ from those before: of what was read, whatever has other links or effects
// of its own, and all that needs it.
func (s *spread) find(read []uint32) {
	s.affected = make(map[usage]bool)
	for _, n := range s.reached {
		s.add(n)
	}
	for _, relation := range read {
		was, now := s.before.links.at(relation), s.graph.links.at(relation)
		if !sameLinkSet(was, now) {
			for _, l := range slices.Concat(was, now) {
				s.addEnds(relation, l)
			}
		}
		if s.before.own.at(relation) != s.graph.own.at(relation) {
			s.add(usage{relation, useRead})
			s.add(usage{relation, useWrite})
		}
	}
	for next := 0; next < len(s.changed); next++ {
		s.graph.needing(s.changed[next], s.add)
	}
}

// add adds a use if it is reached.
func (s *spread) add(n usage) {
	if !s.affected[n] && s.graph.total.at(n.relation).has(n.use) {
		s.affected[n] = true
		s.changed = append(s.changed, n)
	}
}

// addEnds adds the uses that need others because of a link, or of its end.
func (s *spread) addEnds(relation uint32, l link) {
	s.add(usage{relation, useRead})
	s.add(usage{relation, useInsert})
	s.add(usage{relation, useChange})
	s.add(usage{l.other, useChange})
	if l.kind == linkParent {
		s.add(usage{l.other, useRead})
		s.add(usage{l.other, useInsert})
	}
}

// settle computes the effects of the uses that were found.
func (s *spread) settle() {
	g := s.graph
	for _, n := range s.changed {
		g.total.set(n.relation, g.total.at(n.relation).with(n.use, g.own.at(n.relation).of(n.use)))
	}
	open := slices.Clone(s.changed)
	for len(open) > 0 { // until a fixed point: effects only grow
		n := open[len(open)-1]
		open = open[:len(open)-1]
		t := g.total.at(n.relation)
		sum := t.of(n.use)
		g.needs(n, func(needed usage) { sum |= g.total.at(needed.relation).of(needed.use) })
		if sum == t.of(n.use) {
			continue
		}
		g.total.set(n.relation, t.with(n.use, sum))
		g.needing(n, func(user usage) {
			if s.affected[user] {
				open = append(open, user)
			}
		})
	}
}

// sameLinkSet reports whether there are the same links, in any order.
func sameLinkSet(a, b []link) bool {
	if len(a) != len(b) {
		return false
	}
	order := func(x, y link) int {
		return cmp.Or(cmp.Compare(x.other, y.other), cmp.Compare(x.kind, y.kind), compareBools(x.cascades, y.cascades),
			cmp.Compare(x.child, y.child))
	}
	return slices.Equal(slices.SortedFunc(slices.Values(a), order), slices.SortedFunc(slices.Values(b), order))
}

// purity reads what runs when the relations that change are read and written, and what changes with that for others.
func (u *updater) purity(ctx context.Context) error {
	s := &spread{graph: &u.graph, before: &u.before.graph}
	s.reach(u.roots(), u.only)
	asked := make([]uint32, 0, len(u.only))
	for _, oid := range u.only {
		if u.graph.inside(oid) {
			asked = append(asked, oid)
		}
	}
	for _, n := range s.reached {
		if n.use == useRead && !u.changed[n.relation] {
			asked = append(asked, n.relation)
		}
		u.reached = append(u.reached, n.relation)
	}
	if err := u.ownEffects(ctx, asked); err != nil || !u.knowsPurity() {
		return err
	}
	s.find(u.only)
	s.settle()
	for _, n := range s.changed {
		u.setEffects(n.relation)
	}
	for oid := range u.fresh {
		u.setEffects(oid)
	}
	return nil
}

// hasDescendant reports whether a relation has a descendant, by inheritance, by partitioning or because that is made of the
// type, of which is returns true.
func (g *graph) hasDescendant(relation uint32, is func(uint32) bool) bool {
	for range g.descendants(relation, is) {
		return true
	}
	return false
}

// descendants returns those descendants of a relation of which is returns true.
func (g *graph) descendants(relation uint32, is func(uint32) bool) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		open, seen := []uint32{relation}, make(map[uint32]bool)
		for len(open) > 0 {
			parent := open[len(open)-1]
			open = open[:len(open)-1]
			for _, user := range g.users.at(parent) {
				if seen[user] || !slices.ContainsFunc(g.links.at(user), func(l link) bool {
					return l.other == parent && (l.kind == linkParent || l.kind == linkType)
				}) {
					continue
				}
				if seen[user] = true; is(user) && !yield(user) {
					return
				}
				open = append(open, user)
			}
		}
	}
}
