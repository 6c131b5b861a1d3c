package planner

import (
	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// attachConditions resolves the filters and logic trees of the tree's nodes. Those that restrict a write at its top
// level belong to the mutation instead.
func (p *planning) attachConditions() *apierr.Error {
	q := &p.req.Query
	if root := p.rootConditions(); root > 0 && !p.req.Action.Mutates() {
		p.plan.Read.Where = make([]Condition, 0, root)
	}
	for i := range q.Filters {
		f := &q.Filters[i]
		if n := p.conditioned(f.Path); n != nil {
			p.scope(n).filter(n.condition(), &f.Filter, n)
		}
	}
	for i := range q.Logic {
		l := &q.Logic[i]
		if n := p.conditioned(l.Path); n != nil {
			if err := p.logic(n.condition(), &l.Tree, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// conditioned returns the node that conditions at path restrict, or nil for the top level of a write.
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

// mutationConditions resolves what restricts a write to table. Nothing is embedded in it.
func (p *planning) mutationConditions(table *cache.Table) ([]Condition, *apierr.Error) {
	q, n := &p.req.Query, &ReadNode{From: table.Name, table: table}
	where, at := make([]Condition, p.rootConditions()), 0
	for i := range q.Filters {
		if f := &q.Filters[i]; len(f.Path) == 0 {
			p.scope(n).filter(&where[at], &f.Filter, n)
			at++
		}
	}
	for i := range q.Logic {
		if l := &q.Logic[i]; len(l.Path) == 0 {
			if err := p.logic(&where[at], &l.Tree, n); err != nil {
				return nil, err
			}
			at++
		}
	}
	return where, nil
}

// condition appends a zero condition to the node's conditions.
func (n *ReadNode) condition() *Condition {
	n.Where = append(n.Where, Condition{})
	return &n.Where[len(n.Where)-1]
}

// filter resolves one condition into dst, which must be zero. "is null" on the name of an embed of n tests whether the
// embed has no rows.
func (s scope) filter(dst *Condition, f *request.Filter, n *ReadNode) {
	if f.Op == request.OpIs && f.Is == request.IsNull && len(f.Field.Path) == 0 {
		if embed := n.child(f.Field.Name); embed != nil {
			dst.Kind, dst.Not, dst.Embed = CondEmbedNull, f.Not, embed
			return
		}
	}
	dst.Filter = f
	s.operand(&dst.Field, f)
}

// logic resolves a boolean tree on rows of n into dst, which must be zero.
func (p *planning) logic(dst *Condition, l *request.Logic, n *ReadNode) *apierr.Error {
	switch l.Op {
	case request.LogicFilter:
		p.scope(n).filter(dst, &l.Filter, n)
		return nil
	case request.LogicRelated:
		return p.related(dst, l, n)
	case request.LogicAnd:
		dst.Kind = CondAnd
	case request.LogicOr:
		dst.Kind = CondOr
	}
	dst.Not = l.Not
	return p.terms(dst, l, n)
}

// terms resolves the subtrees of a boolean tree on rows of n.
func (p *planning) terms(dst *Condition, l *request.Logic, n *ReadNode) *apierr.Error {
	dst.Terms = make([]Condition, len(l.Terms))
	for i := range l.Terms {
		if err := p.logic(&dst.Terms[i], &l.Terms[i], n); err != nil {
			return err
		}
	}
	return nil
}
