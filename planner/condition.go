package planner

import (
	"trunkline/cache"
	"trunkline/planner/request"
)

// attachConditions resolves the filters and logic trees of the tree's nodes. What restricts a write at its top level
// belongs to the mutation instead.
func (p *planning) attachConditions() {
	q := &p.req.Query
	if root := p.rootConditions(); root > 0 && !p.req.Action.Mutates() {
		p.plan.Read.Where = make([]Condition, 0, root)
	}
	for i := range q.Filters {
		f := &q.Filters[i]
		if n := p.conditioned(f.Path); n != nil {
			n.Where = append(n.Where, p.scope(n).filter(&f.Filter, n))
		}
	}
	for i := range q.Logic {
		l := &q.Logic[i]
		if n := p.conditioned(l.Path); n != nil {
			n.Where = append(n.Where, p.scope(n).logic(&l.Tree, n))
		}
	}
}

// conditioned returns the node that conditions at path restrict, nil for the top level of a write.
func (p *planning) conditioned(path request.Path) *ReadNode {
	if len(path) == 0 && p.req.Action.Mutates() {
		return nil
	}
	return p.locate(path)
}

// rootConditions counts the filters and logic trees of the top level.
func (p *planning) rootConditions() int {
	q, count := &p.req.Query, 0
	for i := range q.Filters {
		if len(q.Filters[i].Path) == 0 {
			count++
		}
	}
	for i := range q.Logic {
		if len(q.Logic[i].Path) == 0 {
			count++
		}
	}
	return count
}

// mutationConditions resolves what restricts a write to the relation called table.
func (p *planning) mutationConditions(table *cache.Table) []Condition {
	q, s := &p.req.Query, scope{p.snap, table}
	var where []Condition
	for i := range q.Filters {
		if f := &q.Filters[i]; len(f.Path) == 0 {
			where = append(where, s.filter(&f.Filter, nil))
		}
	}
	for i := range q.Logic {
		if l := &q.Logic[i]; len(l.Path) == 0 {
			where = append(where, s.logic(&l.Tree, nil))
		}
	}
	return where
}

// filter resolves one condition. "is null" on the name of an embed of n asks whether the embed found no rows. Without
// n there are no embeds.
func (s scope) filter(f *request.Filter, n *ReadNode) Condition {
	if n != nil && f.Op == request.OpIs && f.Is == request.IsNull && len(f.Field.Path) == 0 {
		if embed := n.child(f.Field.Name); embed != nil {
			return Condition{Kind: CondEmbedNull, Not: f.Not, Embed: embed}
		}
	}
	return Condition{Kind: CondFilter, Field: s.operand(f), Filter: f}
}

// logic resolves a boolean tree.
func (s scope) logic(l *request.Logic, n *ReadNode) Condition {
	c := Condition{Not: l.Not}
	switch l.Op {
	case request.LogicFilter:
		return s.filter(&l.Filter, n)
	case request.LogicAnd:
		c.Kind = CondAnd
	case request.LogicOr:
		c.Kind = CondOr
	}
	c.Terms = make([]Condition, len(l.Terms))
	for i := range l.Terms {
		c.Terms[i] = s.logic(&l.Terms[i], n)
	}
	return c
}
