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
		t := &terms[i]
		of := n
		if t.Relation != "" {
			var err *apierr.Error
			if of, err = relatedOrder(n, t.Relation); err != nil {
				return nil, err
			}
			resolved[i].Relation = of.JoinAlias
		}
		p.scope(of).field(&resolved[i].Field, &t.Field)
		resolved[i].Direction, resolved[i].Nulls = t.Direction, t.Nulls
	}
	return resolved, nil
}

// relatedOrder returns the embed of n whose columns order n. It must have at most one row.
func relatedOrder(n *ReadNode, name string) (*ReadNode, *apierr.Error) {
	embed := n.child(name)
	switch {
	case embed == nil:
		return nil, apierr.NotEmbedded(name)
	case !embed.Relationship.ToOne():
		return nil, apierr.RelatedOrderNotToOne(n.From.Name, name)
	default:
		return embed, nil
	}
}
