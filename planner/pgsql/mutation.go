package pgsql

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// mutation writes the statement that modifies a relation.
func (w *writer) mutation(m *planner.Mutation) {
	switch {
	case m.Action == request.ActionRead:
		w.written(m)
	case m.Action == request.ActionInsert, m.Action == request.ActionUpsert:
		w.insert(m)
	case m.Action == request.ActionUpdate && len(m.Columns) == 0:
		w.updateNothing(m)
	case m.Action == request.ActionUpdate:
		w.update(m)
	default:
		w.text("DELETE FROM ")
		w.target(m)
		w.modified(m)
		w.returning(m)
	}
}

// target writes the relation that is modified.
func (w *writer) target(m *planner.Mutation) {
	w.name(m.Table)
	w.as(m.Alias)
}

// targetOf returns the name of the modified rows in the statement.
func targetOf(m *planner.Mutation) cache.QualifiedName {
	if m.Alias != "" {
		return cache.QualifiedName{Name: m.Alias}
	}
	return m.Table
}

func (w *writer) insert(m *planner.Mutation) {
	w.text("INSERT INTO ")
	w.target(m)
	columns := list{w, "(", ", "}
	for i := range m.Columns {
		columns.item()
		w.ident(m.Columns[i].Name)
	}
	if len(m.Columns) > 0 {
		w.text(")")
	}
	values := list{w, " SELECT ", ", "}
	for i := range m.Columns {
		values.item()
		w.attribute(payload, m.Columns[i].Name)
	}
	if len(m.Columns) == 0 {
		w.text(" SELECT")
	}
	w.text(" FROM ")
	w.payload(m.Payload, m.Columns, m.Defaults)
	w.inserts(m)
	w.conflict(m)
	w.returning(m)
}

// inserts writes WHERE with the conditions on inserted rows: the key that a PUT must repeat.
func (w *writer) inserts(m *planner.Mutation) {
	list := list{w, " WHERE ", " AND "}
	if m.CountsInserted() {
		list.item()
		w.text(countUp)
	}
	c := conditions{writer: w, relation: payload, nothingJoined: true}
	for i := range m.Where {
		list.item()
		c.tree(&m.Where[i])
	}
}

// An upsert counts the rows that it inserts in a setting: up for every row of the payload, and down for every row that
// is updated instead. No other way in PostgreSQL works for views too. Both are conditions that are always true.
const (
	countUp = "pg_catalog.set_config('pgrst.inserted', (coalesce(" + insertedSoFar + ", 0) OPERATOR(pg_catalog.+) 1)" +
		"::pg_catalog.text, true) OPERATOR(pg_catalog.<>) '0'"
	countDown = "pg_catalog.set_config('pgrst.inserted', (coalesce(" + insertedSoFar + ", 0) OPERATOR(pg_catalog.-) 1)" +
		"::pg_catalog.text, true) OPERATOR(pg_catalog.<>) '-1'"
	insertedSoFar = "nullif(pg_catalog.current_setting('pgrst.inserted', true), '')::int"
)

// inserted writes the number of rows that an upsert has inserted, or NULL if there were none or the statement is not an
// upsert.
func (w *writer) inserted(p *planner.Plan) {
	if p.Mutation.CountsInserted() {
		w.text(insertedSoFar)
		return
	}
	w.text("NULL::int")
}

func (w *writer) conflict(m *planner.Mutation) {
	if m.Conflict == nil || len(m.Conflict.Columns) == 0 {
		return
	}
	arbiter := list{w, " ON CONFLICT(", ", "}
	for _, c := range m.Conflict.Columns {
		arbiter.item()
		w.ident(c)
	}
	w.text(")")
	w.conflictPredicate(m.Conflict.Where)
	if !m.Conflict.Merge || len(m.Columns) == 0 {
		w.text(" DO NOTHING")
		return
	}
	set := list{w, " DO UPDATE SET ", ", "}
	for _, c := range merged(m) {
		set.item()
		w.ident(c.Name)
		w.text(" = EXCLUDED.")
		w.ident(c.Name)
	}
	w.text(" WHERE " + countDown)
}

// conflictPredicate writes WHERE with the predicate of a partial index. Its values are constants, because PostgreSQL
// must prove that it implies that of the index, and a generic plan does not know the values of parameters. Column names
// cannot be qualified there.
func (w *writer) conflictPredicate(where []planner.Condition) {
	list := list{w, " WHERE ", " AND "}
	outer := w.constants
	w.constants = true
	c := conditions{writer: w}
	for i := range where {
		list.item()
		c.tree(&where[i])
	}
	w.constants = outer
}

// merged returns the columns that an upsert sets in an existing row. They exclude the columns of the conflict target,
// because setting these would require the privilege to update them and fire their triggers. If there are no others, one
// of them is set, because only updated rows are returned.
func merged(m *planner.Mutation) []planner.Field {
	columns := slices.DeleteFunc(slices.Clone(m.Columns), func(f planner.Field) bool {
		return slices.Contains(m.Conflict.Columns, f.Name)
	})
	if len(columns) == 0 {
		return m.Columns[:1]
	}
	return columns
}

func (w *writer) update(m *planner.Mutation) {
	w.text("UPDATE ")
	w.target(m)
	set := list{w, " SET ", ", "}
	for i := range m.Columns {
		set.item()
		w.ident(m.Columns[i].Name)
		w.text(" = ")
		if m.Columns[i].Patch != nil {
			w.patchedColumn(targetOf(m), &m.Columns[i])
		} else {
			w.attribute(payload, m.Columns[i].Name)
		}
	}
	w.text(" FROM ")
	w.payload(m.Payload, slices.Concat(m.Key, m.Columns), m.Defaults)
	w.modified(m)
	w.returning(m)
}

// updateNothing writes an update that sets nothing: no rows, with the columns that the answer needs.
func (w *writer) updateNothing(m *planner.Mutation) {
	w.text("SELECT ")
	if len(m.Returning) == 0 {
		w.text("NULL")
	}
	columns := w.commas()
	for _, c := range m.Returning {
		columns.item()
		w.column(targetOf(m), c)
	}
	w.text(" FROM ")
	w.target(m)
	w.text(" WHERE false")
}

// modified writes WHERE with the conditions on the rows that are updated or deleted.
func (w *writer) modified(m *planner.Mutation) {
	list := list{w, " WHERE ", " AND "}
	for i := range m.Key {
		list.item()
		w.attribute(targetOf(m), m.Key[i].Name)
		w.text(" = ")
		w.attribute(payload, m.Key[i].Name)
	}
	c := conditions{writer: w, relation: targetOf(m), nothingJoined: true}
	for i := range m.Where {
		list.item()
		c.tree(&m.Where[i])
	}
}

// returning writes the columns that the answer needs, or a constant for counting rows.
func (w *writer) returning(m *planner.Mutation) {
	if len(m.Returning) == 0 {
		w.text(" RETURNING 1")
		return
	}
	list := list{w, " RETURNING ", ", "}
	for _, c := range m.Returning {
		list.item()
		w.column(targetOf(m), c)
	}
}

// location writes the primary key of a row, as conditions of a URL, if it is the only inserted row. The values are
// those of the row's JSON. For a page of rows, it writes the cursor of the next page.
func (w *writer) location(p *planner.Plan) {
	if paged(p) {
		w.nextCursor(p)
		return
	}
	m := p.Mutation
	if m == nil || !m.Location || len(m.PrimaryKey) == 0 {
		w.text("NULL::pg_catalog.text[]")
		return
	}
	w.text("CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.=) 1 THEN (SELECT ")
	list := list{w, "ARRAY[", ", "}
	for _, c := range keyColumns(p) {
		list.item()
		w.literal(c)
		w.text(" OPERATOR(pg_catalog.||) coalesce('=eq.' OPERATOR(pg_catalog.||) (")
		w.keyForm(m.KeyForms[c], c)
		w.text(" OPERATOR(pg_catalog.#>>) '{}'), '=is.null')")
	}
	w.text("] FROM " + source + " AS k LIMIT 1) END")
}

// keyForm writes a column of the row k as JSON: what the function of its representation makes of it, if it has one.
func (w *writer) keyForm(function cache.QualifiedName, column string) {
	if function.Name == "" {
		w.text("pg_catalog.to_json")
	} else {
		w.name(function)
	}
	w.text("(k.")
	w.ident(column)
	w.text(")")
}

// keyColumns returns the primary key's columns in the order in which the written rows have them.
func keyColumns(p *planner.Plan) []string {
	m := p.Mutation
	if p.Table == nil || !slices.Equal(m.Returning, []string{planner.AllColumns}) {
		return m.PrimaryKey
	}
	columns := make([]string, 0, len(m.PrimaryKey))
	for i := range p.Table.Columns {
		if slices.Contains(m.PrimaryKey, p.Table.Columns[i].Name) {
			columns = append(columns, p.Table.Columns[i].Name)
		}
	}
	return columns
}
