package planner

import (
	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// readTree plans the reading of the relation from and of everything embedded in it. In writes and calls the rows come
// from their result.
func (p *planning) readTree(from cache.QualifiedName) *apierr.Error {
	p.plantTree(from)
	if err := p.checkPaths(); err != nil {
		return err
	}
	root := p.plan.Read
	if err := p.relate(root); err != nil {
		return err
	}
	p.selectFields(root, false)
	if err := p.attachOrders(); err != nil {
		return err
	}
	if err := p.attachConditions(); err != nil {
		return err
	}
	if !p.o.Aggregates && anyAggregate(root) {
		return apierr.AggregatesNotAllowed()
	}
	p.attachRanges()
	findOnes(root)
	if _, err := settleSpreads(root); err != nil {
		return err
	}
	if !p.req.Action.Mutates() || p.hasBody() {
		if err := checkNames(root.items); err != nil {
			return err
		}
	}
	p.plan.Warnings = legacyWarnings(root, nil)
	return nil
}

// plantTree creates the nodes of the tree from the select parameter, without resolving anything.
func (p *planning) plantTree(from cache.QualifiedName) {
	root := p.plan.Read
	root.Name, root.From, root.Range = from.Name, from, request.AllRows
	root.items, root.table = p.req.Query.Select, p.plan.Table
	if root.table == nil {
		root.table = p.snap.Table(from)
	}
	if p.req.Action != request.ActionRead {
		root.FromSource, root.FromAlias = true, from.Name
	}
	if len(root.items) == 0 {
		root.items = []request.SelectItem{{Field: request.Field{Name: "*"}}}
	}
	plant(root)
	if len(root.Children) > 0 {
		p.aliases = append(make([]string, 0, 8), from.Name)
	}
}

// plant creates the nodes below parent.
func plant(parent *ReadNode) {
	n := 0
	for i := range parent.items {
		if parent.items[i].Kind != request.SelectField {
			n++
		}
	}
	if n == 0 {
		return
	}
	nodes := make([]ReadNode, n)
	parent.Children = make([]*ReadNode, n)
	n = 0
	for i := range parent.items {
		item := &parent.items[i]
		if item.Kind == request.SelectField {
			continue
		}
		child := &nodes[n]
		child.Name, child.Alias, child.Depth = item.Relation, item.Alias, parent.Depth+1
		child.Inner, child.Range = item.Join == request.JoinInner, request.AllRows
		child.items, child.hint = item.Items, item.Hint
		if item.Kind == request.SelectSpread {
			child.Output = SpreadOne
		}
		parent.Children[n] = child
		n++
		plant(child)
	}
}

// spread reports whether the node's columns become its parent's.
func (n *ReadNode) spread() bool { return n.Output == SpreadOne || n.Output == SpreadMany }

// child returns the first embed with that output name, or nil.
func (n *ReadNode) child(name string) *ReadNode {
	for _, c := range n.Children {
		if c.OutputName() == name {
			return c
		}
	}
	return nil
}

// legacyWarnings appends the embeds that were referred to by relation although they have an alias, parents first.
func legacyWarnings(n *ReadNode, found []Warning) []Warning {
	for _, c := range n.Children {
		if c.LegacyMatch {
			found = append(found, Warning{Relation: c.Name, Alias: c.Alias})
		}
		found = legacyWarnings(c, found)
	}
	return found
}
