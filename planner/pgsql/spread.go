package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// selectSpread writes the columns that a parent selects from a spread, and appends their positions to keys unless they
// are aggregates.
func (w *writer) selectSpread(list *list, parent, n *planner.ReadNode, keys []span) []span {
	for i := range n.SpreadFields {
		f := &n.SpreadFields[i]
		list.item()
		key := w.spreadField(relationOf(parent), n, f)
		if f.Aggregate == request.NoAggregate {
			keys = append(keys, key)
		}
		if f.Transform.Name != "" {
			w.as(outputOf(f))
		} else {
			w.as(f.Alias)
		}
	}
	return keys
}

// spreadField writes a field that the parent, which is called relation, selects from the spread n. It returns where the
// expression is by which rows are grouped or ordered.
func (w *writer) spreadField(relation cache.QualifiedName, n *planner.ReadNode, f *planner.SpreadField) (key span) {
	column := func() {
		from := len(w.sql)
		w.column(cache.QualifiedName{Name: n.JoinAlias}, f.Name)
		key = w.since(from)
	}
	if f.Aggregate == request.NoAggregate {
		w.transformed(f.Transform, column)
		return key
	}
	filter := func() { w.filterRows(relation, f.Filter) }
	return w.aggregate(f.Aggregate, f.AggregateCast, f.Transform, filter, column)
}

// spreadValue writes what the parent, which is called relation, selects from the spread n under a name, as groups are
// ordered and compared by it.
func (w *writer) spreadValue(relation cache.QualifiedName, n *planner.ReadNode, name string) {
	for i := range n.SpreadFields {
		if f := n.SpreadFields[i]; f.Name != planner.AllColumns && outputOf(&f) == name {
			if f.AggregateCast == "" {
				f.Transform = cache.QualifiedName{}
			}
			w.spreadField(relation, n, &f)
			return
		}
	}
	w.column(cache.QualifiedName{Name: n.JoinAlias}, name)
}

// spreadExtra writes a column that a to-many spread selects only for its order.
func (w *writer) spreadExtra(relation cache.QualifiedName, e *planner.SpreadExtra) {
	if e.Embed != nil {
		w.extreme(e.Embed, &e.Field.Field, e.Direction)
		w.as(e.Field.Alias)
		return
	}
	if e.Relation != "" {
		relation = cache.QualifiedName{Name: e.Relation}
	}
	w.selectField(relation, &e.Field)
}

// spreadArrays writes the columns of a to-many spread, each an array of its own.
func (w *writer) spreadArrays(n *planner.ReadNode) {
	relation := cache.QualifiedName{Name: n.JoinAlias}
	for i := range n.SpreadFields {
		f := &n.SpreadFields[i]
		w.text(", COALESCE(pg_catalog.json_agg(")
		w.column(relation, f.Name)
		w.orderBy(relation, n.SpreadOrder)
		w.text("), '[]')::pg_catalog.jsonb AS ")
		w.ident(outputOf(f))
	}
}

// outputOf returns the name of a spread's column in the parent's query.
func outputOf(f *planner.SpreadField) string {
	if f.Alias != "" {
		return f.Alias
	}
	return f.Name
}
