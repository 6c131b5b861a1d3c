package cache

import (
	"cmp"
	"slices"
)

// Build derives a snapshot from a catalog. It is a pure function: equal catalogs give equal snapshots. The snapshot
// shares memory with the catalog, which must not be modified afterwards. The caller sets Generation before sharing the
// snapshot.
func Build(c *Catalog) *Snapshot {
	s := &Snapshot{
		ServerVersion:     c.ServerVersion,
		ServerVersionText: c.ServerVersionText,
		Standby:           c.Standby,
		DynamicSQL:        c.DynamicSQL,
		Expressions:       c.Expressions,
		Schemas:           c.Schemas,
	}
	views := newViewIndex(c.ViewColumns)
	keys := primaryKeys(c, views)
	s.tables = buildTables(c, keys)
	s.relationships = layered[relationshipKey, []*Relationship]{base: buildRelationships(c, views, keys)}
	s.routines = buildRoutines(c)
	s.representations = buildRepresentations(c.Representations)
	s.handlers = buildHandlers(c.MediaHandlers)
	s.schemas = indexSchemas(s)
	return s
}

// exposes reports whether the API exposes a schema.
func (c *Catalog) exposes(schema string) bool { return slices.Contains(c.Schemas, schema) }

// primaryKeys returns the primary key of each relation that has one: a table's own, sorted by name, or the keys that a
// view shows of its base tables, in the order of each key.
func primaryKeys(c *Catalog, views viewIndex) map[QualifiedName][]string {
	keys := make(map[QualifiedName][]string, len(c.Tables))
	for _, key := range c.HiddenKeys {
		views.addKeys(keys, key.Table, key.Columns)
		if !c.exposes(key.Table.Schema) { // a partition cannot be a junction, but a table of another schema can
			keys[key.Table] = key.Columns
		}
	}
	for _, t := range c.Tables {
		if len(t.PrimaryKey) > 0 {
			views.addKeys(keys, t.Name, t.PrimaryKey)
			keys[t.Name] = slices.Sorted(slices.Values(t.PrimaryKey))
		}
	}
	return keys
}

// buildTables returns the exposed relations by name.
func buildTables(c *Catalog, keys map[QualifiedName][]string) layered[QualifiedName, *Table] {
	tables := make(map[QualifiedName]*Table, len(c.Tables))
	for _, t := range c.Tables {
		if c.exposes(t.Name.Schema) {
			tables[t.Name] = t.with(keys[t.Name])
		}
	}
	return layered[QualifiedName, *Table]{base: tables}
}

// with returns the relation as a snapshot has it, with a primary key, indexed. It is the same one if that is how it is.
func (t *Table) with(key []string) *Table {
	if t.byName != nil && slices.Equal(t.PrimaryKey, key) {
		return t
	}
	indexed := *t
	indexed.PrimaryKey = key
	if t.byName == nil {
		indexed.index()
	}
	return &indexed
}

// buildRoutines groups the overloads of each name, in the order in which they are considered.
func buildRoutines(c *Catalog) map[QualifiedName][]*Routine {
	routines := make(map[QualifiedName][]*Routine, len(c.Routines))
	for i := range c.Routines {
		r := &c.Routines[i]
		if c.exposes(r.Name.Schema) {
			routines[r.Name] = append(routines[r.Name], r)
		}
	}
	for _, overloads := range routines {
		slices.SortStableFunc(overloads, compareRoutines)
	}
	return routines
}

func buildRepresentations(all []Representation) map[representationKey]QualifiedName {
	representations := make(map[representationKey]QualifiedName, len(all))
	for _, r := range all {
		representations[representationKey{r.Source, r.Target}] = r.Function
	}
	return representations
}

// buildHandlers returns the handlers by target and media type. Of several for the same, the last by name is used.
func buildHandlers(all []MediaHandler) map[handlerKey]MediaHandler {
	sorted := slices.SortedStableFunc(slices.Values(all), func(a, b MediaHandler) int {
		return a.Function.Compare(b.Function)
	})
	handlers := make(map[handlerKey]MediaHandler, len(sorted))
	for _, h := range sorted {
		handlers[handlerKey{h.Target, h.Accept}] = h
	}
	return handlers
}

// compareRoutines orders overloads: by the number of parameters, then by everything that distinguishes them.
func compareRoutines(a, b *Routine) int {
	return cmp.Or(
		a.Name.Compare(b.Name),
		cmp.Compare(len(a.Params), len(b.Params)),
		cmp.Compare(a.Description, b.Description),
		slices.CompareFunc(a.Params, b.Params, compareParams),
	)
}

func compareParams(a, b Param) int {
	return cmp.Or(
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.Type, b.Type),
		cmp.Compare(a.CastType, b.CastType),
		compareBools(a.Required, b.Required),
		compareBools(a.Variadic, b.Variadic),
	)
}

// compareBools orders false before true.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
