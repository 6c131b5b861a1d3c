package cache

import (
	"maps"
	"slices"
)

// doubt is what a snapshot may be wrong about, because of changes that were announced after its load began. Values are
// never changed.
type doubt struct {
	// all is set if it may be wrong about anything, casts if a type of users may have got the name of one of PostgreSQL's.
	all, casts bool
	// relations are those that may run other code than the snapshot says, and how they must be used for that.
	relations map[QualifiedName]Access
	// followed are the relations that were touched and followed to them.
	followed map[uint32]bool
}

// concerns reports whether a statement may run other code than the snapshot says.
func (d *doubt) concerns(u *Uses) bool {
	if d.all || d.casts && u.Casts {
		return true
	}
	if len(d.relations) == 0 {
		return false
	}
	for i := range u.Relations {
		if r := &u.Relations[i]; d.relations[r.Table.Name]&r.Access != 0 {
			return true
		}
	}
	return false
}

// with returns the doubt after one more change, judged by what the snapshot depends on, which is nil if that is not
// known.
//
// Which code a statement runs depends on the relations that it uses, and on those that these lead to. As long as
// neither they nor any function that is known to be harmless is touched, they lead where they did when they were
// loaded. Privileges do not matter: what is executed is the same, or refused.
func (d doubt) with(s *scope, c Change) doubt {
	if s == nil {
		d.all = true
	}
	if d.all || c.sought != nil && c.sought.servedBy(s) {
		return d
	}
	touched, related := []uint32(nil), false
	for _, o := range c.Objects {
		switch v := s.judge(c.Command, o); {
		case v == someRelation:
			related, d.casts = true, true
		case v == someFunction:
			d.all = d.all || s.trusts(o.Oid)
			touched = append(touched, s.naming.at(object{o.Class, o.Oid})...)
		case v == someType && (c.Command == "CREATE TYPE" || c.Command == "CREATE DOMAIN"):
			d.casts = true
		case v == someType, v == everything:
			d.all = true
		}
	}
	for _, o := range c.Objects { // as in touched.add
		if related && o.Class == classOfRelations {
			touched = append(touched, o.Oid)
			touched = append(touched, s.naming.at(object{o.Class, o.Oid})...)
		}
	}
	return d.spread(s.known, touched)
}

// trusts reports whether code that counts as PostgreSQL's own may call a function.
func (l *known) trusts(function uint32) bool { return l.code.plain[function] || l.casts[function] }

// maxFollowed bounds how many relations that were touched are followed. More are touched by migrations, which do not
// last.
const maxFollowed = 64

// spread adds relations that were touched, and those that lead to them.
func (d doubt) spread(l *known, touched []uint32) doubt {
	touched = l.leading(touched)
	touched = slices.DeleteFunc(touched, func(oid uint32) bool { return d.followed[oid] })
	switch {
	case d.all, len(touched) == 0:
		return d
	case len(d.followed)+len(touched) > maxFollowed:
		return doubt{all: true}
	}
	reached, complete := l.graph.reached(touched)
	if !complete {
		return doubt{all: true}
	}
	followed, relations := maps.Clone(d.followed), maps.Clone(d.relations)
	if followed == nil {
		followed, relations = make(map[uint32]bool), make(map[QualifiedName]Access)
	}
	for _, oid := range touched {
		followed[oid] = true
	}
	for oid, access := range reached {
		if r := l.relations.at(oid); r != nil && r.exposed {
			relations[r.name] |= access
		}
	}
	d.followed, d.relations = followed, relations
	return d
}

// leading returns those of some relations that are exposed or may be looked at for others that are, and, of others, the
// descendants of which that is true: these get their columns.
func (l *known) leading(relations []uint32) []uint32 {
	var leading []uint32
	for _, oid := range relations {
		if l.leadsTo(oid) {
			leading = append(leading, oid)
		} else {
			leading = slices.AppendSeq(leading, l.graph.descendants(oid, l.leadsTo))
		}
	}
	return leading
}

// leadsTo reports whether a relation is exposed, or may be looked at for one that is.
func (l *known) leadsTo(oid uint32) bool { return l.graph.inside(oid) || l.relations.at(oid) != nil }

// maxReached bounds how many uses of relations lead to those that were touched.
const maxReached = 10_000

// reached returns how relations must be used to reach, by their links, some that were touched. It reports false if
// these are too many.
func (g *graph) reached(touched []uint32) (reached map[uint32]Access, complete bool) {
	seen := make(map[usage]bool, uses*len(touched))
	var open []usage
	visit := func(n usage) {
		if !seen[n] {
			seen[n] = true
			open = append(open, n)
		}
	}
	for _, oid := range touched {
		for u := range use(uses) {
			visit(usage{oid, u})
		}
	}
	for len(open) > 0 && len(seen) <= maxReached {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		g.needing(n, visit)
	}
	reached = make(map[uint32]Access, len(seen))
	for n := range seen {
		reached[n.relation] |= n.use.access()
	}
	return reached, len(open) == 0
}

// access returns how a statement uses a relation that is used so, 0 if that is a part of another use.
func (u use) access() Access {
	switch u {
	case useRead:
		return Reads
	case useInsert:
		return Inserts
	case useChange:
		return Changes
	default:
		return 0
	}
}
