package pgsql

import (
	"slices"

	"trunkline/planner"
	"trunkline/planner/request"
)

// Whether an embed has rows, and by which of its values its parents are ordered, is asked with subqueries, in which
// there are those of the conditions on that embed. So if nested embeds are asked for more than once each, the statement
// grows exponentially with their depth: with 13 levels of two conditions each, PostgreSQL would need many seconds to
// plan it.

// Relations returns how many relations the main statement of a plan reads, if it has conditions on embeds or orders by
// them; only these can have it read too many. Requests within the default limits that ask for nothing twice have a few
// hundred.
func Relations(p *planner.Plan) int {
	if p.Read == nil || !anyAsked(p.Read) && (p.Mutation == nil || !slices.ContainsFunc(p.Mutation.Where, asks)) {
		return 0
	}
	m := measure{}
	s := m.of(p.Read)
	if p.Mutation != nil {
		return s.rows + m.where(p.Read, p.Mutation.Where, true)
	}
	if p.Count == request.NoCount {
		return s.rows
	}
	return s.rows + s.conditions
}

// anyAsked reports whether a condition in the tree is one on an embed, or an order one by an embed.
func anyAsked(n *planner.ReadNode) bool {
	return slices.ContainsFunc(n.Order, func(t planner.OrderTerm) bool { return t.Embed != nil }) ||
		slices.ContainsFunc(n.Where, asks) || slices.ContainsFunc(n.Having, asks) ||
		slices.ContainsFunc(n.Select, func(f planner.SelectField) bool { return slices.ContainsFunc(f.Filter, asks) }) ||
		slices.ContainsFunc(n.SpreadFields, func(f planner.SpreadField) bool { return slices.ContainsFunc(f.Filter, asks) }) ||
		slices.ContainsFunc(n.Children, anyAsked)
}

// asks reports whether a condition may be one on an embed.
func asks(c planner.Condition) bool { return c.Kind != planner.CondFilter }

// size is the number of relations in the query for a node's rows, and in one for the existence of rows that satisfy its
// conditions.
type size struct{ rows, conditions int }

// measure remembers the sizes of nodes, as of one node there may be many copies.
type measure map[*planner.ReadNode]size

// immense bounds sizes, so that their sums do not overflow.
const immense = 1 << 40

func (m measure) of(n *planner.ReadNode) size {
	if s, ok := m[n]; ok {
		return s
	}
	s := size{rows: 1 + m.where(n, n.Where, false) + m.where(n, n.Having, false), conditions: 1 + m.where(n, n.Where, true)}
	for _, child := range n.Children {
		form := formOf(n, child)
		if form != absent {
			s.rows += m.of(child).rows
		}
		if child.Inner && form != joined {
			s.rows += m.asked(child)
		}
		if child.Inner {
			s.conditions += m.asked(child)
		}
		for i := range child.SpreadFields {
			s.rows += m.where(n, child.SpreadFields[i].Filter, true)
		}
	}
	for i := range n.Select {
		s.rows += m.where(n, n.Select[i].Filter, true)
	}
	for i := range n.Order {
		if n.Order[i].Embed != nil {
			s.rows += m.of(n.Order[i].Embed).conditions
		}
	}
	if len(n.Having) > 0 {
		s.conditions = s.rows
	}
	s = size{min(s.rows, immense), min(s.conditions, immense)}
	m[n] = s
	return s
}

// asked returns the size of the query for the existence of n's rows.
func (m measure) asked(n *planner.ReadNode) int {
	if existential(n) {
		return m.of(n).conditions
	}
	return m.of(n).rows
}

// where returns the size of conditions on n.
func (m measure) where(n *planner.ReadNode, all []planner.Condition, nothingJoined bool) int {
	total := 0
	for i := range all {
		switch c := &all[i]; c.Kind {
		case planner.CondFilter:
		case planner.CondEmbedNull:
			if !c.Embed.Inner && (nothingJoined || formOf(n, c.Embed) != joined) {
				total += m.asked(c.Embed)
			}
		case planner.CondRelated:
			total += m.of(c.Embed).conditions + m.where(c.Embed, c.Terms, true)
		default:
			total += m.where(n, c.Terms, nothingJoined)
		}
	}
	return min(total, immense)
}
