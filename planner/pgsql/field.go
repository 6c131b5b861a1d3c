package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// field writes a column with its path, as to_tsvector where the planner asks for it.
func (w *writer) field(relation cache.QualifiedName, f *planner.Field) {
	if f.TSVector {
		w.raw("to_tsvector(")
		w.config(f.Config, f.HasConfig)
		defer w.raw(")")
	}
	switch {
	case f.FullRow:
		w.ident(relation.Name)
	case len(f.Path) == 0:
		w.column(relation, f.Name)
	case f.ToJSON:
		w.raw("to_jsonb(")
		w.column(relation, f.Name)
		w.raw(")")
		w.path(f.Path)
	default:
		w.column(relation, f.Name)
		w.path(f.Path)
	}
}

// config writes a text search configuration as first argument.
func (w *writer) config(name string, has bool) {
	if has {
		w.value(name)
		w.raw(", ")
	}
}

// path writes the arrows into a JSON value. Keys and indexes are parameters.
func (w *writer) path(steps []request.JSONStep) {
	for i := range steps {
		if steps[i].AsText {
			w.raw("->>")
		} else {
			w.raw("->")
		}
		w.value(steps[i].Key)
		if steps[i].Index {
			w.raw("::int")
		}
	}
}

// transformed writes a field, or the result of its representation's function.
func (w *writer) transformed(relation cache.QualifiedName, f *planner.Field) {
	if f.Transform.Name == "" {
		w.field(relation, f)
		return
	}
	w.name(f.Transform)
	w.raw("(")
	w.field(relation, f)
	w.raw(")")
}

// selectField writes an item of a select list.
func (w *writer) selectField(relation cache.QualifiedName, s *planner.SelectField) {
	w.aggregate(s.Aggregate, s.AggregateCast, func() {
		w.castTo(s.Cast, func() { w.transformed(relation, &s.Field) })
	})
	w.as(s.Alias)
}

func (w *writer) castTo(t string, inner func()) {
	if t == "" {
		inner()
		return
	}
	w.raw("CAST( ")
	inner()
	w.raw(" AS ")
	w.cast(t)
	w.raw(" )")
}

func (w *writer) aggregate(a request.Aggregate, castTo string, inner func()) {
	if a == request.NoAggregate {
		inner()
		return
	}
	w.castTo(castTo, func() {
		w.raw([...]string{"", "SUM", "AVG", "COUNT", "MAX", "MIN"}[a])
		w.raw("(")
		inner()
		w.raw(")")
	})
}

func (w *writer) as(alias string) {
	if alias != "" {
		w.raw(" AS ")
		w.ident(alias)
	}
}

// orderBy writes ORDER BY, or nothing.
func (w *writer) orderBy(relation cache.QualifiedName, terms []planner.OrderTerm) {
	if len(terms) == 0 {
		return
	}
	w.raw(" ORDER BY ")
	list(w, ", ", terms, func(t *planner.OrderTerm) {
		from := relation
		if t.Relation != "" {
			from = cache.QualifiedName{Name: t.Relation}
		}
		w.field(from, &t.Field)
		w.raw([...]string{"", " ASC", " DESC"}[t.Direction])
		w.raw([...]string{"", " NULLS FIRST", " NULLS LAST"}[t.Nulls])
	})
}
