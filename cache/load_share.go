package cache

import (
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

// setColumns gives a relation its columns, those that it had if they are equal.
func (l *loader) setColumns(r *relation, t *Table, numbers []int16, columns []Column) {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	r.numbers, r.columns = slices.Clone(numbers), names
	if l.earlier != nil {
		if at, found := findTable(l.earlier.catalog.Tables, r.name); found {
			if was := l.earlier.catalog.Tables[at]; sameColumns(was.Columns, columns) {
				t.Columns, t.byName = was.Columns, was.byName
			}
			was := l.earlier.relations.at(l.earlier.served[at])
			if was != nil && slices.Equal(was.numbers, numbers) && slices.Equal(was.columns, names) {
				r.numbers, r.columns = was.numbers, was.columns
			}
		}
	}
	if t.Columns == nil {
		t.Columns = slices.Clone(columns)
		t.index()
	}
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
