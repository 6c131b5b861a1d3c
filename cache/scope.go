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
	l.eachRelation(func(oid uint32) { s.relations[oid] = true })
	for what := range l.naming {
		if what.class == classOfFunctions {
			s.functions[what.oid] = true
		}
	}
	maps.Copy(s.functions, l.casts)
	maps.Copy(s.functions, l.exposedFunctions)
	for _, schema := range l.homes {
		s.homes[schema] = true
	}
	return s
}

// eachRelation calls do with the relations that matter, some of them several times: those that are known or reached, those
// that have links to them, those whose row types are used, and those that others name.
func (l *known) eachRelation(do func(oid uint32)) {
	inside := func(oid uint32) bool {
		r := l.relations[oid]
		return l.inside[oid] || r != nil && r.exposed
	}
	for relation, links := range l.graph.links {
		for _, link := range links {
			if inside(relation) || inside(link.other) {
				do(relation)
				do(link.other)
			}
		}
	}
	for oid := range l.inside {
		do(oid)
	}
	for oid := range l.relations {
		do(oid)
	}
	for oid := range l.rowTypes {
		do(oid)
	}
	for what := range l.naming {
		if what.class == classOfRelations {
			do(what.oid)
		}
	}
}

// readHomes reads the schemas of the relations that matter, but for the exposed ones, where they are not known.
func (l *loader) readHomes(ctx context.Context) error {
	unknown := make(map[uint32]bool)
	l.eachRelation(func(oid uint32) {
		if r := l.relations[oid]; r == nil || !r.exposed {
			if _, ok := l.homes[oid]; !ok {
				unknown[oid] = true
			}
		}
	})
	if len(unknown) == 0 {
		return nil
	}
	asked := [][]byte{l.array(pgtype.OIDArrayOID, slices.Collect(maps.Keys(unknown)))}
	return l.query(ctx, "homes", asked, func(r *row) { l.homes[r.oid()] = r.text() })
}
