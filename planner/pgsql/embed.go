package pgsql

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// embedForm is how an embed is included in its parent's query.
type embedForm uint8

const (
	// joined is a lateral join. PostgreSQL may plan it as a join of the whole relations.
	joined embedForm = iota
	// subselected is a subquery in the parent's select list. It runs only for the rows of the parent's window, after
	// these have been sorted and limited.
	subselected
	// absent is an embed that returns nothing and is only a condition.
	absent
)

// formOf returns the form in which child is included in the query of parent. An embed is joined if the rows of the join
// are needed: to group or order by them, or to spread them.
func formOf(parent, child *planner.ReadNode) embedForm {
	if aggregates(parent) {
		return joined
	}
	switch child.Output {
	case planner.EmbedArray:
		return formOfArray(parent, child)
	case planner.EmbedObject:
		if (limited(parent) || parent.One) && child.Relationship.CertainlyOne() && !child.Empty && !child.Inner &&
			!tests(parent.Where, child) && !orders(parent.Order, child) {
			return subselected
		}
	}
	return joined
}

func formOfArray(parent, child *planner.ReadNode) embedForm {
	switch tested := child.Inner || tests(parent.Where, child); {
	case tested && !askedByExists(parent, child), child.Empty && !tested:
		return joined
	case child.Empty:
		return absent
	default:
		return subselected
	}
}

// askedByExists reports whether EXISTS tests if child has rows, rather than a test of the array made of them. That
// avoids making arrays for rows of the parent that are discarded; if none are discarded, the rows are only searched
// twice. If the client requests no order, rows keep their physical order, which EXISTS might change.
func askedByExists(parent, child *planner.ReadNode) bool {
	if !existential(child) {
		return false
	}
	return testsAbsence(parent.Where, child) ||
		len(parent.Order) > 0 && (child.Empty || limited(parent) || restricted(child))
}

func limited(n *planner.ReadNode) bool { return n.Range.Limit != request.NoLimit }

// restricted reports whether conditions exclude rows of the relation from being embedded.
func restricted(n *planner.ReadNode) bool {
	return len(n.Where) > 0 || slices.ContainsFunc(n.Children, func(c *planner.ReadNode) bool { return c.Inner })
}

// tests reports whether a condition tests if the embed has rows.
func tests(where []planner.Condition, embed *planner.ReadNode) bool {
	return slices.ContainsFunc(where, func(c planner.Condition) bool {
		return c.Kind == planner.CondEmbedNull && c.Embed == embed || tests(c.Terms, embed)
	})
}

// testsAbsence reports whether a condition tests if the embed has no rows.
func testsAbsence(where []planner.Condition, embed *planner.ReadNode) bool {
	return slices.ContainsFunc(where, func(c planner.Condition) bool {
		return c.Kind == planner.CondEmbedNull && c.Embed == embed && !c.Not || testsAbsence(c.Terms, embed)
	})
}

// orders reports whether a term belongs to the embed.
func orders(terms []planner.OrderTerm, embed *planner.ReadNode) bool {
	return slices.ContainsFunc(terms, func(t planner.OrderTerm) bool { return t.Relation == embed.JoinAlias })
}

// existential reports whether n has rows exactly if there are rows that satisfy its conditions: no window can exclude
// them, and no aggregate can return a row without any.
func existential(n *planner.ReadNode) bool {
	if n.Range.Offset != 0 || n.Range.Limit == 0 || n.Range.Limit == request.NegativeLimit || aggregates(n) {
		return false
	}
	for _, child := range n.Children {
		if (child.Inner || tests(n.Where, child)) && !existential(child) {
			return false
		}
	}
	return true
}

// embed writes the condition that an embed has rows, or none.
func (w *conditions) embed(n *planner.ReadNode, found bool) {
	switch {
	case n.Inner && found: // as there is no row of the parent without
		w.text("TRUE")
		return
	case n.Inner:
		w.text("FALSE")
		return
	case w.nothingJoined || formOf(w.parent, n) != joined:
		if !found {
			w.text("NOT ")
		}
		w.exists(n)
		return
	case n.Output == planner.EmbedArray || n.Output == planner.SpreadMany:
		w.arrays(n)
	default:
		w.ident(n.JoinAlias)
		w.text(".*")
	}
	if found {
		w.text(" IS DISTINCT FROM NULL")
	} else {
		w.text(" IS NOT DISTINCT FROM NULL")
	}
}

// exists writes whether n has rows. If only the conditions on them decide that, they are neither joined nor sorted.
func (w *writer) exists(n *planner.ReadNode) {
	w.text("EXISTS (")
	if existential(n) {
		w.text("SELECT")
		w.unlimited(n, nil)
		w.fence(n, n.Inner, false)
	} else {
		w.embeddedRows(n)
		w.fence(n, n.Inner, !n.Range.All())
	}
	w.text(")")
}

// related writes whether there is a row of a related relation that satisfies further conditions.
func (w *conditions) related(c *planner.Condition) {
	if c.Not {
		w.text("NOT ")
	}
	w.text("EXISTS (SELECT")
	w.from(c.Embed, nil)
	w.where(c.Embed, true, c.Terms)
	w.fence(c.Embed, true, false)
	w.text(")")
}

// arrays writes the column of a joined to-many embed. It is NULL if there are no rows.
func (w *writer) arrays(n *planner.ReadNode) {
	w.attribute(cache.QualifiedName{Name: n.JoinAlias}, arraysOf(n))
}

// arraysOf returns the name of that column, which differs from those of a spread's columns.
func arraysOf(n *planner.ReadNode) string {
	return planner.FreeName(n.JoinAlias, func(name string) bool {
		return slices.ContainsFunc(n.SpreadFields, func(f planner.SpreadField) bool { return outputOf(&f) == name })
	})
}

// selectEmbed writes what a parent selects from an embed. It appends to keys the positions of the expressions by which
// the parent's rows are grouped.
func (w *writer) selectEmbed(list *list, parent, n *planner.ReadNode, keys []span) []span {
	switch {
	case n.Output == planner.SpreadOne || n.Output == planner.SpreadMany:
		return w.selectSpread(list, parent, n, keys)
	case n.Empty:
		return keys
	}
	list.item()
	from := len(w.sql)
	switch {
	case w.asText(n):
		w.embeddedText(parent, n)
	case n.Output == planner.EmbedArray:
		w.embeddedArray(parent, n)
	default:
		w.embeddedObject(parent, n)
	}
	if aggregates(parent) {
		keys = append(keys, w.since(from))
	}
	w.as(n.OutputName())
	return keys
}

// embeddedArray writes the JSON array of an embed. An array of rows is converted to JSON at once: jsonb_agg would copy
// every value twice, and json_agg would create text that is parsed again.
func (w *writer) embeddedArray(parent, n *planner.ReadNode) {
	if formOf(parent, n) == joined {
		w.text("COALESCE(")
		w.arrays(n)
		w.text(", '[]')")
		return
	}
	if w.form != whole {
		w.text("pg_catalog.to_jsonb(")
	}
	w.text("ARRAY(SELECT ")
	w.row(cache.QualifiedName{Name: n.JoinAlias})
	w.rowsOf(n)
	w.text(")")
	if w.form != whole {
		w.text(")")
	}
}

// embeddedObject writes the JSON object of an embed that has at most one row.
func (w *writer) embeddedObject(parent, n *planner.ReadNode) {
	if formOf(parent, n) == joined {
		w.embeddedRow(n)
		return
	}
	w.text("(SELECT ")
	w.embeddedRow(n)
	w.rowsOf(n)
	w.text(" LIMIT 1)")
}

// embeddedRow writes a row of n. COALESCE prevents its expansion to columns.
func (w *writer) embeddedRow(n *planner.ReadNode) {
	if w.form == whole {
		w.text("COALESCE(")
	} else {
		w.text("pg_catalog.to_jsonb(")
	}
	w.ident(n.JoinAlias)
	w.text(".*)")
}

// rowsOf writes FROM with the rows of n under its alias.
func (w *writer) rowsOf(n *planner.ReadNode) {
	w.text(" FROM (")
	w.embeddedRows(n)
	w.text(") AS ")
	w.ident(n.JoinAlias)
}

// embeddedRows writes the query for the rows of n.
//
// In a row that is itself converted to JSON, embeds remain rows or arrays of rows, because to_jsonb converts these
// recursively, while values that are jsonb already would be copied at every level. The rows of a spread become columns
// of the parent's, each a JSON array if there may be many. Grouping expressions are jsonb, which has an order for any
// content.
func (w *writer) embeddedRows(n *planner.ReadNode) {
	outer := w.form
	switch {
	case aggregates(n), n.Output == planner.SpreadMany:
		w.form = separate
	case n.Output != planner.SpreadOne:
		w.form = whole
	}
	w.read(n, nil)
	w.form = outer
}

// join writes the lateral join of n. That of a to-many embed has a single row of arrays.
func (w *writer) join(n *planner.ReadNode) {
	toMany := n.Output == planner.EmbedArray || n.Output == planner.SpreadMany
	if n.Inner {
		w.text(" INNER JOIN LATERAL (")
	} else {
		w.text(" LEFT JOIN LATERAL (")
	}
	switch {
	case toMany:
		w.joinedArrays(n)
	case w.asText(n) && !n.Inner:
		w.foundRows(n)
	default:
		w.joinedObject(n)
	}
	w.text(") AS ")
	w.ident(n.JoinAlias)
	w.text(" ON ")
	if n.Inner && toMany {
		w.arrays(n)
		w.text(" IS NOT NULL")
		return
	}
	w.text("TRUE")
}

// joinedObject writes the query of a joined to-one embed.
func (w *writer) joinedObject(n *planner.ReadNode) {
	w.embeddedRows(n)
	w.fence(n, n.Inner, !n.Range.All())
}

// joinedArrays writes the query of a joined to-many embed.
func (w *writer) joinedArrays(n *planner.ReadNode) {
	w.text("SELECT pg_catalog.to_jsonb(pg_catalog.array_agg(")
	w.ident(n.JoinAlias)
	w.text(".*)) AS ")
	w.ident(arraysOf(n))
	if n.Output == planner.SpreadMany {
		w.spreadArrays(n)
	}
	w.rowsOf(n)
}
