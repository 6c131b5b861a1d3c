package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// Defaults are added to the objects of a payload as jsonb, which does not keep the text of JSON: the order and
// repetition of keys, white space, the form of numbers. So the value of a json column is taken from the original
// object, and only if it is missing there from the object with defaults.
//
//	(SELECT _."a", CASE WHEN _."doc" IS NULL THEN NULL ELSE coalesce(given."doc", _."doc") END AS "doc"
//	FROM (SELECT defaults || o::jsonb AS defaulted, o FROM json_array_elements($1) o) d,
//	LATERAL jsonb_to_record(d.defaulted) AS _("a" integer, "doc" json), LATERAL json_to_record(d.o) AS given("doc" json))

// keptColumns returns the columns that must be taken from the original objects.
func keptColumns(columns []planner.Field) (kept []planner.Field) {
	for i := range columns {
		if isKept(&columns[i]) {
			kept = append(kept, columns[i])
		}
	}
	return kept
}

func isKept(f *planner.Field) bool { return f.BaseType == "json" && f.Transform.Name == "" }

// keptTexts writes the FROM item with the rows of a payload whose objects get defaults.
func (w *writer) keptTexts(p *request.Payload, columns, kept []planner.Field) {
	w.text("(SELECT ")
	list := w.commas()
	for i := range columns {
		list.item()
		if isKept(&columns[i]) {
			w.kept(&columns[i])
		} else {
			w.made(&columns[i])
		}
		w.as(columns[i].Name)
	}
	w.text(" FROM (SELECT ")
	w.defaults(columns)
	w.text(" OPERATOR(pg_catalog.||) o::pg_catalog.jsonb AS defaulted, o FROM ")
	w.objects(p)
	w.text(") d, LATERAL pg_catalog.jsonb_to_record(d.defaulted) AS _(")
	w.definitions(columns)
	w.text("), LATERAL pg_catalog.json_to_record(d.o) AS given(")
	w.definitions(kept)
	w.text(")) pgrst_body")
}

// objects writes the FROM item with the objects of a payload, as o.
func (w *writer) objects(p *request.Payload) {
	if p.Object {
		w.text("(SELECT ")
		w.raw(p)
		w.text("::pg_catalog.json AS o) _")
		return
	}
	w.text("pg_catalog.json_array_elements(")
	w.raw(p)
	w.text(") o")
}

// kept writes a column taken from the original object, unless the object lacks it. In CSV both are text.
func (w *writer) kept(f *planner.Field) {
	given := cache.QualifiedName{Name: "given"}
	w.text("CASE WHEN ")
	w.attribute(record, f.Name)
	w.text(" IS NULL")
	if f.Cell {
		w.text(" OR ")
		w.attribute(record, f.Name)
		w.text(" OPERATOR(pg_catalog.=) ''")
	}
	w.text(" THEN NULL ELSE coalesce(")
	w.attribute(given, f.Name)
	w.text(", ")
	w.attribute(record, f.Name)
	w.text(")")
	if f.Cell {
		w.text("::")
		w.sqlType(f.Type)
	}
	w.text(" END")
}
