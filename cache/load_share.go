package cache

import (
	"hash/maphash"
	"reflect"
	"slices"
)

// How relations, columns and routines are shared with what was known before. See renew.go for maps and lists.
//
// A relation is read in parts: its row, what its uses do, its columns, who reads them, its primary key. It begins as the
// one from before, if the row is the same ([loader.borrowed]). The first part that differs has it copied
// ([loader.owned]), and each part takes away what there is none of any more.

// relationBefore returns what was known of a relation before, or nil.
func (l *loader) relationBefore(oid uint32) *relation {
	if l.earlier == nil {
		return nil
	}
	return l.earlier.relations.at(oid)
}

// nameBefore returns the name that the relation with an oid had, "" if there was none.
func (l *loader) nameBefore(oid uint32) QualifiedName {
	if r := l.relationBefore(oid); r != nil {
		return r.name
	}
	return QualifiedName{}
}

// tablesBefore returns a function that returns the relation that had a name before, or nil. It must be called with names
// in their order.
func (l *loader) tablesBefore() func(QualifiedName) *Table {
	var before []*Table
	if l.earlier != nil {
		before = l.earlier.catalog.Tables
	}
	return func(name QualifiedName) *Table {
		for len(before) > 0 && before[0].Name.Compare(name) < 0 {
			before = before[1:]
		}
		if len(before) > 0 && before[0].Name == name {
			return before[0]
		}
		return nil
	}
}

func descriptionOf(t *Table) string {
	if t == nil {
		return ""
	}
	return t.Description
}

// sameRow reports whether relations are equal in what tables.sql says of them. What else a relation has must be compared,
// and taken away if there is none, by what reads it.
func sameRow(a, b *Table) bool {
	return a.Name == b.Name && a.Kind == b.Kind && a.Description == b.Description &&
		a.Insertable == b.Insertable && a.Updatable == b.Updatable && a.Deletable == b.Deletable &&
		a.RowSecurity == b.RowSecurity
}

// renewRelations begins to read the relations of the exposed schemas, which keep their columns for the time being. Of
// partitions, only some columns are known, and which ones must be known is found later.
func (l *loader) renewRelations() renewed[uint32, *relation] {
	return renew(l, func(k *known) *layered[uint32, *relation] { return &k.relations }, func(was, now *relation) bool {
		return was.name == now.name && was.exposed == now.exposed && was.served == now.served &&
			(was.served || len(was.numbers) == 0)
	})
}

// setHidden sets a relation of which all that has to be known was read. It is the one from before if that is the same.
func (l *loader) setHidden(oid uint32, r *relation) {
	was := l.relationBefore(oid)
	if was == nil || was.name != r.name || was.exposed != r.exposed || was.served != r.served ||
		!slices.Equal(was.numbers, r.numbers) || !slices.Equal(was.columns, r.columns) {
		l.relations.set(oid, r)
		return
	}
	if l.relations.base[oid] == was {
		l.relations.restore(oid)
	} else {
		l.relations.set(oid, was)
	}
}

// columnsBefore finds what columns were before.
type columnsBefore struct {
	oid   uint32
	known *relation
	table *Table
	none  Column
}

// column returns what a column was if its relation is borrowed, nothing otherwise.
func (b *columnsBefore) column(l *loader, of attribute) *Column {
	if of.relation != b.oid {
		b.oid, b.known = of.relation, nil
		if l.borrowed[of.relation] {
			b.known, b.table = l.relations.at(of.relation), l.fresh[of.relation]
		}
	}
	if b.known != nil {
		at, found := slices.BinarySearch(b.known.numbers, of.number)
		if found && at < len(b.table.Columns) {
			return &b.table.Columns[at]
		}
	}
	return &b.none
}

// columnList is the columns of relations. It is never changed.
type columnList struct {
	columns []Column
	byName  []uint16 // see Table
	names   []string
	numbers []int16
}

// setColumns gives a relation its columns, unless it has them, in the list of a relation that has equal ones: those of
// partitions, and of tables that each tenant has, often do.
func (l *loader) setColumns(oid uint32, numbers []int16, columns []Column) {
	r, t := l.relations.at(oid), l.fresh[oid]
	sameTable := t.byName != nil && sameColumns(t.Columns, columns)
	if sameTable && slices.Equal(r.numbers, numbers) && sameNames(r.columns, columns) {
		return
	}
	list := l.columnListOf(numbers, columns)
	if !sameTable {
		t = l.owned(oid)
		t.Columns, t.byName = list.columns, list.byName
	}
	if l.relationBefore(oid) == r {
		known := *r
		r = &known
		l.relations.set(oid, r)
	}
	r.numbers, r.columns = list.numbers, list.names
}

// sameNames reports whether columns have the names.
func sameNames(names []string, columns []Column) bool {
	return slices.EqualFunc(names, columns, func(name string, c Column) bool { return name == c.Name })
}

// columnListOf returns a list of columns that are equal.
func (l *loader) columnListOf(numbers []int16, columns []Column) *columnList {
	if len(columns) == 0 {
		return &columnList{byName: []uint16{}}
	}
	hash := hashOfColumns(numbers, columns)
	list := l.columnLists[hash]
	if list == nil || !slices.Equal(list.numbers, numbers) || !sameColumns(list.columns, columns) {
		list = newColumnList(numbers, columns)
		l.columnLists[hash] = list
	}
	return list
}

// newColumnList returns a list with copies of columns and of their numbers.
func newColumnList(numbers []int16, columns []Column) *columnList {
	t := Table{Columns: slices.Clone(columns)}
	t.index()
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	return &columnList{t.Columns, t.byName, names, slices.Clone(numbers)}
}

var columnSeed = maphash.MakeSeed()

// hashOfColumns returns a hash of what distinguishes most lists of columns.
func hashOfColumns(numbers []int16, columns []Column) uint64 {
	var h maphash.Hash
	h.SetSeed(columnSeed)
	for i := range columns {
		c := &columns[i]
		for _, text := range []string{c.Name, c.Type, c.NominalType, c.Default, c.Description} {
			_, _ = h.WriteString(text) // never fails
			_ = h.WriteByte(0)
		}
		_, _ = h.Write([]byte{byte(numbers[i]), byte(numbers[i] >> 8)})
	}
	return h.Sum64()
}

// shareTexts has the texts of routines that are known be used for equal ones that are read.
func (l *loader) shareTexts() {
	if l.earlier == nil {
		return
	}
	share := func(texts ...string) {
		for _, text := range texts {
			l.texts[text] = text
		}
	}
	for i := range l.earlier.catalog.Routines {
		r := &l.earlier.catalog.Routines[i]
		share(r.Name.Schema, r.Name.Name, r.Description, r.Return.Type.Schema, r.Return.Type.Name)
		for _, p := range r.Params {
			share(p.Name, p.Type, p.CastType)
		}
	}
}

// shareRoutines keeps the routines that are as they were.
func (l *loader) shareRoutines() {
	if l.earlier == nil {
		return
	}
	routines := renewedList[Routine]{
		before: l.earlier.catalog.Routines, compare: func(a, b *Routine) int { return a.Name.Compare(b.Name) },
		same: func(a, b *Routine) bool { return reflect.DeepEqual(a, b) },
	}
	for i := range l.catalog.Routines {
		routines.add(&l.catalog.Routines[i])
	}
	l.catalog.Routines = routines.end()
}
