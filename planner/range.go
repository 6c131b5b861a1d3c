package planner

import "trunkline/planner/request"

// attachRanges sets the windows of the tree's nodes and limits them to MaxRows. Neither applies to writes, which return
// what they have written.
func (p *planning) attachRanges() {
	if p.req.Action.Mutates() {
		return
	}
	p.plan.Read.Range = p.req.Range
	for i := range p.req.Query.Ranges {
		r := &p.req.Query.Ranges[i]
		p.locate(r.Path).Range = r.Range
	}
	if p.o.MaxRows != request.NoLimit {
		restrict(p.plan.Read, p.o.MaxRows)
	}
}

// restrict limits the windows of n and of all embeds that can have several rows.
func restrict(n *ReadNode, maxRows int64) {
	toOne := n.Relationship != nil && n.Relationship.ToOne()
	if !toOne && (n.Range.Limit == request.NoLimit || n.Range.Limit > maxRows) {
		n.Range.Limit = maxRows
	}
	for _, c := range n.Children {
		restrict(c, maxRows)
	}
}
