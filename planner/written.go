package planner

import (
	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// mutationConditions resolves what restricts a write to table: the filters and logic trees of the top level. They select
// the rows that they would select in a read of the same URL, unless an inner embed or a window restricts that.
func (p *planning) mutationConditions(table *cache.Table) ([]Condition, *apierr.Error) {
	q := &p.req.Query
	n := &ReadNode{From: table.Name, FromAlias: p.plan.Mutation.Alias, table: table, columnsFirst: !p.o.Extensions}
	where, at := make([]Condition, p.rootConditions()), 0
	if len(where) > 0 {
		n.Children = embedsOf(p.plan.Read, n)
	}
	for i := range q.Filters {
		if f := &q.Filters[i]; len(f.Path) == 0 {
			if p.namesAggregate(p.plan.Read, &f.Filter) {
				return nil, errAggregateInWrite(f.Filter.Field.Name)
			}
			p.scope(n).filter(&where[at], &f.Filter, n)
			at++
		}
	}
	for i := range q.Logic {
		if l := &q.Logic[i]; len(l.Path) == 0 {
			if err := p.mutationLogic(&where[at], &l.Tree, n); err != nil {
				return nil, err
			}
			at++
		}
	}
	return where, nil
}

// mutationLogic resolves a logic tree that restricts a write into dst, which must be zero.
func (p *planning) mutationLogic(dst *Condition, l *request.Logic, n *ReadNode) *apierr.Error {
	if name, ok := p.aggregateIn(l, p.plan.Read); ok && l.Op != request.LogicRelated {
		return errAggregateInWrite(name)
	}
	return p.logic(dst, l, n)
}

// errAggregateInWrite refuses a filter that would restrict the groups of the answer, but not what is written.
func errAggregateInWrite(name string) *apierr.Error {
	return apierr.NotImplemented("Filters on aggregates do not select the rows of a write: '" + name + "' is one.")
}

// embedsOf returns the embeds of root as those of n, which has rows of the same relation under another SQL name. That
// an embed is inner restricts the rows of the answer, and not what is written.
func embedsOf(root, n *ReadNode) []*ReadNode {
	embeds := make([]*ReadNode, len(root.Children))
	for i, child := range root.Children {
		embed := *child
		embed.ParentAlias, embed.Inner = n.sqlName().Name, false
		embed.JoinOn = joinConditions(n.sqlName(), &embed, embed.Relationship)
		embeds[i] = &embed
	}
	return embeds
}
