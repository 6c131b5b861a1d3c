package planner

import (
	"strconv"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// related resolves a condition on rows related to those of n into dst, which must be zero. If PostgREST would take the
// parameter for a filter on an existing column, it is one unless the extensions take precedence.
func (p *planning) related(dst *Condition, l *request.Logic, n *ReadNode) *apierr.Error {
	r := l.Related
	if r.Plain != nil && !p.o.Extensions && (n.table == nil || n.table.Column(r.Relation) != nil) {
		p.scope(n).filter(dst, r.Plain, n)
		return nil
	}
	embed, err := p.relatedNode(n, r)
	if err != nil {
		return err
	}
	if name, ok := p.aggregateIn(l, embed); ok && (embed.table == nil || embed.table.Column(name) == nil) {
		return errAggregateOfRelated(r.Relation, name)
	}
	dst.Kind, dst.Not, dst.Embed = CondRelated, l.Not, embed
	return p.terms(dst, l, embed.ofRows())
}

// errAggregateOfRelated refuses a filter on related rows that compares an aggregate of theirs.
func errAggregateOfRelated(relation, name string) *apierr.Error {
	e := apierr.NotImplemented("Filters on aggregates do not select related rows: '" + name + "' is one.")
	e.Hint = "Filter the groups of an inner embed: " + relation + "." + name + "=gt.1, with !inner in select."
	return e
}

// relatedNode returns the node in which rows related to those of n are searched: without a hint the embed of that name,
// with its conditions; otherwise a separate one.
func (p *planning) relatedNode(n *ReadNode, r *request.Related) (*ReadNode, *apierr.Error) {
	if r.Hint == "" {
		if embed := n.child(r.Relation); embed != nil {
			return embed, nil
		}
	}
	child := &ReadNode{
		Name: r.Relation, Depth: n.Depth + 1, Range: request.AllRows, Inner: true, hint: r.Hint,
		ParentAlias: n.sqlName().Name,
	}
	rel, err := p.findRelationship(n, child)
	if err != nil {
		return nil, err
	}
	child.Relationship, child.From, child.table = rel, rel.Foreign, p.snap.Table(rel.Foreign)
	child.FromAlias = p.ownAlias(rel.Foreign.Name, child)
	if rel.Cardinality == cache.ManyToMany {
		child.JunctionAlias = p.ownAlias(rel.Junction.Table.Name, child)
	}
	child.JoinOn = joinConditions(n.sqlName(), child, rel)
	return child, nil
}

// ownAlias returns an alias for a relation in the subquery of n that differs from those of its parent and of the others
// in it.
func (p *planning) ownAlias(relation string, n *ReadNode) string {
	alias := p.fromAlias(relation + "_" + strconv.Itoa(n.Depth))
	if alias == n.ParentAlias || alias == n.FromAlias {
		return p.standIn()
	}
	return alias
}
