package pgsql

import (
	"strconv"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// Main returns the statement that answers a request in one row, whose columns are described at [ColumnTotal], or its
// execution plan, a line in each row.
func Main(p *planner.Plan) Statement {
	w := &writer{}
	if p.Media.Kind == request.MediaPlan {
		w.explain(p.Media.Plan)
	}
	switch {
	case p.Mutation != nil:
		w.write(p)
	case p.Call != nil:
		w.mainCall(p)
	default:
		w.mainRead(p)
	}
	return w.statement()
}

// Explain returns a statement that estimates the number of rows without limits, empty if it is not asked for.
func Explain(p *planner.Plan) Statement {
	if p.Call != nil || p.Mutation != nil || p.Read == nil ||
		p.Count != request.CountPlanned && p.Count != request.CountEstimated {
		return Statement{}
	}
	w := &writer{}
	w.raw("EXPLAIN (FORMAT JSON) ")
	w.count(p.Read)
	return w.statement()
}

func (w *writer) explain(m *request.PlanMedia) {
	w.raw("EXPLAIN (FORMAT ")
	if m.JSON {
		w.raw("JSON")
	} else {
		w.raw("TEXT")
	}
	for _, o := range []struct {
		option request.PlanOptions
		text   string
	}{
		{request.PlanAnalyze, ", ANALYZE"},
		{request.PlanVerbose, ", VERBOSE"},
		{request.PlanSettings, ", SETTINGS"},
		{request.PlanBuffers, ", BUFFERS"},
		{request.PlanWAL, ", WAL"},
	} {
		if m.Options&o.option != 0 {
			w.raw(o.text)
		}
	}
	w.raw(") ")
}

func (w *writer) mainRead(p *planner.Plan) {
	w.raw("WITH " + source + " AS ( ")
	w.read(p.Read)
	w.raw(" )")
	separate := w.countCTE(p, p.Count == request.CountEstimated)
	w.raw(" SELECT ")
	w.total(p, separate, nil)
	w.raw("pg_catalog.count(" + rows + ") AS page_total, ")
	w.gucs()
	w.raw("NULL AS location, NULL AS inserted, ")
	w.body(&p.Body, nil)
	w.raw(" AS body FROM ( SELECT * FROM " + source + " ) " + rows)
}

func (w *writer) mainCall(p *planner.Plan) {
	w.raw("WITH " + source + " AS (")
	w.call(p.Call)
	w.raw(")")
	separate := w.countCTE(p, false)
	w.raw(" SELECT ")
	w.total(p, separate, p.Call.Routine)
	w.pageTotal(p.Call.Routine)
	w.raw(" AS page_total, ")
	w.gucs()
	w.raw("NULL AS location, NULL AS inserted, ")
	w.body(&p.Body, p.Call.Routine)
	w.raw(" AS body FROM (")
	w.read(p.Read)
	w.raw(") " + rows)
}

func (w *writer) write(p *planner.Plan) {
	w.raw("WITH " + source + " AS (")
	w.mutation(p.Mutation)
	w.raw(") SELECT NULL AS total, pg_catalog.count(" + rows + ") AS page_total, ")
	w.gucs()
	w.location(p.Mutation)
	w.raw(" AS location, ")
	if countsInserted(p.Mutation) {
		w.raw("nullif(current_setting('pgrst.inserted', true), '')::int")
	} else {
		w.raw("NULL")
	}
	w.raw(" AS inserted, ")
	w.body(&p.Body, nil)
	w.raw(" AS body FROM (")
	if p.Body.Kind == planner.BodyNone {
		w.raw("SELECT * FROM " + source)
	} else {
		w.read(p.Read)
	}
	w.raw(") " + rows)
}

// gucs reads what a function may have set for the answer.
func (w *writer) gucs() {
	w.raw("nullif(current_setting('response.headers', true), '') AS response_headers, " +
		"nullif(current_setting('response.status', true), '') AS response_status, ")
}

// counting tells whether rows are counted by the statement itself.
func counting(p *planner.Plan) bool {
	return p.Count == request.CountExact || p.Count == request.CountEstimated
}

// countCTE adds a CTE with a row for each row without limits, and reports whether it did. Where nothing limits the
// rows, those of the page are all.
func (w *writer) countCTE(p *planner.Plan, bounded bool) bool {
	if !counting(p) || p.MaxRows < 0 && p.Range.All() {
		return false
	}
	w.raw(", pgrst_source_count AS (")
	w.count(p.Read)
	if bounded && p.MaxRows >= 0 {
		// One more than the limit suffices to know that the estimate is to be taken instead.
		w.raw(" LIMIT ")
		w.raw(strconv.FormatInt(p.MaxRows+1, 10))
	}
	w.raw(")")
	return true
}

func (w *writer) total(p *planner.Plan, separate bool, routine *cache.Routine) {
	switch {
	case !counting(p):
		w.raw("NULL")
	case separate:
		w.raw("(SELECT pg_catalog.count(*) FROM pgrst_source_count)")
	default:
		w.pageTotal(routine)
	}
	w.raw(" AS total, ")
}

func (w *writer) pageTotal(routine *cache.Routine) {
	if routine != nil && routine.ReturnsSingle() {
		w.raw("1")
		return
	}
	w.raw("pg_catalog.count(" + rows + ")")
}

// location writes the key of the one row that was written, as conditions of a URL.
func (w *writer) location(m *planner.Mutation) {
	if !m.Location || len(m.PrimaryKey) == 0 {
		w.raw("NULL")
		return
	}
	w.raw("CASE WHEN pg_catalog.count(" + rows + ") = 1 THEN (" +
		"WITH data AS (SELECT row_to_json(_) AS row FROM " + source + " AS _ LIMIT 1) " +
		"SELECT array_agg(json_data.key || '=' || coalesce('eq.' || json_data.value, 'is.null')) " +
		"FROM data CROSS JOIN json_each_text(data.row) AS json_data WHERE json_data.key IN (")
	list(w, ", ", m.PrimaryKey, func(c *string) { w.literal(*c) })
	w.raw(")) END")
}
