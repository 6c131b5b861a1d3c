package planner

import (
	"slices"
	"strconv"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// settleSpreads determines what parents select from the spreads in the tree, bottom up. It returns the columns of n for
// its parent if n is a spread.
//
// An aggregate in a to-one spread applies to the rows into which the spread's row is spread. So the spread selects the
// argument of the aggregate, and the nearest node above that is not a to-one spread applies it. To-many spreads are
// aggregated into arrays already, and support no aggregates.
func settleSpreads(n *ReadNode) ([]SpreadField, *apierr.Error) {
	columns := ownColumns(n)
	for _, child := range n.Children {
		below, err := settleSpreads(child)
		if err != nil {
			return nil, err
		}
		switch {
		case !child.spread():
			if !child.Empty {
				columns = append(columns, SpreadField{Name: child.OutputName()})
			}
		case n.Output == SpreadOne:
			child.SpreadFields = unaggregated(below)
			columns = append(columns, below...)
		default:
			child.SpreadFields = below
			columns = append(columns, shown(below)...)
		}
	}
	if n.Output == SpreadMany {
		return settleMany(n, columns)
	}
	return starOnce(columns), nil
}

// spreadWith returns the to-one spread of n that has a property, or in which there is one that has it, or nil.
func (n *ReadNode) spreadWith(has func(*ReadNode) bool) *ReadNode {
	for _, c := range n.Children {
		if c.Output == SpreadOne && (has(c) || c.spreadWith(has) != nil) {
			return c
		}
	}
	return nil
}

// ownColumns returns a spread's columns of its own relation. From a to-one spread it takes the aggregates.
func ownColumns(n *ReadNode) []SpreadField {
	if !n.spread() {
		return nil
	}
	columns := make([]SpreadField, len(n.Select))
	for i := range n.Select {
		f := &n.Select[i]
		switch {
		case f.Alias != "":
			columns[i].Name = f.Alias
		case f.isStar():
			columns[i].Name = AllColumns
		default:
			columns[i].Name = f.Field.Name
		}
		if f.Aggregate != request.NoAggregate {
			columns[i].Aggregate, columns[i].AggregateCast = f.Aggregate, f.AggregateCast
			columns[i].Alias, columns[i].Filter = f.Alias, f.ParentFilter
		}
		if n.Output == SpreadOne {
			f.Aggregate, f.AggregateCast = request.NoAggregate, ""
			if f.Cast == "" {
				columns[i].represent(f.Field.Transform)
				f.Field.Transform = cache.QualifiedName{}
			}
		}
	}
	return columns
}

// represent applies the function of a representation to the field, unless it counts or adds up values of the domain.
func (f *SpreadField) represent(function cache.QualifiedName) {
	if f.Aggregate == request.NoAggregate || f.Aggregate.IsExtreme() {
		f.Transform = function
	}
}

// unaggregated returns the columns without their aggregates.
func unaggregated(columns []SpreadField) []SpreadField {
	plain := make([]SpreadField, len(columns))
	for i := range columns {
		plain[i].Name = columns[i].Name
	}
	return plain
}

// shown returns the columns as they are seen by who reads what the parent shows: represented already.
func shown(columns []SpreadField) []SpreadField {
	if !slices.ContainsFunc(columns, func(c SpreadField) bool { return c.Transform.Name != "" }) {
		return columns
	}
	columns = slices.Clone(columns)
	for i := range columns {
		columns[i].Transform = cache.QualifiedName{}
	}
	return columns
}

// starOnce removes the columns that "*" includes.
func starOnce(columns []SpreadField) []SpreadField {
	star := -1
	for i := range columns {
		switch {
		case columns[i].Aggregate != request.NoAggregate:
			return columns
		case columns[i].Name == AllColumns:
			star = i
		}
	}
	if star < 0 {
		return columns
	}
	return columns[star : star+1]
}

// settleMany is settleSpreads for a to-many spread, whose columns become arrays.
func settleMany(n *ReadNode, columns []SpreadField) ([]SpreadField, *apierr.Error) {
	for i := range columns {
		if columns[i].Aggregate != request.NoAggregate {
			return nil, errAggregatesOfMany()
		}
	}
	orderArrays(n, columns)
	return starOnce(columns), nil
}

func errAggregatesOfMany() *apierr.Error {
	return apierr.NotImplemented("Aggregates are not implemented for one-to-many or many-to-many spreads.")
}

// orderArrays moves the order of a to-many spread into its arrays. Columns that are not selected are selected under
// separate names for that, which the columns do not have. A window still needs the order to select rows.
func orderArrays(n *ReadNode, columns []SpreadField) {
	if len(n.Order) == 0 {
		return
	}
	n.SpreadExtra = make([]SpreadExtra, len(n.Order))
	n.SpreadOrder = make([]OrderTerm, len(n.Order))
	for i, term := range n.Order {
		alias := FreeName("pgrst_order_"+strconv.Itoa(i+1), func(name string) bool {
			return slices.ContainsFunc(columns, func(c SpreadField) bool { return c.Name == name }) ||
				slices.ContainsFunc(n.SpreadExtra, func(e SpreadExtra) bool { return e.Field.Alias == name })
		})
		extra := SpreadExtra{Relation: term.Relation, Embed: term.Embed, Direction: term.Direction}
		extra.Field.Field = term.Field
		if term.Selected > 0 {
			extra.Field = n.Select[term.Selected-1]
			extra.Field.Field.Transform = cache.QualifiedName{} // what it makes of the column may have no order
		}
		extra.Field.Alias = alias
		n.SpreadExtra[i] = extra
		n.SpreadOrder[i] = OrderTerm{Field: Field{Name: alias}, Direction: term.Direction, Nulls: term.Nulls}
	}
	if n.Range.All() {
		n.Order = nil
	}
}
