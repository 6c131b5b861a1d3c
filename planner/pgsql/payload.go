package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// payload is the name of the rows of a payload. Clients see it in PostgreSQL's message if a PUT lacks its key.
var payload = cache.QualifiedName{Name: "pgrst_body"}

// payload writes the FROM item with the rows of a payload, which is a single parameter for any number of rows.
// PostgreSQL converts its columns to the types of the relation's; those with a representation are converted by its
// function, those of cells by a cast.
func (w *writer) payload(p *request.Payload, columns []planner.Field, defaults bool) {
	if len(columns) == 0 {
		w.emptyPayload(p)
		return
	}
	if kept := keptColumns(columns); defaults && len(kept) > 0 {
		w.keptTexts(p, columns, kept)
		return
	}
	if defaults && !p.Object {
		w.defaultedArray(p, columns)
		w.text(", LATERAL ")
	}
	if !transforms(columns) {
		w.records(p, columns, defaults)
		w.text(" AS pgrst_body(")
		w.definitions(columns)
		w.text(")")
		return
	}
	w.text("(SELECT ")
	list := w.commas()
	for i := range columns {
		list.item()
		w.made(&columns[i])
		w.as(columns[i].Name)
	}
	w.text(" FROM ")
	w.records(p, columns, defaults)
	w.text(" AS _(")
	w.definitions(columns)
	w.text(")) pgrst_body")
}

// made writes the conversion of a column of the records _.
func (w *writer) made(f *planner.Field) {
	if !f.Cell {
		w.transformed(f.Transform, func() { w.attribute(record, f.Name) })
		return
	}
	w.text("nullif(")
	w.attribute(record, f.Name)
	w.text(", '')::")
	w.sqlType(f.Type)
}

// record is the name of the records with a payload's columns.
var record = cache.QualifiedName{Name: "_"}

func transforms(columns []planner.Field) bool {
	for i := range columns {
		if columns[i].Transform.Name != "" || columns[i].Cell {
			return true
		}
	}
	return false
}

// emptyPayload writes a row without columns for each object of a payload without keys.
func (w *writer) emptyPayload(p *request.Payload) {
	if p.Object {
		w.text("(SELECT) pgrst_body")
		return
	}
	w.text("(SELECT FROM pg_catalog.json_array_elements(")
	w.raw(p)
	w.text(")) pgrst_body")
}

// records writes the function that converts the payload to records.
func (w *writer) records(p *request.Payload, columns []planner.Field, defaults bool) {
	switch {
	case defaults && p.Object:
		w.text("pg_catalog.jsonb_to_record(")
		w.defaults(columns)
		w.text(" OPERATOR(pg_catalog.||) ")
		w.raw(p)
		w.text("::pg_catalog.jsonb)")
	case defaults:
		w.text("pg_catalog.jsonb_to_recordset(pgrst_defaulted.elements)")
	case p.Object:
		w.text("pg_catalog.json_to_record(")
		w.raw(p)
		w.text(")")
	default:
		w.text("pg_catalog.json_to_recordset(")
		w.raw(p)
		w.text(")")
	}
}

// defaultedArray writes a FROM item with the payload's array, in which missing keys have defaults.
func (w *writer) defaultedArray(p *request.Payload, columns []planner.Field) {
	w.text("(SELECT pg_catalog.jsonb_agg(")
	w.defaults(columns)
	w.text(" OPERATOR(pg_catalog.||) elem) AS elements FROM pg_catalog.jsonb_array_elements(")
	w.raw(p)
	w.text(") elem) pgrst_defaulted")
}

// maxPairs is the maximum number of pairs in a call of jsonb_build_object: functions have at most 100 arguments.
const maxPairs = 50

// defaults writes an object of the columns' defaults.
func (w *writer) defaults(columns []planner.Field) {
	w.text("pg_catalog.jsonb_build_object(")
	pairs := 0
	for i := range columns {
		if columns[i].Default == "" {
			continue
		}
		switch {
		case pairs == 0:
		case pairs%maxPairs == 0:
			w.text(") OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(")
		default:
			w.text(", ")
		}
		pairs++
		w.literal(columns[i].Name)
		w.text(", ")
		w.expression(columns[i].Default)
	}
	w.text(")")
}

// definitions writes a column definition list.
func (w *writer) definitions(columns []planner.Field) {
	list := w.commas()
	for i := range columns {
		list.item()
		w.ident(columns[i].Name)
		if columns[i].Cell {
			w.text(" pg_catalog.text")
			continue
		}
		w.text(" ")
		w.sqlType(columns[i].Type)
	}
}

// raw writes the payload itself.
func (w *writer) raw(p *request.Payload) { w.bytes(p.Raw, false) }
