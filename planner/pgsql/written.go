package pgsql

import (
	"trunkline/planner"
	"trunkline/planner/request"
)

// A nested write consists of several statements, some of which need rows that others have written, by their keys:
//
//	SELECT t."id" FROM (SELECT _."id" AS "id", _.pgrst_n AS pgrst_n FROM ROWS FROM (json_to_recordset($1) AS ("id" integer))
//	WITH ORDINALITY AS _("id", pgrst_n)) pgrst_body, t WHERE t."id" = pgrst_body."id" ORDER BY pgrst_body.pgrst_n
//
//	DELETE FROM t WHERE EXISTS (SELECT FROM (SELECT _."parent" AS "parent" FROM json_to_recordset($1) AS _("parent" integer))
//	pgrst_body WHERE t."parent" = pgrst_body."parent")

// written writes the query for rows that other statements have written: those that the payload has the keys of, in its
// order, or those that conditions select.
func (w *writer) written(m *planner.Mutation) {
	w.text("SELECT ")
	columns := w.commas()
	if len(m.Returning) == 0 {
		columns.item()
		w.text("NULL")
	}
	for _, c := range m.Returning {
		columns.item()
		w.column(targetOf(m), c)
	}
	if m.Position != "" {
		columns.item()
		w.attribute(payload, m.Position)
	}
	w.text(" FROM ")
	position := ""
	if len(m.Key) > 0 {
		if position = m.Position; position == "" {
			position = freePosition(m.Key)
		}
		w.keyRows(m.Key, m.Payload.Raw, position)
		w.text(", ")
	}
	w.target(m)
	w.modified(m)
	if position != "" {
		w.text(" ORDER BY ")
		w.attribute(payload, position)
	}
}

// freePosition returns a name for the position of a row that is none of the columns.
func freePosition(columns []planner.Field) string {
	return planner.FreeName("pgrst_n", func(name string) bool {
		for i := range columns {
			if columns[i].Name == name {
				return true
			}
		}
		return false
	})
}

// keyRows writes the FROM item with rows of values, called as a payload is, and their positions, unless the name is "".
func (w *writer) keyRows(columns []planner.Field, rows []byte, position string) {
	w.text("(SELECT ")
	list := w.commas()
	for i := range columns {
		list.item()
		w.made(&columns[i])
		w.as(columns[i].Name)
	}
	if position != "" {
		list.item()
		w.attribute(record, position)
		w.as(position)
	}
	w.text(" FROM ")
	if position != "" {
		w.text("ROWS FROM (")
	}
	w.records(&request.Payload{Raw: rows}, columns, false)
	w.text(" AS ")
	if position == "" {
		w.text("_")
	}
	w.text("(")
	w.definitions(columns)
	w.text(")")
	if position != "" {
		w.text(") WITH ORDINALITY AS _(")
		names := w.commas()
		for i := range columns {
			names.item()
			w.ident(columns[i].Name)
		}
		names.item()
		w.ident(position)
		w.text(")")
	}
	w.text(") pgrst_body")
}

// among writes whether columns have values that are among those of rows.
func (w *conditions) among(c *planner.Condition) {
	if c.Not {
		w.text("NOT ")
	}
	w.text("EXISTS (SELECT FROM ")
	w.keyRows(c.Among.Columns, c.Among.Rows, "")
	equal := list{w.writer, " WHERE ", " AND "}
	for i := range c.Among.Columns {
		equal.item()
		w.attribute(w.relation, c.Among.Columns[i].Name)
		w.text(" = ")
		w.attribute(payload, c.Among.Columns[i].Name)
	}
	w.text(")")
}
