package cache

import (
	"hash/maphash"
	"slices"
)

// A load of everything shares with what was known before whatever is equal, as soon as it is read, so that there is not
// everything twice meanwhile.

// shareTexts has the texts that are known be used for equal ones that are read.
func (l *loader) shareTexts() {
	if l.earlier == nil {
		return
	}
	share := func(texts ...string) {
		for _, text := range texts {
			l.texts[text] = text
		}
	}
	for _, r := range l.earlier.relations.all() {
		share(r.name.Schema, r.name.Name)
		share(r.columns...)
	}
	for _, constraints := range l.earlier.constraints.all() {
		for i := range constraints {
			share(constraints[i].name)
		}
	}
	for _, t := range l.earlier.catalog.Tables {
		share(t.Description)
		for i := range t.Columns {
			c := &t.Columns[i]
			share(c.Description, c.Type, c.NominalType, c.Default)
			share(c.Enum...)
		}
	}
}

// columnList is the columns of relations. It is never changed.
type columnList struct {
	columns []Column
	byName  []uint16 // see Table
	names   []string
	numbers []int16
}

// setColumns gives a relation its columns, in the list of a relation that has equal ones: those of partitions, and of
// tables that each tenant has, often do.
func (l *loader) setColumns(r *relation, t *Table, numbers []int16, columns []Column) {
	hash := hashOfColumns(numbers, columns)
	list := l.columnLists[hash]
	if list == nil || !slices.Equal(list.numbers, numbers) || !sameColumns(list.columns, columns) {
		if list = l.earlierColumns(r.name, numbers, columns); list == nil {
			list = newColumnList(numbers, columns)
		}
		l.columnLists[hash] = list
	}
	r.numbers, r.columns = list.numbers, list.names
	t.Columns, t.byName = list.columns, list.byName
}

// earlierColumns returns the columns that a relation had if they are equal, or nil.
func (l *loader) earlierColumns(name QualifiedName, numbers []int16, columns []Column) *columnList {
	if l.earlier == nil {
		return nil
	}
	at, found := findTable(l.earlier.catalog.Tables, name)
	if !found {
		return nil
	}
	t, r := l.earlier.catalog.Tables[at], l.earlier.relations.at(l.earlier.served[at])
	if r == nil || !slices.Equal(r.numbers, numbers) || !sameColumns(t.Columns, columns) {
		return nil
	}
	return &columnList{t.Columns, t.byName, r.columns, r.numbers}
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

// shareConstraints keeps the constraints that are as they were.
func (l *loader) shareConstraints() {
	if l.earlier == nil {
		return
	}
	for oid, constraints := range l.constraints.base {
		if was := l.earlier.constraints.at(oid); was != nil && slices.EqualFunc(was, constraints, sameConstraint) {
			l.constraints.base[oid] = was
		}
	}
}

// shareLinks keeps the links that are as they were.
func (l *loader) shareLinks() {
	if l.earlier == nil {
		return
	}
	for oid, links := range l.graph.links.base {
		if was := l.earlier.graph.links.at(oid); was != nil && slices.Equal(was, links) {
			l.graph.links.base[oid] = was
		}
	}
	for oid, users := range l.graph.users.base {
		if was := l.earlier.graph.users.at(oid); was != nil && slices.Equal(was, users) {
			l.graph.users.base[oid] = was
		}
	}
}
