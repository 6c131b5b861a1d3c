package cache

import (
	"cmp"
	"context"
	"slices"
)

// tracedColumn is a column of a served view and the table's column that it shows.
type tracedColumn struct{ view, base attribute }

// viewRules holds the target lists of views by oid.
type viewRules struct{ layered[uint32, []target] }

// views reads where the columns of views come from.
func (l *loader) views(ctx context.Context) error {
	return l.query(ctx, "views", l.viewParams(), func(r *row) { l.rules.set(r.oid(), viewTargets(r.bytes())) })
}

func (l *loader) viewParams() [][]byte {
	return [][]byte{l.schemas(l.options.Schemas), l.schemas(l.options.ExtraSearchPath), l.asked()}
}

// traceViews finds the tables' columns that the served views show.
func (l *loader) traceViews() {
	l.shown, l.viewColumns = make(map[uint32]bool), nil
	for oid, targets := range l.rules.all() {
		if r := l.relations.at(oid); r == nil || !r.served {
			continue // of the extra search path
		}
		for _, t := range targets {
			if base, ok := l.rules.trace(attribute{t.relation, t.column}); ok {
				l.shown[base.relation] = true
				l.viewColumns = append(l.viewColumns, tracedColumn{attribute{oid, t.number}, base})
			}
		}
	}
}

// trace follows a column through views to the column of a table, or of a view that is not among the rules. It
// reports false if a view computes the column.
func (v *viewRules) trace(column attribute) (attribute, bool) {
	// Views cannot refer to themselves, unless somebody has edited the system catalogs.
	for range v.len() + 1 {
		targets, isView := v.get(column.relation)
		if !isView {
			return column, true
		}
		at := slices.IndexFunc(targets, func(t target) bool { return t.number == column.number })
		if at < 0 {
			return column, false
		}
		column = attribute{targets[at].relation, targets[at].column}
	}
	return column, false
}

// addViewColumns puts the views' columns that show columns of keys into the catalog, in the order of the relations
// and of each one's columns.
func (l *loader) addViewColumns() {
	l.catalog.ViewColumns = nil
	slices.SortFunc(l.viewColumns, func(a, b tracedColumn) int {
		return cmp.Or(
			l.relations.at(a.view.relation).name.Compare(l.relations.at(b.view.relation).name),
			cmp.Compare(a.view.number, b.view.number),
		)
	})
	for _, c := range l.viewColumns {
		if !l.keyAttributes[c.base] {
			continue
		}
		view, base := l.relations.at(c.view.relation), l.relations.at(c.base.relation)
		l.catalog.ViewColumns = append(l.catalog.ViewColumns, ViewColumn{
			View: view.name, Column: view.column(c.view.number),
			Table: base.name, TableColumn: base.column(c.base.number),
		})
	}
}
