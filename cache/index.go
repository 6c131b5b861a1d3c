package cache

import (
	"maps"
	"slices"
	"strings"
)

// schemaIndex lists what an exposed schema has, sorted by name.
type schemaIndex struct {
	tables        []*Table
	relationNames []string
	routines      []*Routine
	routineNames  []string
	sources       []string
}

// Tables returns the relations of a schema, sorted by name. The caller must not change the slice.
func (s *Snapshot) Tables(schema string) []*Table {
	if s.stored != nil {
		return s.stored.tablesOf(schema)
	}
	return s.index(schema).tables
}

// RelationNames returns the names of the relations of a schema, sorted. The caller must not change the slice.
func (s *Snapshot) RelationNames(schema string) []string { return s.index(schema).relationNames }

// AllRoutines returns the routines of a schema, sorted by name, overloads in the order of [Snapshot.Routines]. The
// caller must not change the slice.
func (s *Snapshot) AllRoutines(schema string) []*Routine {
	if s.stored != nil {
		return s.stored.routinesOf(schema)
	}
	return s.index(schema).routines
}

// RoutineNames returns the names of the routines of a schema, sorted, overloads once. The caller must not change the
// slice.
func (s *Snapshot) RoutineNames(schema string) []string { return s.index(schema).routineNames }

// RelationshipSources returns the names of the relations that have an entry for foreignSchema in
// [Snapshot.Relationships], sorted. The caller must not change the slice.
func (s *Snapshot) RelationshipSources(foreignSchema string) []string {
	return s.index(foreignSchema).sources
}

// index returns the lists of a schema, empty ones for a schema that is not exposed.
func (s *Snapshot) index(schema string) *schemaIndex {
	if s.stored != nil {
		return s.stored.names(schema)
	}
	if index := s.schemas[schema]; index != nil {
		return index
	}
	return &noIndex
}

// noIndex is the index of schemas that are not exposed.
var noIndex schemaIndex

// indexSchemas lists what the snapshot's maps hold, schema by schema.
func indexSchemas(s *Snapshot) map[string]*schemaIndex {
	schemas := make(map[string]*schemaIndex, len(s.Schemas))
	for _, schema := range s.Schemas {
		schemas[schema] = &schemaIndex{}
	}
	for name, t := range s.tables.all() {
		schemas[name.Schema].tables = append(schemas[name.Schema].tables, t)
	}
	collectRoutines(s, schemas)
	for key := range s.relationships.all() {
		index := schemas[key.foreignSchema]
		index.sources = append(index.sources, key.table.Name)
	}
	for schema, index := range schemas {
		index.sort(s, schema)
	}
	return schemas
}

// sort brings what was collected in any order into order.
func (i *schemaIndex) sort(s *Snapshot, schema string) {
	slices.SortFunc(i.tables, func(a, b *Table) int { return strings.Compare(a.Name.Name, b.Name.Name) })
	i.relationNames = slices.Grow(i.relationNames, len(i.tables))
	for _, t := range i.tables {
		i.relationNames = append(i.relationNames, t.Name.Name)
	}
	i.sortRoutines(s, schema)
	slices.Sort(i.sources)
	i.sources = slices.Compact(i.sources)
}

// collectRoutines adds the names of the routines to the lists of their schemas.
func collectRoutines(s *Snapshot, schemas map[string]*schemaIndex) {
	for name := range s.routines {
		schemas[name.Schema].routineNames = append(schemas[name.Schema].routineNames, name.Name)
	}
}

// sortRoutines lists the routines whose names were collected.
func (i *schemaIndex) sortRoutines(s *Snapshot, schema string) {
	slices.Sort(i.routineNames)
	for _, name := range i.routineNames {
		i.routines = append(i.routines, s.routines[QualifiedName{schema, name}]...)
	}
}

// reindexRoutines returns the lists of a snapshot that differs from another one, whose lists are old, in nothing but
// routines.
func reindexRoutines(s *Snapshot, old map[string]*schemaIndex) map[string]*schemaIndex {
	schemas := make(map[string]*schemaIndex, len(old))
	for schema, index := range old {
		own := *index
		own.routineNames, own.routines = nil, nil
		schemas[schema] = &own
	}
	collectRoutines(s, schemas)
	for schema, index := range schemas {
		index.sortRoutines(s, schema)
	}
	return schemas
}

// reindexTables returns the lists of a snapshot whose tables differ from those of an old one, and nothing else does.
func reindexTables(old *Snapshot, changed []tableChange) map[string]*schemaIndex {
	schemas := maps.Clone(old.schemas)
	copied := make(map[string]bool)
	for _, c := range changed {
		index := schemas[c.name.Schema]
		if index == nil {
			continue // not exposed
		}
		if !copied[c.name.Schema] {
			copied[c.name.Schema] = true
			own := *index
			own.tables = slices.Clone(index.tables)
			schemas[c.name.Schema], index = &own, &own
		}
		index.replace(c.name.Name, c.table)
	}
	return schemas
}

// replace puts a relation in the place of the one that has the name, if there is one. Nil removes that. The list of
// names is made anew if there are others then.
func (i *schemaIndex) replace(name string, t *Table) {
	at, found := slices.BinarySearch(i.relationNames, name)
	switch {
	case found && t != nil:
		i.tables[at] = t
	case found:
		if i.tables = slices.Delete(i.tables, at, at+1); len(i.tables) == 0 {
			i.tables = nil
		}
		i.relationNames = slices.Concat(i.relationNames[:at], i.relationNames[at+1:])
	case t != nil:
		i.tables = slices.Insert(i.tables, at, t)
		i.relationNames = slices.Insert(slices.Clip(i.relationNames), at, name)
	}
}

// reindexSources brings the lists of relations that have relationships up to date, as far as some relations' may differ
// from those that were listed. The lists of names belong to other snapshots, too.
func reindexSources(s *Snapshot, related names) {
	for schema, index := range s.schemas {
		sources := index.sources
		own := false
		for name := range related {
			has := slices.ContainsFunc(s.Schemas, func(of string) bool {
				return s.relationships.has(relationshipKey{QualifiedName{of, name.Name}, schema})
			})
			at, listed := slices.BinarySearch(sources, name.Name)
			if has == listed {
				continue
			}
			if !own {
				sources, own = slices.Clone(sources), true
			}
			if has {
				sources = slices.Insert(sources, at, name.Name)
			} else {
				sources = slices.Delete(sources, at, at+1)
			}
		}
		if own {
			changed := *index
			if changed.sources = sources; len(sources) == 0 {
				changed.sources = nil
			}
			s.schemas[schema] = &changed
		}
	}
}
