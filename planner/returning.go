package planner

import (
	"slices"

	"trunkline/cache"
)

// neededColumns returns the columns of the rows of a write or call that root needs, sorted: those that it selects,
// those that join its embeds, the columns of key, and, if ordered is set, those of its order. It is AllColumns alone if
// every column is needed, or if it is not known which.
func neededColumns(root *ReadNode, key []string, ordered bool) []string {
	columns := slices.Clone(key)
	for i := range root.Select {
		if f := &root.Select[i].Field; f.Name == "*" && !f.Literal {
			return []string{AllColumns}
		}
		columns = appendConditions(append(columns, root.Select[i].Field.Name), root.Select[i].Filter)
	}
	for _, c := range root.Children {
		columns = appendSpread(appendJoin(columns, c.Relationship), c)
	}
	if ordered {
		columns = appendOrder(columns, root.Order)
	}
	if slices.Contains(columns, AllColumns) {
		return []string{AllColumns}
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// appendJoin appends the columns that a relationship joins by, or AllColumns.
func appendJoin(columns []string, r *cache.Relationship) []string {
	switch r.Cardinality {
	case cache.Computed: // the function may read every column of the row
		return append(columns, AllColumns)
	case cache.ManyToMany:
		return appendFrom(columns, r.Junction.Source)
	default:
		return appendFrom(columns, r.Columns)
	}
}

func appendFrom(columns []string, pairs []cache.ColumnPair) []string {
	for _, c := range pairs {
		columns = append(columns, c.From)
	}
	return columns
}

// appendSpread appends the columns of the parent of n that restrict the rows of aggregates which it selects from n.
func appendSpread(columns []string, n *ReadNode) []string {
	for i := range n.SpreadFields {
		columns = appendConditions(columns, n.SpreadFields[i].Filter)
	}
	return columns
}

// appendOrder appends the node's own columns in its order.
func appendOrder(columns []string, order []OrderTerm) []string {
	for i := range order {
		if order[i].Relation == "" && order[i].Embed == nil {
			columns = append(columns, order[i].Field.Name)
		}
	}
	return columns
}

// filterColumns returns the columns of root's conditions and order, sorted; AllColumns among them stands for all.
func filterColumns(root *ReadNode) []string {
	columns := appendConditions(appendConditions(nil, root.Where), root.Having)
	for i := range root.Select {
		columns = appendConditions(columns, root.Select[i].Filter)
	}
	for _, c := range root.Children {
		columns = appendSpread(columns, c)
	}
	columns = appendOrder(columns, root.Order)
	slices.Sort(columns)
	return slices.Compact(columns)
}

func appendConditions(columns []string, where []Condition) []string {
	for i := range where {
		switch c := &where[i]; c.Kind {
		case CondFilter:
			if c.Spread == nil {
				columns = append(columns, c.Field.Name)
			}
		case CondAnd, CondOr:
			columns = appendConditions(columns, c.Terms)
		case CondRelated:
			columns = appendJoin(columns, c.Embed.Relationship)
		case CondEmbedNull:
		}
	}
	return columns
}
