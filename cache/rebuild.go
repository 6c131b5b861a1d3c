package cache

import (
	"maps"
	"reflect"
	"slices"
	"unsafe"
)

// rebuild is Build for a catalog that shares most of what is in the one that an old snapshot was built from. The
// snapshot equals that of Build, and shares what is equal with the old one; if everything is, it is the old one.
func rebuild(old *Snapshot, before, c *Catalog) *Snapshot {
	s := &Snapshot{
		Generation:        old.Generation,
		ServerVersion:     c.ServerVersion,
		ServerVersionText: c.ServerVersionText,
		Standby:           c.Standby,
		DynamicSQL:        c.DynamicSQL,
		Expressions:       c.Expressions,
		Schemas:           c.Schemas,
	}
	views := newViewIndex(c.ViewColumns)
	keys := primaryKeys(c, views)
	tables, sameTables := shareTables(old, c, keys)
	s.tables = tables
	sameRelationships := sameLinks(before, c) && sameKeys(old.tables, tables, keys)
	if sameRelationships {
		s.relationships = old.relationships
	} else {
		s.relationships = buildRelationships(c, views, keys)
	}
	sameRoutines := shareRoutines(s, old, before, c)
	if sameTables && sameRelationships && sameRoutines && sameDatabase(old, s) {
		return old
	}
	s.schemas = indexSchemas(s)
	return s
}

// sameDatabase reports whether snapshots say the same of the database as a whole.
func sameDatabase(a, b *Snapshot) bool {
	return a.ServerVersion == b.ServerVersion && a.ServerVersionText == b.ServerVersionText &&
		a.Standby == b.Standby && a.DynamicSQL == b.DynamicSQL && a.Expressions == b.Expressions &&
		slices.Equal(a.Schemas, b.Schemas)
}

// shareTables returns the exposed relations by name, with those of the old snapshot that are equal, and reports whether
// all are.
func shareTables(old *Snapshot, c *Catalog, keys map[QualifiedName][]string) (map[QualifiedName]*Table, bool) {
	tables, same := make(map[QualifiedName]*Table, len(c.Tables)), true
	for i := range c.Tables {
		t := &c.Tables[i]
		if !c.exposes(t.Name.Schema) {
			continue
		}
		if o := old.tables[t.Name]; o != nil && sameTable(o, t) && slices.Equal(o.PrimaryKey, keys[t.Name]) {
			tables[t.Name] = o
			continue
		}
		fresh := *t
		fresh.PrimaryKey = keys[t.Name]
		fresh.index()
		tables[t.Name], same = &fresh, false
	}
	return tables, same && len(tables) == len(old.tables)
}

// sameTable reports whether relations are equal but for their primary keys, which are not those of the catalog, and
// what is derived from their columns.
func sameTable(a, b *Table) bool {
	return a.Name == b.Name && a.Kind == b.Kind && a.Description == b.Description &&
		a.Insertable == b.Insertable && a.Updatable == b.Updatable && a.Deletable == b.Deletable &&
		a.Pure == b.Pure && a.PureInsert == b.PureInsert && a.PureChange == b.PureChange &&
		a.Sees == b.Sees && a.InsertSees == b.InsertSees && a.ChangeSees == b.ChangeSees &&
		a.RowSecurity == b.RowSecurity && sameReaders(a.Readers, b.Readers) && sameColumns(a.Columns, b.Columns)
}

func sameReaders(a, b map[string][]string) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// sameColumns reports whether columns are equal. Those that were not read again have the same memory.
func sameColumns(a, b []Column) bool {
	return oneSlice(a, b) || reflect.DeepEqual(a, b)
}

// sameLinks reports whether all is equal that relates relations, but for the keys of those that are exposed.
func sameLinks(a, b *Catalog) bool {
	return slices.Equal(a.Schemas, b.Schemas) &&
		slices.EqualFunc(a.ForeignKeys, b.ForeignKeys, func(x, y ForeignKey) bool {
			return x.Name == y.Name && x.Table == y.Table && x.Foreign == y.Foreign && x.Unique == y.Unique &&
				slices.Equal(x.Columns, y.Columns)
		}) &&
		slices.EqualFunc(a.HiddenKeys, b.HiddenKeys, func(x, y PrimaryKey) bool {
			return x.Table == y.Table && slices.Equal(x.Columns, y.Columns)
		}) &&
		slices.Equal(a.ViewColumns, b.ViewColumns) &&
		slices.Equal(a.ComputedRelationships, b.ComputedRelationships)
}

// sameKeys reports whether the relations that are still there have the keys that they had. Others have no foreign keys,
// or these are not the same.
func sameKeys(old, tables map[QualifiedName]*Table, keys map[QualifiedName][]string) bool {
	for name, t := range old {
		if tables[name] != nil && !slices.Equal(t.PrimaryKey, keys[name]) {
			return false
		}
	}
	return true
}

// shareRoutines gives a snapshot its routines, representations and handlers, those of the old one if they are equal, and
// reports whether all are.
func shareRoutines(s, old *Snapshot, before, c *Catalog) bool {
	sameRoutines := oneSlice(before.Routines, c.Routines) || reflect.DeepEqual(before.Routines, c.Routines)
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
