package planner

import "trunkline/planner/request"

// Rowwise reports whether an insert has the same effects as inserts of each of its rows alone, if they succeed, and
// answers with the same rows in the same order. It depends on the snapshot being current, as Pure does.
func (p *Plan) Rowwise() bool {
	m := p.Mutation
	return p.Action == request.ActionInsert && p.Pure && p.Table.RowwiseInsert && m.Conflict == nil && !m.Location &&
		len(m.Columns) > 0 && p.Count == request.NoCount && p.Media.Kind == request.MediaJSON &&
		(p.Body.Kind == BodyNone || p.Body.Kind == BodyJSON) && p.Read.rowwise()
}

// rowwise reports whether each row of n is shown, by itself.
func (n *ReadNode) rowwise() bool {
	if len(n.Children)+len(n.Where)+len(n.Having)+len(n.Order) > 0 || !n.Range.All() {
		return false
	}
	for i := range n.Select {
		if n.Select[i].Aggregate != request.NoAggregate {
			return false
		}
	}
	return true
}
