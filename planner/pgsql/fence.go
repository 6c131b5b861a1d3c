package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
)

// PostgreSQL makes the subqueries of embeds part of the query around them and looks for the best order of all their joins.
// That pays for a few. For many it takes seconds before the first row is read: of 20 inner embeds of one row each, with a
// count, 3.4 s. So only the first ones of a query are left to it. The others are fenced by OFFSET 0, which keeps them
// subqueries that run for the rows around them (PostgreSQL source, is_simple_subquery and simplify_EXISTS_query).

// flattened is how many relations PostgreSQL may make part of the query that is written.
type flattened struct{ inner, outer int }

// maxFlatInner bounds those that restrict the rows, whose order PostgreSQL chooses among all that there are. maxFlatOuter
// bounds those that do not.
const (
	maxFlatInner = 6
	maxFlatOuter = 24
)

// fence ends the subquery of an embed, which with inner restricts the rows around it. It keeps PostgreSQL from making it part of the query around it if there are many.
// A window that was written does that by itself.
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
