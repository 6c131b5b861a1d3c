package planner

import (
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// attachOrders resolves the orderings of the tree's nodes. Of several for one node the first is used.
func (p *planning) attachOrders() *apierr.Error {
	orders := p.req.Query.Order
	for i := range orders {
		n := p.locate(orders[i].Path)
		if n.Order != nil {
			continue
		}
		var err *apierr.Error
		if n.Order, err = p.orderTerms(n, orders[i].Terms); err != nil {
			return err
		}
	}
	return nil
}

// orderTerms resolves the terms of n's ordering.
func (p *planning) orderTerms(n *ReadNode, terms []request.OrderTerm) ([]OrderTerm, *apierr.Error) {
	resolved := make([]OrderTerm, len(terms))
	for i := range terms {
		t, dst := &terms[i], &resolved[i]
		dst.Direction, dst.Nulls = t.Direction, t.Nulls
		var err *apierr.Error
		switch {
		case t.Selected:
			err = p.selectedOrder(dst, n, t.Field.Name)
		case t.Relation != "":
			err = p.relatedOrder(dst, n, t)
		default:
			p.scope(n).field(&dst.Field, &t.Field)
			dst.Field.giveOrder()
		}
		if err != nil {
			return nil, err
		}
	}
	return resolved, nil
}

// relatedOrder resolves an order by a column of an embed. If the embed can have several rows, that is one of the
// extensions.
func (p *planning) relatedOrder(dst *OrderTerm, n *ReadNode, t *request.OrderTerm) *apierr.Error {
	embed := n.child(t.Relation)
	switch {
	case embed == nil:
		return apierr.NotEmbedded(t.Relation)
	case embed.Relationship.ToOne() && embed.offers(t.Field.Name):
		dst.Relation = embed.JoinAlias
	case embed.Relationship.ToOne(), p.o.Extensions:
		dst.Embed = embed
	default:
		return apierr.RelatedOrderNotToOne(n.From.Name, t.Relation)
	}
	p.scope(embed).field(&dst.Field, &t.Field)
	dst.Field.giveOrder()
	return nil
}

// giveOrder makes a path that ends in json end in jsonb, because json has no order. It reports whether it changed f.
func (f *Field) giveOrder() bool {
	last := len(f.Path) - 1
	if last < 0 || f.Path[last].AsText || f.Type != "json" {
		return false
	}
	f.ToJSON = true
	return true
}

// offers reports whether the rows of n, as its parent sees them, are to be ordered by what has a name in them. They
// have what n selects; what a representation makes of a column may have no order. Unknown names are left to PostgreSQL.
func (n *ReadNode) offers(name string) bool {
	if i := n.selected(name); i >= 0 {
		return n.Select[i].Field.Transform.Name == "" || n.Select[i].Cast != ""
	}
	return n.table == nil || n.table.Column(name) == nil || selectsStar(n.items) || n.child(name) != nil ||
		n.spreadWith(func(s *ReadNode) bool { return s.shows(name) }) != nil
}

// selectedOrder resolves an order by what n, or a to-one spread in it, selects under a name.
func (p *planning) selectedOrder(dst *OrderTerm, n *ReadNode, name string) *apierr.Error {
	if i := n.selected(name); i >= 0 {
		s := &n.Select[i]
		dst.Field = s.Field
		if s.Aggregate == request.NoAggregate && s.Cast == "" && dst.Field.giveOrder() {
			return nil // it is compared as another expression than what is selected
		}
		dst.Selected = i + 1
		return nil
	}
	if c := n.spreadWith(func(s *ReadNode) bool { return s.shows(name) }); c != nil {
		dst.Relation, dst.Spread, dst.Field.Name = c.JoinAlias, c, name
		return nil
	}
	if n.table != nil && n.table.Column(name) != nil && selectsStar(n.items) {
		p.scope(n).field(&dst.Field, &request.Field{Name: name})
		return nil
	}
	return p.notOrdered(n, name)
}

// notOrdered returns the error for an order by a name under which n selects nothing that its rows can be ordered by.
func (p *planning) notOrdered(n *ReadNode, name string) *apierr.Error {
	if aggregatesAs(n.items, name, true) {
		return errAggregatesOfMany()
	}
	if c := n.child(name); c != nil && !c.spread() {
		return apierr.NotOrderedByEmbed(name, c.OutputName(), c.Relationship.ToOne())
	}
	if c := n.spreads(name); c != nil {
		e := apierr.NotOrderedByEmbed(name, c.OutputName(), false)
		if c.Depth > n.Depth+1 { // whose columns n cannot be ordered by
			e.Hint = nil
		}
		return e
	}
	return apierr.NotSelected(name)
}

// spreads returns the to-many spread in n, possibly in a to-one spread, that shows a field under a name, or nil.
func (n *ReadNode) spreads(name string) *ReadNode {
	shows := func(s *ReadNode) bool { return s.shows(name) || s.child(name) != nil }
	for _, c := range n.Children {
		deeper := c.spreads(name)
		switch {
		case c.Output == SpreadMany && (deeper != nil || shows(c) || c.spreadWith(shows) != nil):
			return c
		case c.Output == SpreadOne && deeper != nil:
			return deeper
		}
	}
	return nil
}

// selected returns the index of the field that n itself selects under a name, -1 if there is none.
func (n *ReadNode) selected(name string) int {
	for i := range n.Select {
		if n.Select[i].shownAs() == name {
			return i
		}
	}
	return -1
}

// shows reports whether n itself selects a field under a name, or all columns with one of that name.
func (n *ReadNode) shows(name string) bool {
	return n.selected(name) >= 0 || n.table != nil && n.table.Column(name) != nil && selectsStar(n.items)
}

// shownAs returns the name under which the field appears.
func (f *SelectField) shownAs() string {
	switch {
	case f.Alias != "":
		return f.Alias
	case f.Aggregate != request.NoAggregate:
		return f.Aggregate.Column()
	default:
		return f.Field.Name
	}
}
