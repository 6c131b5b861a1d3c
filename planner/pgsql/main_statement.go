package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// rows is the name of the rows that the answer consists of: what the client selected, ordered and limited.
const rows = "pgrst_rows"

// Options are what a main statement depends on besides its plan.
type Options struct {
	// Traceparent is the value of the request's traceparent header (W3C Trace Context, section 3.2), which must be
	// valid, or "". It is added to the statement as a comment, so that PostgreSQL's log and pg_stat_activity show the
	// origin of the statement.
	Traceparent string
	// NothingSet is set if response.headers and response.status cannot have been set: the plan is pure, no pre-request
	// function runs, and they are not settings of a role or database. The two columns are then NULL. A statement that
	// shows an execution plan always reads them, because clients see its columns.
	NothingSet bool
	// PlannedOnce is set if PostgreSQL plans the statement for this request only, because none are kept prepared. The
	// statement is then one that is planned more quickly, even if it takes longer.
	PlannedOnce bool
}

// Main returns the statement that answers a request for a relation or routine with a row of the columns from
// [ColumnRole] to [ColumnBody], or several rows, see [Statement.Rows]. If an execution plan is requested, the statement
// returns that instead, as rows with a single column.
func Main(p *planner.Plan, o Options) Statement {
	w := newWriter()
	if o.Traceparent != "" {
		w.traceparent(o.Traceparent)
	}
	explained := p.Explained() != nil
	if explained {
		w.explain(p.Explained())
	}
	w.main(p, o)
	s := w.statement()
	s.BinaryBody = p.Body.Kind == planner.BodyCustom && !explained
	if !explained {
		s.Rows = linesOf(p)
	}
	s.Once = s.Once || o.Traceparent != ""
	return s
}

// main writes a main statement, without EXPLAIN.
func (w *writer) main(p *planner.Plan, o Options) {
	if !o.PlannedOnce && o.Traceparent == "" {
		w.chooseText(p)
	}
	w.with(p)
	w.text("SELECT ")
	switch explained := p.Explained() != nil; {
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

// with writes the CTEs. The result of a call and the rows are CTEs only if necessary, because PostgreSQL plans better
// without them.
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
	switch {
	case paged(p):
		w.keysetRows(&list, p)
	case readsTwice(p):
		list.item()
		w.text(rows + " AS (")
		w.read(p.Read, p)
		w.text(")")
	}
	if list.first == list.next {
		w.text(" ")
	}
}

// callsApart reports whether a call's result is read twice, or might be computed twice: PostgreSQL may rescan it in a
// join.
func callsApart(p *planner.Plan) bool {
	return p.Call != nil &&
		(countsApart(p) || p.Call.Routine.Volatility == cache.Volatile && len(p.Read.Children) > 0)
}

// readsTwice reports whether the rows are needed twice.
func readsTwice(p *planner.Plan) bool { return paged(p) || countedLines(p) }

// countedLines reports whether the answer consists of lines that are counted first.
func countedLines(p *planner.Plan) bool { return linesOf(p) != OneRow && !uncounted(p) }

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

// callsFirst reports whether a call must not be moved into the body, which is the last column: the settings for the
// answer, which a function may change, precede it. All other bodies are aggregates, for which the rows are computed
// first.
func callsFirst(p *planner.Plan) bool {
	return p.Body.Kind == planner.BodyCustom && p.Call.Routine.ReturnsScalar()
}

// columns writes the columns of the answer after the role. If nothingSet is set, those of the settings are NULL.
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

// explainedColumns writes the columns in PostgREST's order, because clients see it in the plan.
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

// settings writes the settings of the answer, which functions may have set. A setting that was rolled back is an empty
// text.
func (w *writer) settings() { w.text(settingOfHeaders + ", " + settingOfStatus) }

// settingsOnce writes the settings as subqueries, which run once, when the first row is computed.
func (w *writer) settingsOnce() {
	w.text("(SELECT " + settingOfHeaders + "), (SELECT " + settingOfStatus + ")")
}

const (
	settingOfHeaders = "nullif(pg_catalog.current_setting('response.headers', true), '')"
	settingOfStatus  = "nullif(pg_catalog.current_setting('response.status', true), '')"
)

// fromRows writes FROM with the rows. The rows of a write that returns nothing are only counted, and the columns that
// the client names need not exist.
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
