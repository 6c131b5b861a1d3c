package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
)

// PostgreSQL flattens the subqueries of embeds into the surrounding query and searches for the best order of all joins.
// That is worthwhile for a few. For many it takes seconds before the first row is read: 3.4 s for 20 inner embeds of
// one row each, with a count. So only the first ones of a query are flattened. The others are fenced by OFFSET 0, which
// keeps them subqueries that run for the surrounding rows (PostgreSQL source, is_simple_subquery and
// simplify_EXISTS_query).

// flattened counts the relations that PostgreSQL may flatten into the query that is being written.
type flattened struct{ inner, outer int }

// maxFlatInner bounds the relations that restrict the rows, among which PostgreSQL searches for the best order.
// maxFlatOuter bounds the others.
const (
	maxFlatInner = 6
	maxFlatOuter = 24
)

// fence ends the subquery of an embed, which restricts the surrounding rows if inner is set. If there are many, it
// keeps PostgreSQL from flattening the subquery. A window in the subquery has the same effect.
func (w *writer) fence(n *planner.ReadNode, inner, windowed bool) {
	size, count, most := 1, &w.flat.outer, maxFlatOuter
	if inner || n.Relationship == nil {
		count, most = &w.flat.inner, maxFlatInner
	}
	if r := n.Relationship; r != nil && r.Cardinality == cache.ManyToMany {
		size = 2
	}
	if *count += size; *count > most && !windowed {
		w.text(" OFFSET 0")
	}
}
