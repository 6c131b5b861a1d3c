package pgsql

import (
	"strconv"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// source is the result of a mutation or call, or of the read itself where it is needed twice.
const source = "pgrst_source"

// visible is the name under which a node's rows are visible in its own query.
func visible(n *planner.ReadNode) cache.QualifiedName {
	switch {
	case n.FromAlias != "":
		return cache.QualifiedName{Name: n.FromAlias}
	case n.Relationship != nil && n.Relationship.Cardinality == cache.Computed:
		return cache.QualifiedName{Name: n.Relationship.Function.Name}
	case n.FromSource:
		return cache.QualifiedName{Name: source}
	default:
		return n.From
	}
}

// read writes the query of a node and, in lateral joins, of its children.
func (w *writer) read(n *planner.ReadNode) {
	relation := visible(n)
	w.raw("SELECT ")
	w.selectList(relation, n)
	w.from(n)
	for _, child := range n.Children {
		w.join(child)
	}
	w.where(relation, n, func(c *planner.Condition) {
		w.ident(c.Embed.JoinAlias)
		if c.Not {
			w.raw(" IS DISTINCT FROM NULL")
		} else {
			w.raw(" IS NOT DISTINCT FROM NULL")
		}
	})
	w.groupBy(relation, n)
	w.orderBy(relation, n.Order)
	w.limit(n.Range)
}

func (w *writer) selectList(relation cache.QualifiedName, n *planner.ReadNode) {
	first := true
	next := func() {
		if !first {
			w.raw(", ")
		}
		first = false
	}
	if len(n.Select) == 0 && len(n.Children) == 0 {
		next()
		w.column(relation, "*")
	}
	for i := range n.Select {
		next()
		w.selectField(relation, &n.Select[i])
	}
	for i := range n.SpreadExtra {
		next()
		from := relation
		if n.SpreadExtra[i].Relation != "" {
			from = cache.QualifiedName{Name: n.SpreadExtra[i].Relation}
		}
		w.selectField(from, &n.SpreadExtra[i].Field)
	}
	for _, child := range n.Children {
		w.selectEmbed(child, next)
	}
}

// selectEmbed writes what a parent selects of an embed.
func (w *writer) selectEmbed(n *planner.ReadNode, next func()) {
	switch n.Output {
	case planner.EmbedObject:
		if n.Empty {
			return
		}
		next()
		w.raw("row_to_json(")
		w.ident(n.JoinAlias)
		w.raw(".*)::jsonb AS ")
		w.ident(n.OutputName())
	case planner.EmbedArray:
		if n.Empty {
			return
		}
		next()
		w.raw("COALESCE(")
		w.ident(n.JoinAlias)
		w.raw(".")
		w.ident(n.JoinAlias)
		w.raw(", '[]') AS ")
		w.ident(n.OutputName())
	default:
		for i := range n.SpreadFields {
			next()
			w.spreadField(n, &n.SpreadFields[i])
		}
	}
}

func (w *writer) spreadField(n *planner.ReadNode, f *planner.SpreadField) {
	w.aggregate(f.Aggregate, f.AggregateCast, func() {
		w.column(cache.QualifiedName{Name: n.JoinAlias}, f.Name)
	})
	w.as(f.Alias)
}

// from writes FROM with the node's relation, function or CTE, and the junction of a many-to-many relationship.
func (w *writer) from(n *planner.ReadNode) {
	w.raw(" FROM ")
	r := n.Relationship
	switch {
	case r != nil && r.Cardinality == cache.Computed:
		w.name(r.Function)
		w.raw("(")
		if n.ParentAlias != "" {
			w.ident(n.ParentAlias)
		} else {
			w.ident(r.Table.Name)
		}
		w.raw("::")
		w.name(r.Table)
		w.raw(")")
	case n.FromSource:
		w.raw(source)
	default:
		w.name(n.From)
	}
	w.as(n.FromAlias)
	if r != nil && r.Cardinality == cache.ManyToMany {
		w.raw(", ")
		w.name(r.Junction.Table)
	}
}

func (w *writer) where(relation cache.QualifiedName, n *planner.ReadNode, onEmbed embedNull) {
	separator := " WHERE "
	for i := range n.Where {
		w.raw(separator)
		separator = " AND "
		w.condition(relation, &n.Where[i], onEmbed)
	}
	for i := range n.JoinOn {
		w.raw(separator)
		separator = " AND "
		j := &n.JoinOn[i]
		w.column(j.LeftRelation, j.LeftColumn)
		w.raw(" = ")
		w.column(j.RightRelation, j.RightColumn)
	}
}

// join writes the lateral join of a child.
func (w *writer) join(n *planner.ReadNode) {
	kind, condition := " LEFT JOIN LATERAL ( ", "TRUE"
	if n.Inner {
		kind = " INNER JOIN LATERAL ( "
	}
	w.raw(kind)
	switch n.Output {
	case planner.EmbedArray, planner.SpreadMany:
		w.raw("SELECT json_agg(")
		w.ident(n.JoinAlias)
		w.raw(")::jsonb AS ")
		w.ident(n.JoinAlias)
		if n.Output == planner.SpreadMany {
			w.spreadArrays(n)
		}
		w.raw(" FROM ( ")
		w.read(n)
		w.raw(" ) AS ")
		w.ident(n.JoinAlias)
		if n.Inner {
			condition = ""
		}
	default:
		w.read(n)
	}
	w.raw(" ) AS ")
	w.ident(n.JoinAlias)
	w.raw(" ON ")
	if condition == "" {
		w.ident(n.JoinAlias)
		w.raw(" IS NOT NULL")
		return
	}
	w.raw(condition)
}

// spreadArrays writes one array for each column of a to-many spread.
func (w *writer) spreadArrays(n *planner.ReadNode) {
	relation := cache.QualifiedName{Name: n.JoinAlias}
	for i := range n.SpreadFields {
		f := &n.SpreadFields[i]
		w.raw(", COALESCE(json_agg(")
		w.column(relation, f.Name)
		w.orderBy(relation, n.SpreadOrder)
		w.raw("), '[]')::jsonb AS ")
		if f.Alias != "" {
			w.ident(f.Alias)
		} else {
			w.ident(f.Name)
		}
	}
}

// groupBy groups by everything that is selected and no aggregate, if there is an aggregate.
func (w *writer) groupBy(relation cache.QualifiedName, n *planner.ReadNode) {
	if !aggregates(n) {
		return
	}
	separator := " GROUP BY "
	next := func() {
		w.raw(separator)
		separator = ", "
	}
	for i := range n.Select {
		s := &n.Select[i]
		switch {
		case s.Aggregate != request.NoAggregate:
		case s.Alias != "":
			next()
			w.ident(s.Alias)
		default:
			next()
			w.field(relation, &s.Field)
		}
	}
	for _, child := range n.Children {
		w.groupByEmbed(child, next)
	}
}

func (w *writer) groupByEmbed(n *planner.ReadNode, next func()) {
	if n.Output == planner.EmbedObject || n.Output == planner.EmbedArray {
		if !n.Empty {
			next()
			w.ident(n.OutputName())
		}
		return
	}
	for i := range n.SpreadFields {
		f := &n.SpreadFields[i]
		if f.Aggregate != request.NoAggregate {
			continue
		}
		next()
		name := f.Name
		if f.Alias != "" {
			name = f.Alias
		}
		w.column(cache.QualifiedName{Name: n.JoinAlias}, name)
	}
}

// aggregates tells whether a node's select list has an aggregate, its own or one of a spread.
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

func (w *writer) limit(r request.Range) {
	if r.All() {
		return
	}
	w.raw(" LIMIT ")
	if r.Limit == request.NoLimit {
		w.raw("ALL")
	} else {
		// A negative limit is for PostgreSQL to refuse.
		w.value(strconv.FormatInt(r.Limit, 10))
	}
	w.raw(" OFFSET ")
	w.value(strconv.FormatInt(r.Offset, 10))
}

// count writes a query with a row for each row of a node that satisfies its conditions, without limits. Inner joins
// become EXISTS.
func (w *writer) count(n *planner.ReadNode) {
	relation := visible(n)
	w.raw("SELECT 1")
	w.from(n)
	separator := " WHERE "
	if len(n.Where)+len(n.JoinOn) > 0 {
		w.where(relation, n, func(c *planner.Condition) {
			if !c.Not {
				w.raw("NOT ")
			}
			w.exists(c.Embed)
		})
		separator = " AND "
	}
	for _, child := range n.Children {
		if child.Inner {
			w.raw(separator)
			separator = " AND "
			w.exists(child)
		}
	}
}

func (w *writer) exists(n *planner.ReadNode) {
	w.raw("EXISTS (")
	w.count(n)
	w.raw(")")
}
