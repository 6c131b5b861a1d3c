package cache

import (
	"maps"
	"reflect"
	"slices"
	"unsafe"
)

// rebuild is Build for a catalog that follows one that an old snapshot was built from. The snapshot equals that of
// Build, and shares what is equal with the old one; if everything is, it is the old one. What is equal in the catalogs
// is shared too: c must be nobody else's. If nothing but columns of relations has changed, only these are looked at.
func rebuild(old *Snapshot, before, c *Catalog) *Snapshot {
	changed := share(before, c)
	s := &Snapshot{
		Generation:        old.Generation,
		ServerVersion:     c.ServerVersion,
		ServerVersionText: c.ServerVersionText,
		Standby:           c.Standby,
		DynamicSQL:        c.DynamicSQL,
		Expressions:       c.Expressions,
		Schemas:           c.Schemas,
	}
	sameRoutines := shareRoutines(s, old, before, c)
	sameLinks := linksShared(before, c) && sameKeys(changed)
	if len(changed) == 0 && sameLinks && sameRoutines && sameDatabase(old, s) {
		return old
	}
	if sameLinks {
		s.relationships = old.relationships
		s.tables = old.tables.clone()
		for i := range changed {
			changed[i].table = s.replace(c, &changed[i])
		}
	} else {
		views := newViewIndex(c.ViewColumns)
		keys := primaryKeys(c, views)
		s.tables = shareTables(old, c, keys)
		s.relationships = buildRelationships(c, views, keys)
	}
	switch {
	case !sameLinks:
		s.schemas = indexSchemas(s)
	case oneSlice(before.Routines, c.Routines):
		s.schemas = reindexTables(old, changed)
	default:
		s.schemas = reindexRoutines(s, reindexTables(old, changed))
	}
	return s
}

// tableChange is a relation by a name in an old and a new catalog, nil where there is none.
type tableChange struct {
	name     QualifiedName
	was, now *Table
	at       int    // in the new catalog
	table    *Table // as the new snapshot has it, nil if it has not
}

// share has a catalog share with an old one the relations that are equal, and lists. It returns the other relations.
func share(before, c *Catalog) []tableChange {
	changed := slices.DeleteFunc(compareTables(before.Tables, c.Tables), func(change tableChange) bool {
		if change.was == nil || change.now == nil || !sameTable(change.was, change.now) {
			return false
		}
		c.Tables[change.at] = change.was
		return true
	})
	shareList(&c.Schemas, before.Schemas, equal)
	shareList(&c.ForeignKeys, before.ForeignKeys, func(a, b ForeignKey) bool {
		return a.Name == b.Name && a.Table == b.Table && a.Foreign == b.Foreign && a.Unique == b.Unique &&
			slices.Equal(a.Columns, b.Columns)
	})
	shareList(&c.HiddenKeys, before.HiddenKeys, func(a, b PrimaryKey) bool {
		return a.Table == b.Table && slices.Equal(a.Columns, b.Columns)
	})
	shareList(&c.ViewColumns, before.ViewColumns, equal)
	shareList(&c.ComputedRelationships, before.ComputedRelationships, equal)
	shareList(&c.Routines, before.Routines, func(a, b Routine) bool { return reflect.DeepEqual(a, b) })
	return changed
}

// shareList replaces a list by another one that is equal.
func shareList[T any](list *[]T, by []T, same func(a, b T) bool) {
	if !oneSlice(*list, by) && slices.EqualFunc(*list, by, same) && (*list == nil) == (by == nil) {
		*list = by
	}
}

func equal[T comparable](a, b T) bool { return a == b }

// compareTables returns the relations that are not shared between catalogs, of which both have them in the order of
// their names.
func compareTables(before, now []*Table) []tableChange {
	var changed []tableChange
	for at, b := 0, 0; at < len(now) || b < len(before); {
		switch order := nextTable(before[b:], now[at:]); {
		case order < 0:
			changed = append(changed, tableChange{name: before[b].Name, was: before[b]})
			b++
		case order > 0:
			changed = append(changed, tableChange{name: now[at].Name, now: now[at], at: at})
			at++
		default:
			if before[b] != now[at] {
				changed = append(changed, tableChange{name: now[at].Name, was: before[b], now: now[at], at: at})
			}
			at, b = at+1, b+1
		}
	}
	return changed
}

// nextTable compares the names of the first relations of lists. What has ended comes last.
func nextTable(a, b []*Table) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	case a[0] == b[0]: // nearly always
		return 0
	default:
		return a[0].Name.Compare(b[0].Name)
	}
}

// replace changes a snapshot's relation of a name, and returns the new one.
func (s *Snapshot) replace(c *Catalog, changed *tableChange) *Table {
	if changed.now == nil || !c.exposes(changed.name.Schema) {
		s.tables.remove(changed.name)
		return nil
	}
	key := slices.Sorted(slices.Values(changed.now.PrimaryKey))
	if old := s.tables.at(changed.name); len(key) == 0 && old != nil {
		key = old.PrimaryKey // of a view
	}
	t := changed.now.with(key)
	s.tables.set(changed.name, t)
	return t
}

// sameDatabase reports whether snapshots say the same of the database as a whole.
func sameDatabase(a, b *Snapshot) bool {
	return a.ServerVersion == b.ServerVersion && a.ServerVersionText == b.ServerVersionText &&
		a.Standby == b.Standby && a.DynamicSQL == b.DynamicSQL && a.Expressions == b.Expressions &&
		slices.Equal(a.Schemas, b.Schemas)
}

// shareTables returns the exposed relations by name, with those of the old snapshot that are equal.
func shareTables(old *Snapshot, c *Catalog, keys map[QualifiedName][]string) layered[QualifiedName, *Table] {
	tables := make(map[QualifiedName]*Table, len(c.Tables))
	for _, t := range c.Tables {
		if !c.exposes(t.Name.Schema) {
			continue
		}
		key := keys[t.Name]
		if o := old.tables.at(t.Name); o != nil && slices.Equal(o.PrimaryKey, key) && sameButKey(o, t) {
			tables[t.Name] = o
		} else {
			tables[t.Name] = t.with(key)
		}
	}
	return layered[QualifiedName, *Table]{base: tables}
}

// sameTable reports whether relations of catalogs are equal.
func sameTable(a, b *Table) bool { return slices.Equal(a.PrimaryKey, b.PrimaryKey) && sameButKey(a, b) }

// sameButKey reports whether relations are equal but for their primary keys, which a snapshot has in another order, and
// what is derived from their columns.
func sameButKey(a, b *Table) bool {
	return a.Name == b.Name && a.Kind == b.Kind && a.Description == b.Description &&
		a.Insertable == b.Insertable && a.Updatable == b.Updatable && a.Deletable == b.Deletable &&
		sameEffects(a, b) && a.RowSecurity == b.RowSecurity &&
		sameReaders(a.Readers, b.Readers) && sameColumns(a.Columns, b.Columns)
}

func sameReaders(a, b map[string][]string) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// sameColumns reports whether columns are equal. Those that were not read again have the same memory.
func sameColumns(a, b []Column) bool {
	return oneSlice(a, b) || reflect.DeepEqual(a, b)
}

// linksShared reports whether catalogs share all that relates relations, but for the keys of those that are exposed.
func linksShared(a, b *Catalog) bool {
	return oneSlice(a.Schemas, b.Schemas) && oneSlice(a.ForeignKeys, b.ForeignKeys) &&
		oneSlice(a.HiddenKeys, b.HiddenKeys) && oneSlice(a.ViewColumns, b.ViewColumns) &&
		oneSlice(a.ComputedRelationships, b.ComputedRelationships)
}

// sameKeys reports whether the relations that are still there have the keys that they had. Others have no foreign keys,
// or these are not shared.
func sameKeys(changed []tableChange) bool {
	return !slices.ContainsFunc(changed, func(c tableChange) bool {
		return c.was != nil && c.now != nil && !slices.Equal(c.was.PrimaryKey, c.now.PrimaryKey)
	})
}

// shareRoutines gives a snapshot its routines, representations and handlers, those of the old one if they are equal,
// and reports whether all are.
func shareRoutines(s, old *Snapshot, before, c *Catalog) bool {
	sameRoutines := oneSlice(before.Routines, c.Routines)
	if s.routines = old.routines; !sameRoutines {
		s.routines = buildRoutines(c)
	}
	s.representations, s.handlers = buildRepresentations(c.Representations), buildHandlers(c.MediaHandlers)
	return sameRoutines && maps.Equal(s.representations, old.representations) && maps.Equal(s.handlers, old.handlers)
}

// oneSlice reports whether slices have the same memory.
func oneSlice[T any](a, b []T) bool {
	return len(a) == len(b) && unsafe.SliceData(a) == unsafe.SliceData(b)
}
