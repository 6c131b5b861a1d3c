package pgsql

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// source is the CTE with the rows of a mutation or call.
const source = "pgrst_source"

// relationOf returns the name under which a node's rows are visible in its own query.
func relationOf(n *planner.ReadNode) cache.QualifiedName {
	if n.FromAlias != "" {
		return cache.QualifiedName{Name: n.FromAlias}
	}
	return n.From
}

// read writes the query that reads a node and all that is embedded in it. p is needed for the root of the tree only,
// whose rows may be those of a mutation or call.
func (w *writer) read(n *planner.ReadNode, p *planner.Plan) {
	w.windowed(n.Range, func() {
		relation := relationOf(n)
		w.text("SELECT ")
		keys := w.selectList(relation, n)
		w.from(n, p)
		for _, child := range n.Children {
			if formOf(n, child) == joined {
				w.join(child)
			}
		}
		w.where(n, false, nil)
		if aggregates(n) {
			w.groupBy(n, keys)
			w.having(relation, n, keys)
			w.orderGroups(relation, n, keys)
			return
		}
		w.orderRows(relation, n, keys)
	})
}

// selectList writes what a node selects. If that groups or orders its rows, it returns where the expressions are by which
// it does: first those of n.Select, then those of the embeds that are no aggregates.
func (w *writer) selectList(relation cache.QualifiedName, n *planner.ReadNode) []span {
	list := w.commas()
	var keys []span
	needed := aggregates(n) || ordersSelected(n)
	if len(n.Select) == 0 && len(n.Children) == 0 {
		list.item()
		w.column(relation, "*")
	}
	for i := range n.Select {
		list.item()
		key := w.selectField(relation, &n.Select[i])
		if needed {
			keys = append(keys, key)
		}
	}
	for i := range n.SpreadExtra {
		list.item()
		w.spreadExtra(relation, &n.SpreadExtra[i])
	}
	for _, child := range n.Children {
		keys = w.selectEmbed(&list, n, child, keys)
	}
	return keys
}

// from writes FROM with the node's relation, the function of a computed relationship, or the result of a mutation or
// call, and the junction of a many-to-many relationship.
func (w *writer) from(n *planner.ReadNode, p *planner.Plan) {
	w.text(" FROM ")
	r := n.Relationship
	switch {
	case n.FromSource:
		w.source(p)
	case r != nil && r.Cardinality == cache.Computed:
		w.name(r.Function)
		w.text("(")
		w.ident(n.ParentAlias)
		w.text(".*::")
		w.name(r.Table)
		w.text(")")
	default:
		w.name(n.From)
	}
	w.as(n.FromAlias)
	if r != nil && r.Cardinality == cache.ManyToMany {
		w.text(", ")
		w.name(r.Junction.Table)
		w.as(n.JunctionAlias)
	}
}

// where writes WHERE with the conditions of the node, further ones on its rows, those of its join, and those that its inner
// embeds are.
func (w *writer) where(n *planner.ReadNode, nothingJoined bool, further []planner.Condition) {
	list := list{w, " WHERE ", " AND "}
	c := conditions{writer: w, relation: relationOf(n), parent: n, nothingJoined: nothingJoined}
	for i := range n.Where {
		list.item()
		c.tree(&n.Where[i])
	}
	for i := range further {
		list.item()
		c.tree(&further[i])
	}
	for i := range n.JoinOn {
		j := &n.JoinOn[i]
		list.item()
		w.attribute(j.LeftRelation, j.LeftColumn)
		w.text(" = ")
		w.attribute(j.RightRelation, j.RightColumn)
	}
	for _, child := range n.Children {
		if child.Inner && (nothingJoined || formOf(n, child) != joined) {
			list.item()
			w.exists(child)
		}
	}
}

// groupBy writes GROUP BY with all that is selected and no aggregate, or nothing if there is only that. The expressions
// themselves are repeated: a name in GROUP BY means a column of the relation first, and only then what is selected.
func (w *writer) groupBy(n *planner.ReadNode, keys []span) {
	list := list{w, " GROUP BY ", ", "}
	for i, key := range keys {
		if i >= len(n.Select) || n.Select[i].Aggregate == request.NoAggregate {
			list.item()
			w.again(key)
		}
	}
}

// having writes HAVING with the conditions on groups. Expressions that are selected are written as they are there.
func (w *writer) having(relation cache.QualifiedName, n *planner.ReadNode, keys []span) {
	list := list{w, " HAVING ", " AND "}
	c := conditions{writer: w, relation: relation, parent: n, keys: keys}
	for i := range n.Having {
		list.item()
		c.tree(&n.Having[i])
	}
}

// ordersSelected reports whether n is ordered by what it selects.
func ordersSelected(n *planner.ReadNode) bool {
	return slices.ContainsFunc(n.Order, func(t planner.OrderTerm) bool { return t.Selected > 0 })
}

// orderRows writes ORDER BY for rows that are not grouped. What is selected is written again as it is there: a name would
// be ambiguous where all columns are selected beside it.
func (w *writer) orderRows(relation cache.QualifiedName, n *planner.ReadNode, keys []span) {
	list := list{w, " ORDER BY ", ", "}
	for i := range n.Order {
		t := &n.Order[i]
		list.item()
		if t.Selected > 0 {
			w.again(keys[t.Selected-1])
		} else {
			w.orderKey(relation, t)
		}
		w.direction(t)
	}
}

// orderGroups writes ORDER BY for rows that are grouped. A field that they are grouped by is written as it is there.
// Where they are grouped by a cast of it, the first of a group's values counts.
func (w *writer) orderGroups(relation cache.QualifiedName, n *planner.ReadNode, keys []span) {
	list := list{w, " ORDER BY ", ", "}
	for i := range n.Order {
		t := &n.Order[i]
		list.item()
		switch key := groupedBy(n, &t.Field); {
		case t.Selected > 0:
			w.again(keys[t.Selected-1])
		case key < 0 || t.Relation != "" || t.Embed != nil:
			w.orderTerm(relation, t)
			continue
		case n.Select[key].Cast == "":
			w.again(keys[key])
		default:
			w.text("pg_catalog.percentile_disc(0) WITHIN GROUP (ORDER BY ")
			w.field(relation, &t.Field)
			w.text(")")
		}
		w.direction(t)
	}
}

// groupedBy returns the index in n.Select of a field that rows are grouped by, of several the one without a cast, or -1.
func groupedBy(n *planner.ReadNode, f *planner.Field) int {
	found := -1
	for i := range n.Select {
		s := &n.Select[i]
		if s.Aggregate != request.NoAggregate || s.Field.Name != f.Name || !slices.Equal(s.Field.Path, f.Path) {
			continue
		}
		if found = i; s.Cast == "" {
			break
		}
	}
	return found
}

// aggregates reports whether a node selects an aggregate, of its own or of a spread.
func aggregates(n *planner.ReadNode) bool {
	for i := range n.Select {
		if n.Select[i].Aggregate != request.NoAggregate {
			return true
		}
	}
	for _, child := range n.Children {
		for i := range child.SpreadFields {
			if child.SpreadFields[i].Aggregate != request.NoAggregate {
				return true
			}
		}
	}
	return false
}
