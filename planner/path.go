package planner

import (
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// checkPaths checks that every path leads to an embed, before the rest of the tree is resolved. If several do not, it
// returns the error that PostgREST returns: of filters, orders and logic trees the last one.
func (p *planning) checkPaths() *apierr.Error {
	q := &p.req.Query
	for i := len(q.Filters) - 1; i >= 0; i-- {
		if err := p.checkPath(q.Filters[i].Path, true); err != nil {
			return err
		}
	}
	for i := len(q.Order) - 1; i >= 0; i-- {
		if err := p.checkPath(q.Order[i].Path, false); err != nil {
			return err
		}
	}
	if !p.req.Action.Mutates() {
		for i := range q.Ranges {
			if err := p.checkPath(q.Ranges[i].Path, false); err != nil {
				return err
			}
		}
	}
	for i := len(q.Logic) - 1; i >= 0; i-- {
		if err := p.checkPath(q.Logic[i].Path, true); err != nil {
			return err
		}
	}
	return nil
}

// checkPath follows path from the root. Embeds that it refers to by relation although they have an alias are marked, or
// refused if that is disabled. The path of a condition may end with the name of an aggregate.
func (p *planning) checkPath(path request.Path, condition bool) *apierr.Error {
	node := p.plan.Read
	for i, name := range path {
		next := p.step(node, name)
		if next == nil && condition && i == len(path)-1 && aggregatesAs(node.items, name, !node.spread()) {
			return nil
		}
		if next == nil {
			return p.notEmbedded(node, name)
		}
		if next.Alias != "" && next.Name == name && next.Alias != name {
			next.LegacyMatch = true
		}
		node = next
	}
	return nil
}

// locate returns the node at path, which must have been checked.
func (p *planning) locate(path request.Path) *ReadNode {
	node := p.plan.Read
	for _, name := range path {
		node = p.step(node, name)
	}
	return node
}

// step returns the child of node for a path element, or nil.
func (p *planning) step(node *ReadNode, name string) *ReadNode {
	if !p.o.LegacyTargetNames {
		return node.child(name)
	}
	for _, c := range node.Children {
		if c.Name == name || c.Alias == name && name != "" {
			return c
		}
	}
	return nil
}

// notEmbedded returns the error for a path element that matches no embed. It mentions the alias to use if there is one.
func (p *planning) notEmbedded(node *ReadNode, name string) *apierr.Error {
	for _, c := range node.Children {
		if c.Name == name && c.Alias != "" {
			return apierr.NotEmbeddedAlias(name, c.Alias)
		}
	}
	return apierr.NotEmbedded(name)
}
