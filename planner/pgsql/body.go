package pgsql

import "trunkline/planner"

// body writes the expression that aggregates the rows to a body.
//
// Top-level rows have exactly the text of json_agg, also if the statement joins it itself: rows separated by a comma, a
// space, a line break and a space.
func (w *writer) body(p *planner.Plan) {
	switch p.Body.Kind {
	case planner.BodyNone:
		w.text("''")
	case planner.BodyJSON:
		w.json(p, returnsSingle(p))
	case planner.BodyObject:
		w.json(p, true)
	case planner.BodyGeoJSON:
		w.text("pg_catalog.json_build_object('type', 'FeatureCollection', 'features', " +
			"coalesce(pg_catalog.json_agg(ST_AsGeoJSON(" + rows + ".*)::pg_catalog.json), '[]'))")
	case planner.BodyCSV:
		w.csvHeader()
	case planner.BodyLines:
		w.linesHead(p)
	case planner.BodyCustom:
		w.custom(p)
	}
}

func returnsSingle(p *planner.Plan) bool { return p.Call != nil && p.Call.Routine.ReturnsSingle() }

// json writes the array of the rows or, if single is set, the first row, or null if there is none.
func (w *writer) json(p *planner.Plan, single bool) {
	if w.form == joinedText {
		w.textOfRows(p, single)
		return
	}
	w.text("coalesce(")
	if p.Body.StripNulls {
		w.text("pg_catalog.json_strip_nulls(")
	}
	w.text("pg_catalog.json_agg(" + rows)
	if isScalar(p, single) {
		w.text(".pgrst_scalar)")
	} else {
		w.text(".*)")
	}
	if single {
		w.text(" OPERATOR(pg_catalog.->) 0")
	}
	if p.Body.StripNulls {
		w.text(")")
	}
	if single {
		w.text(", 'null')")
	} else {
		w.text(", '[]')")
	}
}

// isScalar reports whether the rows' only column is returned instead of the rows. As a single object, even the elements
// of a set of scalars are returned as rows.
func isScalar(p *planner.Plan, single bool) bool {
	if p.Call == nil {
		return false
	}
	r := p.Call.Routine
	return r.ReturnsScalar() || !single && r.ReturnsSetOfScalar()
}

// custom applies a media type handler of the database: an aggregate of the rows or, for a routine that returns a value
// of the media type's domain, a cast to it.
func (w *writer) custom(p *planner.Plan) {
	h := &p.Body.Handler
	w.name(h.Function)
	w.text("(" + rows)
	switch {
	case p.Call != nil && p.Call.Routine.ReturnsScalar():
		w.text(".pgrst_scalar")
	case h.Target.Name != "":
		w.text(".*::")
		w.name(h.Target)
	default:
		w.text(".*")
	}
	w.text(")")
}
