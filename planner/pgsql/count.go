package pgsql

import (
	"trunkline/planner"
	"trunkline/planner/request"
)

// Explain returns the statement that estimates the number of rows without limit and offset from PostgreSQL's plan in
// JSON. It is empty if the estimate is not requested.
func Explain(p *planner.Plan) Statement {
	estimated := p.Count == request.CountPlanned || p.Count == request.CountEstimated
	if p.Action != request.ActionRead || !estimated {
		return Statement{}
	}
	w := newWriter()
	w.text("EXPLAIN (FORMAT JSON) SELECT")
	w.unlimited(p.Read, p)
	return w.statement()
}

// unlimited writes what follows the select list of a query for the rows of n without limits. Nothing is joined: embeds
// that restrict the rows become conditions.
func (w *writer) unlimited(n *planner.ReadNode, p *planner.Plan) {
	if len(n.Having) > 0 {
		w.groups(n, p)
		return
	}
	w.from(n, p)
	w.where(n, true, nil)
}

// groups writes FROM with the groups of n that satisfy conditions. Without such conditions rows are counted, as in
// PostgREST.
func (w *writer) groups(n *planner.ReadNode, p *planner.Plan) {
	all := *n
	all.Range, all.Order = request.AllRows, nil
	w.text(" FROM (")
	w.read(&all, p)
	w.text(") pgrst_groups")
}

// counts reports whether the statement itself counts all rows.
func counts(p *planner.Plan) bool {
	return p.Mutation == nil && (p.Count == request.CountExact || p.Count == request.CountEstimated)
}

// countsApart reports whether there may be more rows than those in this answer.
func countsApart(p *planner.Plan) bool {
	return counts(p) && (p.MaxRows != request.NoLimit || !p.Range.All())
}

// total writes the number of rows without limit and offset, or NULL.
func (w *writer) total(p *planner.Plan) {
	switch {
	case !counts(p):
		w.text("NULL::bigint")
	case uncounted(p), p.Keyset != nil && p.Keyset.After: // rows before this page count too
		w.eagerTotal(p)
	case !countsApart(p):
		w.pageTotal(p)
	case p.Count == request.CountExact && p.Call == nil && len(p.Read.Children) == 0 && !aggregates(p.Read) &&
		!p.Read.Range.All():
		w.lazyTotal(p)
	default:
		w.eagerTotal(p)
	}
}

// pageTotal writes the number of rows in this answer. A routine that returns a single value counts as one row. If
// nothing else makes PostgreSQL compute the rows, counting does, so that HEAD fails if GET would.
func (w *writer) pageTotal(p *planner.Plan) {
	single := p.Call != nil && p.Call.Routine.ReturnsSingle()
	shown := p.Body.Kind != planner.BodyNone
	switch {
	case uncounted(p):
		w.text("NULL::bigint")
	case single && p.Body.Kind == planner.BodyLines: // an aggregate, so that there is one row
		w.text("greatest(1, pg_catalog.count(*))")
	case single && shown:
		w.text("1")
	case single:
		w.text("greatest(1, pg_catalog.count(" + rows + ".*))")
	case shown || p.Mutation != nil:
		w.text("pg_catalog.count(*)")
	default:
		w.text("pg_catalog.count(" + rows + ".*)")
	}
}

// lazyTotal counts all rows only if the number of those in this answer does not imply the total: an answer with fewer
// rows than its limit is the last one.
func (w *writer) lazyTotal(p *planner.Plan) {
	r := p.Read.Range
	w.text("CASE WHEN ")
	if r.Limit != request.NoLimit {
		w.text("pg_catalog.count(*) OPERATOR(pg_catalog.<) ")
		w.integer(r.Limit)
	}
	if r.Offset != 0 {
		if r.Limit != request.NoLimit {
			w.text(" AND ")
		}
		w.text("pg_catalog.count(*) OPERATOR(pg_catalog.>) 0")
	}
	w.text(" THEN pg_catalog.count(*)")
	if r.Offset != 0 {
		w.text(" OPERATOR(pg_catalog.+) ")
		w.integer(r.Offset)
	}
	w.text(" ELSE ")
	w.eagerTotal(p)
	w.text(" END")
}

// eagerTotal counts all rows. An estimate only requires knowing that there are more than an answer may have.
func (w *writer) eagerTotal(p *planner.Plan) {
	outer := w.flat
	w.flat = flattened{}
	defer func() { w.flat = outer }()
	if p.Count == request.CountEstimated && p.Call == nil && p.MaxRows != request.NoLimit {
		w.text("(SELECT pg_catalog.count(*) FROM (SELECT")
		w.unlimited(p.Read, p)
		w.text(" LIMIT ")
		w.int(p.MaxRows + 1)
		w.text(") pgrst_count)")
		return
	}
	w.text("(SELECT pg_catalog.count(*)")
	w.unlimited(p.Read, p)
	w.text(")")
}
