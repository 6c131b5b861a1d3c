package pgsql

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// source is the CTE with the rows of a mutation or call.
const source = "pgrst_source"

// relationOf returns the name of a node's rows in its own query.
func relationOf(n *planner.ReadNode) cache.QualifiedName {
	if n.FromAlias != "" {
		return cache.QualifiedName{Name: n.FromAlias}
	}
	return n.From
}

// freeName returns a name for a FROM item beside a relation, which may itself have that name.
func freeName(relation cache.QualifiedName, name string) cache.QualifiedName {
	return cache.QualifiedName{Name: planner.FreeName(name, func(n string) bool { return n == relation.Name })}
}

// read writes the query that reads a node and everything embedded in it. p is needed only for the root of the tree,
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
		conditions := w.where(n, false, nil)
		if p != nil && p.Keyset != nil {
			w.after(&conditions, n, p.Keyset, keys)
		}
		if aggregates(n) {
			w.groupBy(n, keys)
			w.having(relation, n, keys)
			w.orderGroups(relation, n, keys)
			return
		}
		w.orderRows(relation, n, keys)
		if p != nil && p.Mutation != nil && p.Mutation.Position != "" {
			w.text(" ORDER BY ")
			w.attribute(relation, p.Mutation.Position)
		}
	})
}

// selectList writes what a node selects. If that groups or orders its rows, it returns the positions of these
// expressions: first those of n.Select, then those of the embeds that are not aggregates.
func (w *writer) selectList(relation cache.QualifiedName, n *planner.ReadNode) []span {
	list := w.commas()
	var keys []span
	needed := aggregates(n) || ordersSelected(n)
	switch {
	case n.Empty && n.Depth > 0: // only whether there are rows matters, and no column's privilege
		list.item()
		w.text("1")
	case len(n.Select) == 0 && len(n.Children) == 0:
		list.item()
		w.column(relation, planner.AllColumns)
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

// where writes WHERE with the conditions of the node, further ones on its rows, those of its join, and those of its
// inner embeds. It returns the list of the conditions, to which others may be added.
func (w *writer) where(n *planner.ReadNode, nothingJoined bool, further []planner.Condition) list {
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
	return list
}

// groupBy writes GROUP BY with all selected expressions that are not aggregates, or nothing if there are none. The
// expressions are repeated, because a name in GROUP BY refers to a column of the relation first.
func (w *writer) groupBy(n *planner.ReadNode, keys []span) {
	list := list{w, " GROUP BY ", ", "}
	for i, key := range keys {
		if i >= len(n.Select) || n.Select[i].Aggregate == request.NoAggregate {
			list.item()
			w.again(key)
		}
	}
}

// having writes HAVING with the conditions on groups. Selected expressions are repeated unchanged.
func (w *writer) having(relation cache.QualifiedName, n *planner.ReadNode, keys []span) {
	list := list{w, " HAVING ", " AND "}
	c := conditions{writer: w, relation: relation, parent: n, keys: keys}
	for i := range n.Having {
		list.item()
		c.tree(&n.Having[i])
	}
}

// ordersSelected reports whether n is ordered by an expression that it selects.
func ordersSelected(n *planner.ReadNode) bool {
	return slices.ContainsFunc(n.Order, func(t planner.OrderTerm) bool { return t.Selected > 0 })
}

// orderRows writes ORDER BY for rows that are not grouped. Selected expressions are repeated unchanged: a name would be
// ambiguous if all columns are selected too.
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

// orderGroups writes ORDER BY for grouped rows. A grouping field is repeated unchanged. If the rows are grouped by a
// cast of the field, the first of a group's values is used.
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

// groupedBy returns the index in n.Select of a grouping field, preferably one without a cast, or -1.
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
