package planner

import (
	"trunkline/cache"
	"trunkline/planner/request"
)

// quickRows is the maximum number of rows of a quick read. With shared flushes, 1.4 times as many pages of 25 rows are
// answered, 1.3 times as many of 50, and hardly more of 100, whose p99 is trebled.
const quickRows = 50

// quick reports whether a read, which must be pure, finds a few rows by the primary key of a table: rows whose key is
// given, or a page in the key's order. Nothing may be embedded, counted or aggregated, and no other relation used. In
// doubt it returns false.
func (p *planning) quick() bool {
	n, table := p.plan.Read, p.plan.Table
	if table.Kind != cache.KindTable || len(n.Children) > 0 || p.plan.Count != request.NoCount || anyAggregate(n) || anyRelated(n.Where) {
		return false
	}
	if len(table.PrimaryKey) == 1 {
		key := table.PrimaryKey[0]
		return picksFew(n, key) || pages(n, key)
	}
	return n.picked()
}

// picked reports whether the primary key of the row of a table is given.
func (n *ReadNode) picked() bool {
	for _, key := range n.table.PrimaryKey {
		if !picksOne(n, key) {
			return false
		}
	}
	return len(n.table.PrimaryKey) > 0
}

// anyRelated reports whether a condition uses another relation.
func anyRelated(all []Condition) bool {
	for i := range all {
		if all[i].Kind == CondRelated || anyRelated(all[i].Terms) {
			return true
		}
	}
	return false
}

// picksOne reports whether all rows of n have the same value in a column.
func picksOne(n *ReadNode, column string) bool {
	for i := range n.Where {
		if c := &n.Where[i]; c.compares(column) && c.Filter.Op == request.OpEq {
			return true
		}
	}
	return false
}

// picksFew reports whether all rows of n have one of a few values in a column.
func picksFew(n *ReadNode, column string) bool {
	for i := range n.Where {
		c := &n.Where[i]
		if c.compares(column) &&
			(c.Filter.Op == request.OpEq || c.Filter.Op == request.OpIn && len(c.Filter.List) <= quickRows) {
			return true
		}
	}
	return false
}

// pages reports whether n is a page of few rows in the order of a column, starting from one of its values.
func pages(n *ReadNode, column string) bool {
	few := n.Range.Limit != request.NoLimit && n.Range.Limit <= quickRows && n.Range.Offset <= quickRows-n.Range.Limit
	if !few || len(n.Order) != 1 || !n.Order[0].follows(column) {
		return false
	}
	for i := range n.Where {
		c := &n.Where[i]
		if !c.compares(column) {
			return false
		}
		switch c.Filter.Op {
		case request.OpGt, request.OpGte, request.OpLt, request.OpLte:
		default:
			return false
		}
	}
	return true
}

// compares reports whether the condition is a plain comparison with a column.
func (c *Condition) compares(column string) bool {
	return c.Kind == CondFilter && c.Field.isColumn(column) && !c.Filter.Not && c.Filter.Quant == request.NoQuantifier
}

// follows reports whether the term is the order of an index on a column, forwards or backwards.
func (t *OrderTerm) follows(column string) bool {
	return t.Relation == "" && t.Embed == nil && t.Selected == 0 && t.Field.isColumn(column) && t.Nulls == request.NullsDefault
}

// isColumn reports whether the field is the column itself.
func (f *Field) isColumn(column string) bool {
	return f.Name == column && len(f.Path) == 0 && !f.TSVector && !f.FullRow
}
