package cache

import (
	"cmp"
	"slices"
)

// maxMappings bounds the ways in which one view may show one key. A view that joins a table often with itself
// multiplies them.
const maxMappings = 256

// viewIndex holds, by base table, the views that show columns of it.
type viewIndex map[QualifiedName][]*shownColumns

// shownColumns are the columns of one table that one view shows: for each its names in the view, in the order of the
// view's columns.
type shownColumns struct {
	view  QualifiedName
	names map[string][]string
}

// newViewIndex groups columns by table and view; the views of a table are sorted by name.
func newViewIndex(columns []ViewColumn) viewIndex {
	type pair struct{ table, view QualifiedName }
	index := make(viewIndex)
	groups := make(map[pair]*shownColumns)
	for _, c := range columns {
		shown := groups[pair{c.Table, c.View}]
		if shown == nil {
			shown = &shownColumns{c.View, make(map[string][]string, 1)}
			groups[pair{c.Table, c.View}] = shown
			index[c.Table] = append(index[c.Table], shown)
		}
		shown.names[c.TableColumn] = append(shown.names[c.TableColumn], c.Column)
	}
	for _, views := range index {
		slices.SortFunc(views, func(a, b *shownColumns) int { return a.view.Compare(b.view) })
	}
	return index
}

// first returns the first of the view's names for each of the table's columns, or false if one is not shown.
func (s *shownColumns) first(columns []string) ([]string, bool) {
	names := make([]string, len(columns))
	for i, c := range columns {
		if len(s.names[c]) == 0 {
			return nil, false
		}
		names[i] = s.names[c][0]
	}
	return names, true
}

// addKeys adds a table's primary key to the keys of the views that show it. A view that shows the keys of several
// tables has them all.
func (v viewIndex) addKeys(keys map[QualifiedName][]string, table QualifiedName, key []string) {
	for _, shown := range v[table] {
		if columns, ok := shown.first(key); ok {
			keys[shown.view] = append(keys[shown.view], columns...)
		}
	}
}

// mappings returns every way to name the table's columns in the view, none if one is not shown. There are several
// if the view shows a column more than once.
func (s *shownColumns) mappings(columns []string) [][]string {
	ways := [][]string{nil}
	for _, c := range columns {
		var longer [][]string
		for _, way := range ways {
			for _, name := range s.names[c] {
				longer = append(longer, append(slices.Clip(way), name))
			}
		}
		ways = longer[:min(len(longer), maxMappings)]
	}
	return ways
}

// side is a relation as one end of a foreign key: the table itself, or a view with its names for the key's columns.
type side struct {
	relation QualifiedName
	columns  []string
	view     bool
}

// sides returns the table itself and then all views as ends of a key over the table's columns.
func (v viewIndex) sides(table QualifiedName, columns []string) []side {
	all := []side{{table, columns, false}}
	for _, shown := range v[table] {
		for _, names := range shown.mappings(columns) {
			all = append(all, side{shown.view, names, true})
		}
	}
	return all
}

// foreignKeyRelationships returns the relationship of a foreign key between its tables, and between the views that
// show its columns on either side.
func (v viewIndex) foreignKeyRelationships(fk *ForeignKey) []*Relationship {
	from, to := make([]string, len(fk.Columns)), make([]string, len(fk.Columns))
	for i, c := range fk.Columns {
		from[i], to[i] = c.From, c.To
	}
	cardinality := ManyToOne
	if fk.Unique {
		cardinality = OneToOne
	}
	var all []*Relationship
	targets := v.sides(fk.Foreign, to)
	for _, source := range v.sides(fk.Table, from) {
		for _, target := range targets {
			all = append(all, &Relationship{
				Table: source.relation, Foreign: target.relation,
				Cardinality:   cardinality,
				Self:          source.relation == target.relation,
				Constraint:    fk.Name,
				Columns:       pairColumns(source.columns, target.columns),
				TableIsView:   source.view,
				ForeignIsView: target.view,
			})
		}
	}
	return all
}

func pairColumns(from, to []string) []ColumnPair {
	pairs := make([]ColumnPair, len(from))
	for i := range from {
		pairs[i] = ColumnPair{from[i], to[i]}
	}
	return pairs
}

// swapColumns turns each pair around.
func swapColumns(pairs []ColumnPair) []ColumnPair {
	swapped := make([]ColumnPair, len(pairs))
	for i, c := range pairs {
		swapped[i] = ColumnPair{c.To, c.From}
	}
	return swapped
}

func compareColumns(a, b ColumnPair) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}
