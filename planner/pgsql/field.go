package pgsql

import (
	"strings"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// field writes a column with its path, wrapped in to_tsvector where text is searched in it.
func (w *writer) field(relation cache.QualifiedName, f *planner.Field) {
	if !f.TSVector {
		w.path(relation, f)
		return
	}
	if searchable(f.BaseType) {
		w.text("pg_catalog.")
	}
	w.text("to_tsvector(")
	w.configuration(f.Config, f.HasConfig)
	w.path(relation, f)
	w.text(")")
}

// searchable reports whether PostgreSQL itself converts values of a type, as named by format_type, to tsvector. For
// other types, the database may have a function to_tsvector, or returns an error.
func searchable(name string) bool {
	name, _, _ = strings.Cut(name, "(")
	switch name {
	case "text", "character varying", "character", "json", "jsonb":
		return true
	default:
		return false
	}
}

// path writes a column and the arrows into it. Their keys are parameters.
func (w *writer) path(relation cache.QualifiedName, f *planner.Field) {
	switch {
	case f.FullRow: // a value that is there if the row is
		w.text("TRUE")
		return
	case f.ToJSON && len(f.Path) > 0:
		w.text("pg_catalog.to_jsonb(")
		w.attribute(relation, f.Name)
		w.text(")")
	default:
		w.attribute(relation, f.Name)
	}
	for i := range f.Path {
		w.arrow(f.Path[i].AsText, i > 0 && f.Path[i-1].AsText)
		w.step(&f.Path[i])
	}
}

// arrow writes the operator of a step. After a step that returns text there is none.
func (w *writer) arrow(asText, behindText bool) {
	switch {
	case behindText && asText:
		w.text("->>")
	case behindText:
		w.text("->")
	case asText:
		w.text(" OPERATOR(pg_catalog.->>) ")
	default:
		w.text(" OPERATOR(pg_catalog.->) ")
	}
}

// step writes the key of a step.
func (w *writer) step(s *request.JSONStep) {
	w.value(s.Key)
	if s.Index {
		w.text("::int")
	}
}

// configuration writes a text search configuration as first of several arguments. PostgreSQL would take digits for the
// number of one, and find out too late that there is none.
func (w *writer) configuration(name string, has bool) {
	switch {
	case !has:
		return
	case strings.Trim(name, "0123456789") == "":
		w.value(`"` + name + `"`)
	default:
		w.value(name)
	}
	w.text(", ")
}

// transformed writes what inner writes, as argument of a representation's function if there is one.
func (w *writer) transformed(function cache.QualifiedName, inner func()) {
	if function.Name == "" {
		inner()
		return
	}
	w.name(function)
	w.text("(")
	inner()
	w.text(")")
}

// selectField writes an item of a select list. It returns where the expression is by which rows are grouped or ordered.
// What a representation makes of a column may have no equality, but the column has.
func (w *writer) selectField(relation cache.QualifiedName, s *planner.SelectField) (key span) {
	if s.Aggregate == request.NoAggregate {
		key = w.selectValue(relation, s)
	} else {
		filter := func() { w.filterRows(relation, s.Filter) }
		key = w.aggregate(s.Aggregate, s.AggregateCast, representing(s), filter, func() { w.aggregated(relation, s) })
	}
	w.as(s.Alias)
	return key
}

// selectValue is selectField for an item that is not an aggregate.
func (w *writer) selectValue(relation cache.QualifiedName, s *planner.SelectField) (key span) {
	from := len(w.sql)
	if len(s.Filter) > 0 {
		w.onlyWhere(relation, s.Filter)
		defer w.text(" END")
	}
	w.cast(s.Cast, func() {
		w.transformed(s.Field.Transform, func() {
			inner := len(w.sql)
			w.selected(relation, &s.Field)
			key = w.since(inner)
		})
	})
	if s.Field.Transform.Name == "" {
		key = w.since(from)
	}
	return key
}

// aggregated writes what an item aggregates. A representation that is not cast is that of the result.
func (w *writer) aggregated(relation cache.QualifiedName, s *planner.SelectField) {
	switch {
	case s.Aggregate == request.Count && s.Field.Name == "*" && !s.Field.FullRow:
		w.text("*")
	case s.Cast == "":
		w.selected(relation, &s.Field)
	default:
		w.cast(s.Cast, func() {
			w.transformed(s.Field.Transform, func() { w.selected(relation, &s.Field) })
		})
	}
}

// representing returns the function that represents the result of an item's aggregate, or the zero name. The least and
// the greatest value of a domain are values of the domain.
func representing(s *planner.SelectField) cache.QualifiedName {
	if s.Cast == "" && s.Aggregate.IsExtreme() {
		return s.Field.Transform
	}
	return cache.QualifiedName{}
}

// selected writes what an item of a select list selects: all columns for "*", unless that is the name of one.
func (w *writer) selected(relation cache.QualifiedName, f *planner.Field) {
	if f.Name == "*" && !f.Literal && len(f.Path) == 0 && !f.FullRow {
		w.column(relation, planner.AllColumns)
		return
	}
	w.field(relation, f)
}

// onlyWhere begins an expression that is NULL unless all conditions are true. The parent of a to-one spread aggregates
// it, and aggregates ignore NULL.
func (w *writer) onlyWhere(relation cache.QualifiedName, all []planner.Condition) {
	w.allOf(relation, all, "CASE WHEN ")
	w.text(" THEN ")
}

// filterRows writes FILTER with the conditions on the rows of an aggregate, or nothing.
func (w *writer) filterRows(relation cache.QualifiedName, all []planner.Condition) {
	w.allOf(relation, all, " FILTER (WHERE ")
	if len(all) > 0 {
		w.text(")")
	}
}

// allOf writes that all of the conditions on a row are true, after an opening.
func (w *writer) allOf(relation cache.QualifiedName, all []planner.Condition, opening constant) {
	list := list{w, opening, " AND "}
	c := conditions{writer: w, relation: relation, nothingJoined: true}
	for i := range all {
		list.item()
		c.tree(&all[i])
	}
}

// aggregate applies an aggregate function to what inner writes, with what filter writes behind it, and a representation
// and a cast to its result. It returns where the expression is by which groups are ordered.
func (w *writer) aggregate(
	a request.Aggregate, castType string, represented cache.QualifiedName, filter, inner func(),
) (key span) {
	from := len(w.sql)
	w.cast(castType, func() {
		w.transformed(represented, func() {
			start := len(w.sql)
			w.text([...]constant{"", "SUM(", "AVG(", "pg_catalog.count(", "MAX(", "MIN(", "pg_catalog.count(DISTINCT "}[a])
			inner()
			w.text(")")
			filter()
			key = w.since(start)
		})
	})
	if castType != "" {
		key = w.since(from)
	}
	return key
}

func (w *writer) cast(castType string, inner func()) {
	if castType == "" {
		inner()
		return
	}
	w.text("CAST(")
	inner()
	w.text(" AS ")
	w.castType(castType)
	w.text(")")
}

// orderBy writes ORDER BY, or nothing.
func (w *writer) orderBy(relation cache.QualifiedName, terms []planner.OrderTerm) {
	list := list{w, " ORDER BY ", ", "}
	for i := range terms {
		list.item()
		w.orderTerm(relation, &terms[i])
	}
}

func (w *writer) orderTerm(relation cache.QualifiedName, t *planner.OrderTerm) {
	w.orderKey(relation, t)
	w.direction(t)
}

// orderKey writes what a term orders by, unless that is something selected.
func (w *writer) orderKey(relation cache.QualifiedName, t *planner.OrderTerm) {
	switch {
	case t.Embed != nil:
		w.extreme(t.Embed, &t.Field, t.Direction)
	case t.Spread != nil:
		w.spreadValue(relation, t.Spread, t.Field.Name)
	case t.Relation != "":
		w.field(cache.QualifiedName{Name: t.Relation}, &t.Field)
	default:
		w.field(relation, &t.Field)
	}
}

// extreme writes the least value of a field among the rows of an embed, or the greatest. Not all types that have an
// order have functions for that.
func (w *writer) extreme(n *planner.ReadNode, f *planner.Field, d request.Direction) {
	w.text("(SELECT ")
	from := len(w.sql)
	w.field(relationOf(n), f)
	key := w.since(from)
	w.from(n, nil) // the rows, also where the embed shows groups of them
	w.where(n, true, nil)
	w.text(" ORDER BY ")
	w.again(key)
	if d == request.Desc {
		w.text(" DESC")
	}
	w.text(" NULLS LAST LIMIT 1)")
}

func (w *writer) direction(t *planner.OrderTerm) {
	w.text([...]constant{"", " ASC", " DESC"}[t.Direction])
	w.text([...]constant{"", " NULLS FIRST", " NULLS LAST"}[t.Nulls])
}
