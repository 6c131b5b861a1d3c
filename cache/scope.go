package cache

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// scope returns what the snapshot depends on, nil for everything.
func (l *known) scope() *scope {
	if l == nil {
		return nil
	}
	s := &scope{
		schemas: make(map[string]bool), relations: make(map[uint32]bool, len(l.inside)),
		functions: maps.Clone(l.code.plain), typed: l.typed, dynamic: l.dynamic,
		homes: make(map[string]bool),
	}
	for _, schema := range slices.Concat(l.options.Schemas, l.options.ExtraSearchPath) {
		s.schemas[schema] = true
	}
	l.addRelations(s.relations)
	for what := range l.naming {
		if what.class == classOfFunctions {
			s.functions[what.oid] = true
		}
	}
	maps.Copy(s.functions, l.casts)
	maps.Copy(s.functions, l.exposedFunctions)
	for oid := range s.relations {
		s.homes[l.homes[oid]] = true
	}
	return s
}

// addRelations adds the relations that matter: those that are known or reached, those that have links to them, and
// those whose row types are used.
func (l *known) addRelations(relations map[uint32]bool) {
	inside := func(oid uint32) bool {
		r := l.relations[oid]
		return l.inside[oid] || r != nil && r.exposed
	}
	for relation, links := range l.graph.links {
		for _, link := range links {
			if inside(relation) || inside(link.other) {
				relations[relation], relations[link.other] = true, true
			}
		}
	}
	maps.Copy(relations, l.inside)
	for oid := range l.relations {
		relations[oid] = true
	}
	for oid := range l.rowTypes {
		relations[oid] = true
	}
	for what := range l.naming {
		if what.class == classOfRelations {
			relations[what.oid] = true
		}
	}
}

// readHomes reads the schemas of the relations that matter, but for the exposed ones, where they are not known.
func (l *loader) readHomes(ctx context.Context) error {
	matter := make(map[uint32]bool, len(l.inside))
	l.addRelations(matter)
	var unknown []uint32
	for oid := range matter {
		if r := l.relations[oid]; r == nil || !r.exposed {
			if _, ok := l.homes[oid]; !ok {
				unknown = append(unknown, oid)
			}
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return l.query(ctx, "homes", [][]byte{l.array(pgtype.OIDArrayOID, unknown)}, func(r *row) { l.homes[r.oid()] = r.text() })
}
