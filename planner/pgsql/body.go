package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
)

// rows is the alias of the rows that a body is made of.
const rows = "_postgrest_t"

// body writes the expression that makes a body of rows. The routine is nil but for calls.
func (w *writer) body(b *planner.Body, routine *cache.Routine) {
	switch b.Kind {
	case planner.BodyJSON:
		w.json(b.StripNulls, routine)
	case planner.BodyObject:
		element := rows
		if routine != nil && routine.ReturnsScalar() {
			element = rows + ".pgrst_scalar"
		}
		w.jsonElement(element, b.StripNulls, "->0", "'null'")
	case planner.BodyGeoJSON:
		w.raw("json_build_object('type', 'FeatureCollection', 'features', " +
			"coalesce(json_agg(ST_AsGeoJSON(" + rows + ")::json), '[]'))")
	case planner.BodyCSV:
		w.csv()
	case planner.BodyCustom:
		w.custom(&b.Handler, routine)
	default:
		w.raw("''::text")
	}
}

func (w *writer) json(strip bool, routine *cache.Routine) {
	switch {
	case routine == nil:
		w.jsonElement(rows, strip, "", "'[]'")
	case routine.ReturnsSingleComposite():
		w.jsonElement(rows, strip, "->0", "'null'")
	case routine.ReturnsScalar():
		w.jsonElement(rows+".pgrst_scalar", strip, "->0", "'null'")
	case routine.ReturnsSetOfScalar():
		w.jsonElement(rows+".pgrst_scalar", strip, "", "'[]'")
	default:
		w.jsonElement(rows, strip, "", "'[]'")
	}
}

func (w *writer) jsonElement(element string, strip bool, index, empty string) {
	w.raw("coalesce(")
	if strip {
		w.raw("json_strip_nulls(")
	}
	w.raw("json_agg(" + element + ")" + index)
	if strip {
		w.raw(")")
	}
	w.raw(", " + empty + ")")
}

// csv takes the header from the keys of a row's JSON, and the lines from the rows' text form without parentheses.
func (w *writer) csv() {
	w.raw("(SELECT coalesce(string_agg(a.k, ','), '') FROM (SELECT json_object_keys(r)::text AS k FROM (" +
		"SELECT row_to_json(hh) AS r FROM " + source + " AS hh LIMIT 1) s) a) || E'\\n' || " +
		"coalesce(string_agg(substring(" + rows + "::text, 2, length(" + rows + "::text) - 2), E'\\n'), '')")
}

func (w *writer) custom(h *cache.MediaHandler, routine *cache.Routine) {
	w.name(h.Function)
	w.raw("(" + rows)
	switch {
	case routine != nil && routine.ReturnsScalar():
		w.raw(".pgrst_scalar")
	case h.Target.Name != "":
		w.raw("::")
		w.name(h.Target)
	}
	w.raw(")")
}
