package cache

import (
	"maps"
	"reflect"
	"slices"
	"unsafe"
)

// rebuild is Build for a catalog that follows one that an old snapshot was built from. The snapshot equals that of
// Build, and shares what is equal with the old one; if everything is, it is the old one. What is equal in the catalogs
// is shared too: c must be nobody else's. With the same schemas, relationships and keys are inferred again only where what
// relates relations differs.
func rebuild(old *Snapshot, before, c *Catalog) *Snapshot {
	changed := share(before, c)
	if !oneSlice(before.Schemas, c.Schemas) {
		return Build(c)
	}
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
	links := compareLinks(before, c, changed)
	if len(changed) == 0 && links.same() && sameRoutines && sameDatabase(old, s) {
		return old
	}
	s.tables, s.relationships = old.tables.clone(), old.relationships
	var related names
	if links.same() {
		for i := range changed {
			changed[i].table = s.replace(c, &changed[i], nil)
		}
	} else {
		changed, related = links.apply(s, c, changed)
	}
	s.schemas = reindexTables(old, changed)
	if !oneSlice(before.Routines, c.Routines) {
		s.schemas = reindexRoutines(s, s.schemas)
	}
	reindexSources(s, related)
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
	shareList(&c.ForeignKeys, before.ForeignKeys, sameForeignKey)
	shareList(&c.HiddenKeys, before.HiddenKeys, sameHiddenKey)
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
	if len(a) > 0 && len(b) > 0 && a[0] == b[0] { // nearly always
		return 0
	}
	return compareFirst(a, b, func(t **Table) QualifiedName { return (*t).Name })
}

// replace changes a snapshot's relation of a name, and returns the new one. A view has the primary key that it had, or, if
// keys is not nil, the one in there.
func (s *Snapshot) replace(c *Catalog, changed *tableChange, keys map[QualifiedName][]string) *Table {
	if changed.now == nil || !c.exposes(changed.name.Schema) {
		s.tables.remove(changed.name)
		return nil
	}
	key := slices.Sorted(slices.Values(changed.now.PrimaryKey))
	if old := s.tables.at(changed.name); len(key) == 0 && keys == nil && old != nil {
		key = old.PrimaryKey
	} else if len(key) == 0 {
		key = keys[changed.name]
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
	return oneSlice(a, b) || slices.EqualFunc(a, b, sameColumn)
}

func sameColumn(a, b Column) bool {
	return a.Name == b.Name && a.Description == b.Description && a.Nullable == b.Nullable && a.Type == b.Type &&
		a.NominalType == b.NominalType && a.MaxLength == b.MaxLength && a.Default == b.Default &&
		a.Generated == b.Generated && a.Structured == b.Structured && a.Operators == b.Operators &&
		slices.Equal(a.Enum, b.Enum)
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
