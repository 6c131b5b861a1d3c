package cache

import (
	"context"
	"iter"
	"maps"
	"slices"
)

// relink lists again the keys and the columns of views that may have changed with what was read again. All else stays
// in the catalog's lists, however many there are.
func (l *loader) relink(ctx context.Context) error {
	l.shown, l.keyAttributes = make(map[uint32]bool), make(map[attribute]bool)
	views := l.changedViews()
	relations := l.rekeyed(views)
	if err := l.hiddenNames(ctx, l.constraintsOf(relations)); err != nil {
		return err
	}
	before := *l.catalog
	l.catalog.ForeignKeys, l.catalog.HiddenKeys, l.catalog.ViewColumns = nil, nil, nil
	for oid := range relations {
		l.addKeysOf(oid, l.constraints.at(oid))
	}
	l.sortKeys()
	l.addShowing(relations, views)
	for _, oid := range l.servedViews(views) {
		l.addColumnsOf(oid)
	}
	gone := l.namesBefore(relations)
	c := l.catalog
	c.ForeignKeys = replaced(before.ForeignKeys, gone, c.ForeignKeys, func(k *ForeignKey) QualifiedName { return k.Table })
	c.HiddenKeys = replaced(before.HiddenKeys, gone, c.HiddenKeys, func(k *PrimaryKey) QualifiedName { return k.Table })
	c.ViewColumns = replaced(before.ViewColumns, l.namesBefore(views), c.ViewColumns,
		func(v *ViewColumn) QualifiedName { return v.View })
	return nil
}

// isShown reports whether a served view shows columns of a table.
func (l *loader) isShown(oid uint32) bool {
	shown, known := l.shown[oid]
	if !known && l.only != nil {
		shown = l.known.isShown(oid)
		l.shown[oid] = shown
	}
	return shown
}

// isShown reports whether a served view shows columns of a table, directly or through other views.
func (k *known) isShown(table uint32) bool {
	for range k.showing(table) {
		return true
	}
	return false
}

// showing returns the columns of served views that show columns of a table, directly or through other views. A relation
// that is itself looked through is none.
func (k *known) showing(table uint32) iter.Seq[tracedColumn] {
	return func(yield func(tracedColumn) bool) {
		if k.rules.targets.has(table) {
			return
		}
		var open []tracedColumn
		seen := make(map[attribute]bool) // views cannot show themselves, unless somebody has edited the system catalogs
		add := func(relation uint32, base func(target) (attribute, bool)) {
			for _, view := range k.rules.users.at(relation) {
				for _, t := range k.rules.targets.at(view) {
					column := attribute{view, t.number}
					if from, shows := base(t); shows && t.relation == relation && !seen[column] {
						seen[column] = true
						open = append(open, tracedColumn{column, from})
					}
				}
			}
		}
		add(table, func(t target) (attribute, bool) { return attribute{table, t.column}, true })
		for next := 0; next < len(open); next++ {
			c := open[next]
			if r := k.relations.at(c.view.relation); r != nil && r.served && !yield(c) {
				return
			}
			add(c.view.relation, func(t target) (attribute, bool) { return c.base, t.column == c.view.number })
		}
	}
}

// changedViews returns the views that were read again and differ from what they were, and all that show their columns.
func (l *loader) changedViews() map[uint32]bool {
	views := make(map[uint32]bool)
	var open []uint32
	add := func(view uint32) {
		if !views[view] {
			views[view] = true
			open = append(open, view)
		}
	}
	for _, oid := range l.only {
		if l.rules.targets.has(oid) || l.before.rules.targets.has(oid) {
			add(oid)
		}
	}
	for next := 0; next < len(open); next++ {
		for _, k := range []*known{l.before, &l.known} {
			for _, user := range k.rules.users.at(open[next]) {
				add(user)
			}
		}
	}
	return views
}

// rekeyed returns the relations whose keys are listed again: those that were read again, those that views have begun or
// ceased to show, and those that have foreign keys to either.
func (l *loader) rekeyed(views map[uint32]bool) map[uint32]bool {
	relations := make(map[uint32]bool, len(l.only))
	for _, oid := range l.only {
		relations[oid] = true
	}
	for _, k := range []*known{l.before, &l.known} {
		for view := range views {
			for _, t := range k.rules.targets.at(view) {
				base, ok := k.rules.trace(attribute{t.relation, t.column})
				if ok && l.before.isShown(base.relation) != l.isShown(base.relation) {
					relations[base.relation] = true
				}
			}
		}
	}
	for _, oid := range keys(relations) {
		for _, g := range []*graph{&l.before.graph, &l.graph} {
			g.eachUser(oid, func(user uint32, link link) {
				if link.kind == linkForeign {
					relations[user] = true
				}
			})
		}
	}
	return relations
}

// constraintsOf returns the constraints of relations.
func (l *loader) constraintsOf(relations map[uint32]bool) iter.Seq2[uint32, []constraint] {
	return func(yield func(uint32, []constraint) bool) {
		for oid := range relations {
			if !yield(oid, l.constraints.at(oid)) {
				return
			}
		}
	}
}

// addShowing adds the views that show, or have shown, columns of relations whose keys are listed again, or of those that
// these have foreign keys to.
func (l *loader) addShowing(relations, views map[uint32]bool) {
	tables := maps.Clone(relations)
	for _, k := range []*known{l.before, &l.known} {
		for oid := range relations {
			for _, c := range k.constraints.at(oid) {
				if c.kind == foreignKey {
					tables[c.foreign] = true
				}
			}
		}
	}
	for _, k := range []*known{l.before, &l.known} {
		for oid := range tables {
			for c := range k.showing(oid) {
				views[c.view.relation] = true
			}
		}
	}
}

// servedViews returns those of the views that are served, in the order of their names.
func (l *loader) servedViews(views map[uint32]bool) []uint32 {
	var served []uint32
	for oid := range views {
		if r := l.relations.at(oid); r != nil && r.served {
			served = append(served, oid)
		}
	}
	slices.SortFunc(served, func(a, b uint32) int { return l.relations.at(a).name.Compare(l.relations.at(b).name) })
	return served
}

// addColumnsOf puts the columns of a served view that show columns of keys into the catalog, in the order of the view's.
func (l *loader) addColumnsOf(view uint32) {
	targets := slices.SortedFunc(slices.Values(l.rules.targets.at(view)), func(a, b target) int {
		return int(a.number) - int(b.number)
	})
	for _, t := range targets {
		if base, ok := l.rules.trace(attribute{t.relation, t.column}); ok && l.isKeyColumn(base) {
			l.addViewColumn(tracedColumn{attribute{view, t.number}, base})
		}
	}
}

// isKeyColumn reports whether a column of a table that a served view shows belongs to a key that matters.
func (l *loader) isKeyColumn(column attribute) bool {
	own := func(c constraint) bool {
		matters := c.kind == primaryKey || c.kind == foreignKey && l.matters(c.foreign)
		return matters && slices.Contains(c.columns, column.number)
	}
	references := func(c constraint) bool {
		return c.kind == foreignKey && c.foreign == column.relation && slices.Contains(c.referenced, column.number)
	}
	return slices.ContainsFunc(l.constraints.at(column.relation), own) ||
		slices.ContainsFunc(l.graph.users.at(column.relation), func(user uint32) bool {
			return slices.ContainsFunc(l.constraints.at(user), references)
		})
}

// namesBefore returns the names that relations had, in order.
func (l *loader) namesBefore(relations map[uint32]bool) []QualifiedName {
	names := make([]QualifiedName, 0, len(relations))
	for oid := range relations {
		if r := l.before.relations.at(oid); r != nil {
			names = append(names, r.name)
		}
	}
	slices.SortFunc(names, QualifiedName.Compare)
	return names
}

// replaced returns a list without the items of some relations, and with others. All are in the order of the names of
// their relations, and no relation has items in both lists then.
func replaced[T any](list []T, gone []QualifiedName, fresh []T, of func(*T) QualifiedName) []T {
	all := make([]T, 0, len(list)+len(fresh))
	for i := range list {
		name := of(&list[i])
		for len(gone) > 0 && gone[0].Compare(name) < 0 {
			gone = gone[1:]
		}
		if len(gone) > 0 && gone[0] == name {
			continue
		}
		for len(fresh) > 0 && of(&fresh[0]).Compare(name) < 0 {
			all, fresh = append(all, fresh[0]), fresh[1:]
		}
		all = append(all, list[i])
	}
	if all = append(all, fresh...); len(all) == 0 {
		return nil
	}
	return all
}
