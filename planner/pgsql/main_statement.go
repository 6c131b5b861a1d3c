package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// rows is the name of the rows that the answer is made of: what the client selected, in order, cut to its window.
const rows = "pgrst_rows"

// Options are what a main statement depends on besides its plan.
type Options struct {
	// Traceparent is the trace that the request is part of: the value of the header (W3C Trace Context, section 3.2),
	// which must be valid, or "" for none. The statement has it in a comment, so that PostgreSQL's log and
	// pg_stat_activity show where the statement came from.
	Traceparent string
	// NothingSet is set when response.headers and response.status cannot have been set: the plan is pure, no pre-request
	// function runs, and no role or database has them among its settings. The two columns are NULL then, unread. The
	// statement that shows an execution plan has them in any case, because clients see its columns.
	NothingSet bool
}

// Main returns the statement that answers a request for a relation or routine in rows of the columns from
// [ColumnRole] to [ColumnBody]: one, or with [Statement.Rows] more. If the plan asks for an execution plan, the statement
// shows that instead, a line in each row's one column.
func Main(p *planner.Plan, o Options) Statement {
	w := newWriter()
	if o.Traceparent != "" {
		w.traceparent(o.Traceparent)
	}
	explained := p.Media.Kind == request.MediaPlan
	if explained {
		w.explain(p.Media.Plan)
	}
	w.with(p)
	w.text("SELECT ")
	switch {
	case explained && linesOf(p) == OneRow:
		w.explainedColumns(p)
	case explained:
		w.columns(p, false)
	default:
		w.text("current_user, ")
		w.columns(p, o.NothingSet)
	}
	w.fromRows(p)
	w.furtherRows(p)
	s := w.statement()
	s.BinaryBody = p.Body.Kind == planner.BodyCustom && !explained
	if !explained {
		s.Rows = linesOf(p)
	}
	s.Once = s.Once || o.Traceparent != ""
	return s
}

// explain writes EXPLAIN with the options that the client chose.
func (w *writer) explain(m *request.PlanMedia) {
	if m.JSON {
		w.text("EXPLAIN (FORMAT JSON")
	} else {
		w.text("EXPLAIN (FORMAT TEXT")
	}
	for i, option := range [...]constant{", ANALYZE", ", VERBOSE", ", SETTINGS", ", BUFFERS", ", WAL"} {
		if m.Options&(1<<i) != 0 {
			w.text(option)
		}
	}
	w.text(") ")
}

// with writes the CTEs. The result of a call and the rows are one only where they must be, because PostgreSQL plans
// better without.
func (w *writer) with(p *planner.Plan) {
	list := list{w, "WITH ", ", "}
	switch {
	case p.Mutation != nil:
		list.item()
		w.text(source + " AS (")
		w.mutation(p.Mutation)
		w.text(")")
	case callsApart(p):
		list.item()
		w.text(source + " AS (")
		w.call(p.Call)
		w.text(")")
	}
	if readsTwice(p) {
		list.item()
		w.text(rows + " AS (")
		w.read(p.Read, p)
		w.text(")")
	}
	if list.first == list.next {
		w.text(" ")
	}
}

// callsApart reports whether a call's result is read twice, or might be computed twice: where it is joined, PostgreSQL may
// start over with it.
func callsApart(p *planner.Plan) bool {
	return p.Call != nil &&
		(countsApart(p) || p.Call.Routine.Volatility == cache.Volatile && len(p.Read.Children) > 0)
}

// readsTwice reports whether the rows are needed twice.
func readsTwice(p *planner.Plan) bool { return linesOf(p) != OneRow && !uncounted(p) }

// source writes the FROM item with the rows of a mutation or call.
func (w *writer) source(p *planner.Plan) {
	if p.Mutation != nil || callsApart(p) {
		w.text(source)
		return
	}
	w.text("(")
	w.call(p.Call)
	if callsFirst(p) {
		w.text(" OFFSET 0")
	}
	w.text(")")
}

// callsFirst reports whether a call must be kept from being moved into the body, which is the last column: the settings
// for the answer, which a function may change, come before. All other bodies are aggregates, for which the rows are
// computed first.
func callsFirst(p *planner.Plan) bool {
	return p.Body.Kind == planner.BodyCustom && p.Call.Routine.ReturnsScalar()
}

// columns writes the columns of the answer behind the role. With nothingSet, those of the settings are NULL.
func (w *writer) columns(p *planner.Plan, nothingSet bool) {
	w.total(p)
	w.text(", ")
	w.pageTotal(p)
	w.text(", ")
	switch {
	case nothingSet:
		w.text("NULL, NULL")
	case uncounted(p):
		w.settingsOnce()
	default:
		w.settings()
	}
	w.text(", ")
	w.location(p)
	w.text(", ")
	w.inserted(p)
	w.text(", ")
	w.body(p)
}

// explainedColumns writes the columns in the order that clients know from PostgREST, for they see it in the plan.
func (w *writer) explainedColumns(p *planner.Plan) {
	w.total(p)
	w.text(", ")
	w.pageTotal(p)
	w.text(", ")
	if p.Mutation != nil {
		w.location(p)
		w.text(", ")
	}
	w.body(p)
	w.text(", ")
	w.settings()
	w.text(", ")
	w.inserted(p)
}

// settings writes what functions may have set for the answer. A setting that was undone is an empty text.
func (w *writer) settings() { w.text(settingOfHeaders + ", " + settingOfStatus) }

// settingsOnce writes them as queries, which run once: when the first row is there.
func (w *writer) settingsOnce() {
	w.text("(SELECT " + settingOfHeaders + "), (SELECT " + settingOfStatus + ")")
}

const (
	settingOfHeaders = "nullif(pg_catalog.current_setting('response.headers', true), '')"
	settingOfStatus  = "nullif(pg_catalog.current_setting('response.status', true), '')"
)

// fromRows writes FROM with the rows. Those of a write that shows nothing are not read beyond their number, and no
// column that the client names needs to exist.
func (w *writer) fromRows(p *planner.Plan) {
	switch {
	case p.Mutation != nil && p.Body.Kind == planner.BodyNone:
		w.text(" FROM " + source)
	case readsTwice(p):
		w.text(" FROM " + rows)
	case uncounted(p):
		w.fromLines(p)
	default:
		w.text(" FROM (")
		w.read(p.Read, p)
		w.text(") " + rows)
	}
}
