package planner

import (
	"trunkline/cache"
	"trunkline/planner/request"
)

// pure tells whether a read runs no code but PostgreSQL's own: the relations are pure, and what the request adds names
// nothing that could be a function, operator or type of the database. In doubt it is not.
func (p *planning) pure() bool {
	switch p.plan.Body.Kind {
	case BodyCustom, BodyGeoJSON:
		return false
	default:
		return p.pureNode(p.plan.Read)
	}
}

func (p *planning) pureNode(n *ReadNode) bool {
	if n.table == nil || !n.table.Pure || !p.pureJoin(n.Relationship) {
		return false
	}
	for i := range n.Select {
		if !n.Select[i].pure() {
			return false
		}
	}
	for i := range n.SpreadExtra { // what SpreadOrder orders by
		if !n.SpreadExtra[i].Field.pure() {
			return false
		}
	}
	for i := range n.SpreadFields {
		if f := &n.SpreadFields[i]; f.Aggregate != request.NoAggregate || f.AggregateCast != "" {
			return false
		}
	}
	for _, child := range n.Children {
		if !p.pureNode(child) {
			return false
		}
	}
	return pureConditions(n.Where) && pureOrder(n.Order)
}

// pureJoin tells whether an embed is joined by keys, and through a junction that is pure, if any.
func (p *planning) pureJoin(r *cache.Relationship) bool {
	switch {
	case r == nil:
		return true
	case r.Cardinality == cache.Computed:
		return false
	case r.Cardinality == cache.ManyToMany:
		junction := p.snap.Table(r.Junction.Table)
		return junction != nil && junction.Pure
	default:
		return true
	}
}

// pure tells whether the field is a column, or all of them, as it is stored.
func (f *Field) pure() bool {
	return (f.Type != "" || f.Name == "*" || f.FullRow) && f.Transform.Name == ""
}

func (s *SelectField) pure() bool {
	counts := s.Aggregate == request.NoAggregate || s.Aggregate == request.Count
	return counts && s.Cast == "" && s.AggregateCast == "" && s.Field.pure()
}

func pureConditions(all []Condition) bool {
	for i := range all {
		c := &all[i]
		if c.Kind == CondFilter && !c.Field.pure() || !pureConditions(c.Terms) {
			return false
		}
	}
	return true
}

func pureOrder(terms []OrderTerm) bool {
	for i := range terms {
		if !terms[i].Field.pure() {
			return false
		}
	}
	return true
}
