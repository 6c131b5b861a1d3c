package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// A page of rows in a unique order has one row more than it shows, from which it is known that there is a next page,
// and of each row the values that it is ordered by:
//
//	WITH pgrst_keyset AS (
//	  SELECT pgrst_row.*::record AS pgrst_row, pgrst_keys.pgrst_key FROM relation
//	  CROSS JOIN LATERAL (SELECT what is selected) pgrst_row
//	  CROSS JOIN LATERAL (SELECT ARRAY[values] AS pgrst_key) pgrst_keys
//	  WHERE … AND behind the last page ORDER BY … LIMIT 1 + limit
//	), pgrst_rows AS (SELECT (pgrst_row).* FROM pgrst_keyset LIMIT limit)
//
// The cursor of the next page is a column before the body, so that it is known before the body's first byte.
const keyset = "pgrst_keyset"

// paged reports whether the rows are a page with a cursor.
func paged(p *planner.Plan) bool { return p.Keyset != nil && p.Keyset.Paged }

// keysetRows writes the CTEs of a page.
func (w *writer) keysetRows(list *list, p *planner.Plan) {
	n := p.Read
	limit := n.Range.Limit
	list.item()
	w.text(keyset + " AS (")
	w.windowed(request.Range{Limit: limit + 1}, func() {
		relation := relationOf(n)
		row, key := freeName(relation, "pgrst_row"), freeName(relation, "pgrst_keys")
		w.text("SELECT ")
		w.row(row)
		w.text(" AS pgrst_row, ")
		w.name(key)
		w.text(".pgrst_key")
		w.from(n, p)
		for _, child := range n.Children {
			if formOf(n, child) == joined {
				w.join(child)
			}
		}
		w.text(" CROSS JOIN LATERAL (SELECT ")
		keys := w.selectList(relation, n)
		w.text(") ")
		w.name(row)
		w.text(" CROSS JOIN LATERAL (SELECT ARRAY[")
		values := w.commas()
		for i := range n.Order {
			values.item()
			w.cursorValue(relation, n, keys, &n.Order[i], &p.Keyset.Terms[i])
		}
		w.text("] AS pgrst_key) ")
		w.name(key)
		conditions := w.where(n, false, nil)
		w.after(&conditions, n, p.Keyset, keys)
		w.orderRows(relation, n, keys)
	})
	w.text(")")
	list.item()
	w.text(rows + " AS (SELECT (pgrst_row).* FROM " + keyset + " LIMIT ")
	w.integer(limit)
	w.text(")")
}

// cursorValue writes a text for what a row is ordered by: v and the value, or n for NULL. It must mean the same value
// to whoever asks for the next page; dates and times are written as in JSON, whatever the setting of DateStyle.
func (w *writer) cursorValue(
	relation cache.QualifiedName, n *planner.ReadNode, keys []span, t *planner.OrderTerm, k *planner.KeysetTerm,
) {
	w.text("coalesce('v' OPERATOR(pg_catalog.||) (")
	if k.Time {
		w.text("pg_catalog.to_json(")
		w.ordered(relation, n, keys, t)
		w.text(") OPERATOR(pg_catalog.#>>) '{}'), 'n')")
		return
	}
	w.ordered(relation, n, keys, t)
	w.text(")::pg_catalog.text, 'n')")
}

// ordered writes what a term orders by, in parentheses if it is not a name.
func (w *writer) ordered(relation cache.QualifiedName, n *planner.ReadNode, keys []span, t *planner.OrderTerm) {
	if t.Selected > 0 {
		w.text("(")
		w.again(keys[t.Selected-1])
		w.text(")")
		return
	}
	w.text("(")
	w.orderKey(relation, t)
	w.text(")")
}

// after writes the condition that rows come behind a cursor, if there is one.
func (w *writer) after(conditions *list, n *planner.ReadNode, k *planner.Keyset, keys []span) {
	if k.After {
		conditions.item()
		b := behind{w, n, k.Terms, keys}
		b.from(0)
	}
}

// behind writes conditions on the order of a row relative to a cursor.
type behind struct {
	*writer
	n     *planner.ReadNode
	terms []planner.KeysetTerm
	keys  []span
}

// from writes the condition that rows which are equal in all terms before i come behind the cursor: as one comparison
// of rows if all terms from i on agree, so that an index can be used, else term by term.
func (w *behind) from(i int) {
	k := &w.terms[i]
	w.text("(")
	switch {
	case w.agree(i):
		w.compareRows(i)
	case k.Null && !k.NullsFirst && i == len(w.terms)-1:
		w.text("FALSE")
	case k.Null && !k.NullsFirst:
		w.equal(i)
		w.text(" AND ")
		w.from(i + 1)
	default:
		w.beyond(i)
		if i < len(w.terms)-1 {
			w.text(" OR ")
			w.equal(i)
			w.text(" AND ")
			w.from(i + 1)
		}
	}
	w.text(")")
}

// agree reports whether all terms from i on are compared in one direction, and only the first one may be NULL, of which
// then no row is missed.
func (w *behind) agree(i int) bool {
	for at := i; at < len(w.terms); at++ {
		k := &w.terms[at]
		if k.Null || k.Desc != w.terms[i].Desc || k.Nullable && at > i {
			return false
		}
	}
	return true
}

func (w *behind) compareRows(i int) {
	columns := list{w.writer, "(", ", "}
	for at := i; at < len(w.terms); at++ {
		columns.item()
		w.key(at)
	}
	w.text(")")
	w.text(w.operator(i))
	values := list{w.writer, "(", ", "}
	for at := i; at < len(w.terms); at++ {
		values.item()
		w.value(w.terms[at].Value)
	}
	w.text(")")
	w.nullsBehind(i)
}

// beyond writes the condition that a row's value of a term comes behind that of the cursor.
func (w *behind) beyond(i int) {
	w.key(i)
	if w.terms[i].Null { // and nulls come first
		w.text(" IS NOT NULL")
		return
	}
	w.text(w.operator(i))
	w.value(w.terms[i].Value)
	w.nullsBehind(i)
}

// nullsBehind writes that nulls come behind, if there may be any and they do.
func (w *behind) nullsBehind(i int) {
	if k := &w.terms[i]; k.Nullable && !k.NullsFirst {
		w.text(" OR ")
		w.key(i)
		w.text(" IS NULL")
	}
}

func (w *behind) equal(i int) {
	w.key(i)
	if w.terms[i].Null {
		w.text(" IS NULL")
		return
	}
	w.text(" = ")
	w.value(w.terms[i].Value)
}

func (w *behind) key(i int) { w.ordered(relationOf(w.n), w.n, w.keys, &w.n.Order[i]) }

func (w *behind) operator(i int) constant {
	if w.terms[i].Desc {
		return " < "
	}
	return " > "
}

// nextCursor writes the values of the last row of a page if there is a next page, else NULL. If the next row has the
// same values, no cursor can tell them apart: an empty value says so.
func (w *writer) nextCursor(p *planner.Plan) {
	limit := p.Read.Range.Limit
	w.text("(SELECT CASE WHEN k.next OPERATOR(pg_catalog.=) k.last THEN ARRAY[''] WHEN k.next IS NOT NULL THEN k.last END FROM " +
		"(SELECT (SELECT pgrst_key FROM " + keyset + " LIMIT 1 OFFSET ")
	w.integer(limit - 1)
	w.text(") AS last, (SELECT pgrst_key FROM " + keyset + " LIMIT 1 OFFSET ")
	w.integer(limit)
	w.text(") AS next) k)")
}
