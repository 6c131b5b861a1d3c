package cache

import (
	"cmp"
	"context"
	"slices"
)

// tracedColumn is a column of a served view and the table's column that it shows.
type tracedColumn struct{ view, base attribute }

// viewRules holds the target lists of views by oid, and the views that have columns of a relation in theirs.
type viewRules struct {
	targets layered[uint32, []target]
	users   layered[uint32, []uint32]
}

func newViewRules() viewRules {
	return viewRules{newLayered[uint32, []target](), newLayered[uint32, []uint32]()}
}

func (v *viewRules) clone() viewRules { return viewRules{v.targets.clone(), v.users.clone()} }

// whole returns equal rules, in maps of one layer.
func (v *viewRules) whole() viewRules { return viewRules{v.targets.whole(), v.users.whole()} }

// settle makes large maps anew where there are many differences.
func (v *viewRules) settle() {
	v.targets.settle()
	v.users.settle()
}

// set adds a view, which must not be there.
func (v *viewRules) set(view uint32, targets []target) {
	v.targets.set(view, targets)
	for _, t := range targets {
		// Views are added one after the other, so that one which is in a list is the last there.
		if users := v.users.at(t.relation); len(users) == 0 || users[len(users)-1] != view {
			appendTo(&v.users, t.relation, view)
		}
	}
}

// remove removes a view, if it is there.
func (v *viewRules) remove(view uint32) {
	for _, t := range v.targets.at(view) {
		removeFrom(&v.users, t.relation, view)
	}
	v.targets.remove(view)
}

// views reads where the columns of views come from.
func (l *loader) views(ctx context.Context) error {
	if l.earlier == nil || l.earlier.rules.targets.len() == 0 {
		return l.query(ctx, "views", l.viewParams(), func(r *row) { l.rules.set(r.oid(), viewTargets(r.bytes())) })
	}
	l.rules = l.earlier.rules.clone()
	seen := make(map[uint32]bool)
	err := l.query(ctx, "views", l.viewParams(), func(r *row) {
		oid, targets := r.oid(), viewTargets(r.bytes())
		seen[oid] = true
		if was, known := l.rules.targets.get(oid); known && slices.Equal(was, targets) {
			return
		}
		l.rules.remove(oid)
		l.rules.set(oid, targets)
	})
	for oid := range l.earlier.rules.targets.all() {
		if !seen[oid] {
			l.rules.remove(oid)
		}
	}
	l.rules.settle()
	return err
}

func (l *loader) viewParams() [][]byte {
	return [][]byte{l.schemas(l.options.Schemas), l.schemas(l.options.ExtraSearchPath), l.asked()}
}

// traceViews finds the tables' columns that the served views show.
func (l *loader) traceViews() {
	l.shown, l.viewColumns = make(map[uint32]bool), nil
	for oid, targets := range l.rules.targets.all() {
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
	for range v.targets.len() + 1 {
		targets, isView := v.targets.get(column.relation)
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
	views := renewedList[ViewColumn]{
		before: l.earlier.catalog.ViewColumns, compare: func(a, b *ViewColumn) int { return a.View.Compare(b.View) },
		same: func(a, b *ViewColumn) bool { return *a == *b },
	}
	slices.SortFunc(l.viewColumns, func(a, b tracedColumn) int {
		return cmp.Or(
			l.relations.at(a.view.relation).name.Compare(l.relations.at(b.view.relation).name),
			cmp.Compare(a.view.number, b.view.number),
		)
	})
	for _, c := range l.viewColumns {
		if l.keyAttributes[c.base] {
			l.catalog.ViewColumns = l.catalog.ViewColumns[:0]
			l.addViewColumn(c)
			for i := range l.catalog.ViewColumns {
				views.add(&l.catalog.ViewColumns[i])
			}
		}
	}
	l.catalog.ViewColumns = views.end()
}

func (l *loader) addViewColumn(c tracedColumn) {
	view, base := l.relations.at(c.view.relation), l.relations.at(c.base.relation)
	if base == nil || base.column(c.base.number) == "" {
		l.nameless = true
		return
	}
	l.catalog.ViewColumns = append(l.catalog.ViewColumns, ViewColumn{
		View: view.name, Column: view.column(c.view.number),
		Table: base.name, TableColumn: base.column(c.base.number),
	})
}
