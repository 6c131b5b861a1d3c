package cache

import "slices"

// keepsLinks reports whether what was read again changes nothing of what relates relations: foreign keys, keys of
// tables that are not served, and the columns of keys that views show. Then only the primary keys of what was read have
// to be named, however large the schema is. It may report false where nothing changes.
func (l *loader) keepsLinks() bool {
	if l.only == nil {
		return false
	}
	return !slices.ContainsFunc(l.only, func(oid uint32) bool { return l.changesLinks(oid, l.rules.users.at(oid)) })
}

// changesLinks reports whether a relation that was read again, and that views show, may change what relates relations.
func (l *loader) changesLinks(oid uint32, views []uint32) bool {
	was, now := l.before.relations.at(oid), l.relations.at(oid)
	keysWere, keys := l.before.constraints.at(oid), l.constraints.at(oid)
	referenced := len(views) > 0 || l.before.graph.users.has(oid) || l.graph.users.has(oid)
	alone := !referenced && !slices.ContainsFunc(keysWere, isForeign) && !slices.ContainsFunc(keys, isForeign)
	switch {
	case len(l.before.rules.targets.at(oid)) > 0 || len(l.rules.targets.at(oid)) > 0:
		return !slices.Equal(l.before.rules.targets.at(oid), l.rules.targets.at(oid)) || !l.keepsNames(oid, views)
	case was.isHidden() || now.isHidden():
		return true
	case alone:
		return false
	default:
		return !sameConstraints(keysWere, keys) || !l.keepsNames(oid, views)
	}
}

// isHidden reports whether names of columns of a relation are known that is not served.
func (r *relation) isHidden() bool { return r != nil && !r.served && len(r.numbers) > 0 }

// keepsNames reports whether a relation has the name that it had, and its columns have theirs. New columns do not
// matter, nor do those that are gone, unless keys or views are known that have them.
func (l *loader) keepsNames(oid uint32, views []uint32) bool {
	was, now := l.before.relations.at(oid), l.relations.at(oid)
	if was == nil || now == nil {
		return was == now
	}
	if was.name != now.name || was.exposed != now.exposed || was.served != now.served {
		return false
	}
	for i, number := range was.numbers {
		if name := now.column(number); name != was.columns[i] && (name != "" || l.isUsed(attribute{oid, number}, views)) {
			return false
		}
	}
	return true
}

// isUsed reports whether keys, or some of the views, have a column.
func (l *loader) isUsed(column attribute, views []uint32) bool {
	for _, c := range l.constraints.at(column.relation) {
		if slices.Contains(c.columns, column.number) {
			return true
		}
	}
	return slices.ContainsFunc(l.graph.users.at(column.relation), func(user uint32) bool {
		return slices.ContainsFunc(l.constraints.at(user), func(c constraint) bool {
			return c.foreign == column.relation && slices.Contains(c.referenced, column.number)
		})
	}) || slices.ContainsFunc(views, func(view uint32) bool {
		return slices.ContainsFunc(l.rules.targets.at(view), func(t target) bool {
			return t.relation == column.relation && t.column == column.number
		})
	})
}

func isForeign(c constraint) bool { return c.kind == foreignKey }

// sameConstraints reports whether there are the same constraints, in any order.
func sameConstraints(a, b []constraint) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !slices.ContainsFunc(b, func(c constraint) bool { return sameConstraint(c, a[i]) }) {
			return false
		}
	}
	return true
}

func sameConstraint(a, b constraint) bool {
	return a.name == b.name && a.kind == b.kind && a.foreign == b.foreign &&
		slices.Equal(a.columns, b.columns) && slices.Equal(a.referenced, b.referenced)
}

// addPrimaryKeys gives the relations that were read their own primary keys.
func (l *loader) addPrimaryKeys() {
	for oid, t := range l.fresh {
		t.PrimaryKey = nil
		for _, c := range l.constraints.at(oid) {
			if c.kind == primaryKey {
				t.PrimaryKey = l.columnNames(oid, c.columns)
			}
		}
	}
}

// columnNames returns the names of columns.
func (l *loader) columnNames(oid uint32, numbers []int16) []string {
	names := make([]string, len(numbers))
	r := l.relations.at(oid)
	for i, number := range numbers {
		names[i] = r.column(number)
		l.nameless = l.nameless || names[i] == ""
	}
	return names
}
