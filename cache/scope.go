package cache

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5/pgtype"
)

// scope is what a snapshot depends on, as far as it has to be known to judge a change by itself. It is never changed.
type scope struct {
	*known
	schemas map[string]bool // exposed, and the extra search path
	// placed are the schemas of the relations that matter, but for the exposed ones.
	placed func() map[string]bool
}

// scope returns what the snapshot depends on, nil for everything.
func (l *known) scope() *scope {
	if l == nil {
		return nil
	}
	s := &scope{known: l, schemas: make(map[string]bool)}
	for _, schema := range slices.Concat(l.options.Schemas, l.options.ExtraSearchPath) {
		s.schemas[schema] = true
	}
	s.placed = sync.OnceValue(func() map[string]bool {
		placed := make(map[string]bool)
		for _, schema := range l.homes.all() {
			placed[schema] = true
		}
		return placed
	})
	return s
}

// hasFunction reports whether a function matters, also where it is told with another schema because it was moved there.
func (l *known) hasFunction(oid uint32) bool {
	return l.code.plain[oid] || l.casts[oid] || l.exposedFunctions[oid] || l.naming.has(object{classOfFunctions, oid})
}

// listsFunction reports whether a function is, or was, of an exposed schema, or that of a cast.
func (s *scope) listsFunction(o ChangedObject) bool {
	return o.Schema == "" || slices.Contains(s.options.Schemas, o.Schema) || s.exposedFunctions[o.Oid] || s.casts[o.Oid]
}

// hasRelation reports whether a relation matters, or a sequence or index: one that is known or reached, one of which the
// row type is used or has the name of one of PostgreSQL's types, one that others name, and one that has links to another
// of which one is exposed or reached, or of which a descendant is: it gets the columns.
func (l *known) hasRelation(oid uint32) bool {
	if _, used := l.rowTypes[oid]; used || l.shadowing[oid] || l.relations.has(oid) || l.graph.inside(oid) ||
		l.naming.has(object{classOfRelations, oid}) {
		return true
	}
	near := func(other uint32) bool {
		r := l.relations.at(other)
		return l.graph.inside(other) || r != nil && r.exposed
	}
	return slices.ContainsFunc(l.graph.links.at(oid), func(link link) bool { return near(link.other) }) ||
		slices.ContainsFunc(l.graph.users.at(oid), near) || l.graph.hasDescendant(oid, near)
}

// everyRelation returns all relations of which it can be asked whether they matter, some of them several times.
func (l *known) everyRelation() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		more := true
		each := func(oid uint32) bool {
			more = more && yield(oid)
			return more
		}
		all := []func(){
			func() { keysOf(&l.graph.links)(each) }, func() { keysOf(&l.graph.users)(each) },
			func() { keysOf(&l.graph.total)(each) }, func() { keysOf(&l.relations)(each) },
			func() { maps.Keys(l.rowTypes)(each) }, func() { maps.Keys(l.shadowing)(each) },
			func() { keysOf(&l.naming)(func(what object) bool { return each(what.oid) }) },
		}
		for _, some := range all {
			if some(); !more {
				return
			}
		}
	}
}

// keysOf returns the keys of a map.
func keysOf[K comparable, V any](m *layered[K, V]) iter.Seq[K] {
	return func(yield func(K) bool) {
		for k := range m.all() {
			if !yield(k) {
				return
			}
		}
	}
}

// near returns the relations that may matter since the update: those that were read, others that it has reached, and
// all that these have links with.
func (u *updater) near() iter.Seq[uint32] {
	near := make(map[uint32]bool)
	add := func(oid uint32) {
		near[oid] = true
		for _, l := range u.graph.links.at(oid) {
			near[l.other] = true
		}
		for _, user := range u.graph.users.at(oid) {
			near[user] = true
		}
	}
	for oid := range u.changed {
		add(oid)
	}
	for _, oid := range u.loader.reached {
		add(oid)
	}
	if u.everyRoutine || len(u.touched.functions) > 0 {
		for oid := range u.rowTypes {
			near[oid] = true
		}
	}
	return maps.Keys(near)
}

// readHomes reads the schemas of those of the relations that matter, but for the exposed ones, where they are not
// known.
func (l *loader) readHomes(ctx context.Context, relations iter.Seq[uint32]) error {
	unknown := make(map[uint32]bool)
	for oid := range relations {
		if r := l.relations.at(oid); (r == nil || !r.exposed) && !l.homes.has(oid) && l.hasRelation(oid) {
			unknown[oid] = true
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	asked := [][]byte{l.array(pgtype.OIDArrayOID, slices.Collect(maps.Keys(unknown)))}
	homes := renew(l, func(k *known) *layered[uint32, string] { return &k.homes }, equal)
	err := l.query(ctx, "homes", asked, func(r *row) { homes.set(r.oid(), r.text()) })
	homes.end()
	return err
}
