package cache

import (
	"maps"
	"slices"
)

// names is a set of relations.
type names map[QualifiedName]bool

func (n names) add(others ...QualifiedName) {
	for _, name := range others {
		n[name] = true
	}
}

// linkChange is what catalogs differ in of what relates relations.
type linkChange struct {
	keys     []*ForeignKey // that only one of the catalogs has
	shown    names         // tables of which views show other key columns
	views    names         // views that show other key columns
	keyed    names         // relations with another primary key, or of which only one catalog has one
	computed names         // relations with other computed relationships
}

// same reports whether the catalogs differ in nothing.
func (l *linkChange) same() bool {
	return len(l.keys)+len(l.shown)+len(l.views)+len(l.keyed)+len(l.computed) == 0
}

// compareLinks compares catalogs, of which both have their lists in order, and in which some relations have changed.
func compareLinks(before, c *Catalog, changed []tableChange) linkChange {
	l := linkChange{shown: make(names), views: make(names), keyed: make(names), computed: make(names)}
	for i := range changed {
		if t := &changed[i]; t.was == nil || t.now == nil || !slices.Equal(t.was.PrimaryKey, t.now.PrimaryKey) {
			l.keyed.add(t.name)
		}
	}
	compareGroups(before.ForeignKeys, c.ForeignKeys, sameForeignKey,
		func(k *ForeignKey) QualifiedName { return k.Table },
		func(was, now []ForeignKey) { l.keys = slices.Concat(l.keys, onlyIn(was, now), onlyIn(now, was)) })
	compareGroups(before.HiddenKeys, c.HiddenKeys, sameHiddenKey,
		func(k *PrimaryKey) QualifiedName { return k.Table },
		func(was, now []PrimaryKey) { l.keyed.add(slices.Concat(was, now)[0].Table) })
	compareGroups(before.ViewColumns, c.ViewColumns, equal,
		func(v *ViewColumn) QualifiedName { return v.View },
		func(was, now []ViewColumn) {
			for _, column := range slices.Concat(was, now) {
				l.views.add(column.View)
				l.shown.add(column.Table)
			}
		})
	if !oneSlice(before.ComputedRelationships, c.ComputedRelationships) {
		for _, list := range [][]ComputedRelationship{before.ComputedRelationships, c.ComputedRelationships} {
			for i := range list {
				l.computed.add(list[i].Table)
			}
		}
	}
	return l
}

func sameForeignKey(a, b ForeignKey) bool {
	return a.Name == b.Name && a.Table == b.Table && a.Foreign == b.Foreign && a.Unique == b.Unique &&
		slices.Equal(a.Columns, b.Columns)
}

func sameHiddenKey(a, b PrimaryKey) bool {
	return a.Table == b.Table && slices.Equal(a.Columns, b.Columns)
}

// compareGroups calls do with the items of each relation that differ between lists. Both are in the order of the
// relations that their items belong to.
func compareGroups[T any](
	a, b []T, same func(x, y T) bool, of func(*T) QualifiedName, do func(was, now []T),
) {
	if oneSlice(a, b) {
		return
	}
	for len(a) > 0 || len(b) > 0 {
		var was, now []T
		order := compareFirst(a, b, of)
		if order <= 0 {
			was, a = firstGroup(a, of)
		}
		if order >= 0 {
			now, b = firstGroup(b, of)
		}
		if !slices.EqualFunc(was, now, same) {
			do(was, now)
		}
	}
}

// compareFirst compares the relations of the first items of lists. What has ended comes last.
func compareFirst[T any](a, b []T, of func(*T) QualifiedName) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	default:
		return of(&a[0]).Compare(of(&b[0]))
	}
}

// firstGroup splits a list behind the items of its first relation.
func firstGroup[T any](list []T, of func(*T) QualifiedName) (first, rest []T) {
	end := 1
	for name := of(&list[0]); end < len(list) && of(&list[end]) == name; {
		end++
	}
	return list[:end], list[end:]
}

// onlyIn returns the foreign keys of a list that another one does not have.
func onlyIn(list, other []ForeignKey) (keys []*ForeignKey) {
	for i := range list {
		if !slices.ContainsFunc(other, func(k ForeignKey) bool { return sameForeignKey(k, list[i]) }) {
			keys = append(keys, &list[i])
		}
	}
	return keys
}

// viewsOf returns relations and the views that show them.
func (c *Catalog) viewsOf(tables names) names {
	all := maps.Clone(tables)
	for i := range c.ViewColumns {
		if v := &c.ViewColumns[i]; tables[v.Table] {
			all[v.View] = true
		}
	}
	return all
}

// basesOf returns relations and the tables that those of them show which are views.
func (c *Catalog) basesOf(relations names) names {
	all := maps.Clone(relations)
	for name := range relations {
		at, _ := slices.BinarySearchFunc(c.ViewColumns, name, func(v ViewColumn, name QualifiedName) int {
			return v.View.Compare(name)
		})
		for ; at < len(c.ViewColumns) && c.ViewColumns[at].View == name; at++ {
			all[c.ViewColumns[at].Table] = true
		}
	}
	return all
}

// keysBetween returns the foreign keys of some relations, and those that reference some.
func (c *Catalog) keysBetween(of, referencing names) (keys []*ForeignKey) {
	for i := range c.ForeignKeys {
		if k := &c.ForeignKeys[i]; of[k.Table] || referencing[k.Foreign] {
			keys = append(keys, k)
		}
	}
	return keys
}

// ends returns the relations that have foreign keys, and those that these reference.
func ends(keys []*ForeignKey) (tables, foreign names) {
	tables, foreign = make(names), make(names)
	for _, k := range keys {
		tables[k.Table], foreign[k.Foreign] = true, true
	}
	return tables, foreign
}

func union(sets ...names) names {
	all := make(names)
	for _, set := range sets {
		maps.Copy(all, set)
	}
	return all
}

// affected returns the relations that may have other relationships after the change: both sides of the keys that relate
// other relations than before, and what is related through the same junctions as those.
func (l *linkChange) affected(c *Catalog, keyed names) names {
	keys := slices.Concat(l.keys, c.keysBetween(union(l.shown, c.basesOf(keyed)), l.shown))
	tables, foreign := ends(keys)
	junctions := c.viewsOf(tables)
	_, others := ends(c.keysBetween(c.basesOf(junctions), nil))
	return union(l.keyed, l.views, l.computed, c.viewsOf(union(tables, foreign, others)))
}

// part returns a catalog with all that the relationships of some relations, and the primary keys of others, are inferred
// from. It has more than that, too, so that others that it gives are not complete.
func (c *Catalog) part(related, keyed names) *Catalog {
	bases := c.basesOf(related)
	tables, foreign := ends(c.keysBetween(bases, bases))
	junctions := c.basesOf(c.viewsOf(tables))
	keys := c.keysBetween(union(bases, junctions), bases)
	_, others := ends(keys)
	inside := union(tables, foreign, others, junctions, bases, c.basesOf(keyed))

	part := &Catalog{Schemas: c.Schemas}
	for _, k := range keys {
		part.ForeignKeys = append(part.ForeignKeys, *k)
	}
	for name := range inside {
		if at, found := findTable(c.Tables, name); found {
			part.Tables = append(part.Tables, c.Tables[at])
		}
	}
	slices.SortFunc(part.Tables, func(a, b *Table) int { return a.Name.Compare(b.Name) })
	part.HiddenKeys = only(c.HiddenKeys, func(k *PrimaryKey) bool { return inside[k.Table] })
	part.ViewColumns = only(c.ViewColumns, func(v *ViewColumn) bool { return inside[v.Table] })
	part.ComputedRelationships = only(c.ComputedRelationships, func(r *ComputedRelationship) bool { return related[r.Table] })
	return part
}

// only returns the items of a list that are wanted.
func only[T any](list []T, wanted func(*T) bool) (items []T) {
	for i := range list {
		if wanted(&list[i]) {
			items = append(items, list[i])
		}
	}
	return items
}

// apply gives a snapshot the relations of a catalog, of which some have changed, and the relationships and primary keys
// that have changed with them. It returns the changed relations, to which it adds those that have another key only, and
// those whose relationships were inferred again.
func (l *linkChange) apply(s *Snapshot, c *Catalog, changed []tableChange) ([]tableChange, names) {
	keyed := c.viewsOf(union(l.keyed, l.views))
	related := l.affected(c, keyed)
	part := c.part(related, keyed)
	views := newViewIndex(part.ViewColumns)
	keys := primaryKeys(part, views)
	for i := range changed {
		if name := changed[i].name; keyed[name] {
			changed[i].table = s.replace(c, &changed[i], keys)
			delete(keyed, name)
		} else {
			changed[i].table = s.replace(c, &changed[i], nil)
		}
	}
	for name := range keyed {
		if t := s.tables.at(name); t != nil && !slices.Equal(t.PrimaryKey, keys[name]) {
			t = t.with(keys[name])
			s.tables.set(name, t)
			changed = append(changed, tableChange{name: name, table: t})
		}
	}
	s.relationships = s.relationships.clone()
	all := buildRelationships(part, views, keys)
	for name := range related {
		for _, schema := range c.Schemas {
			key := relationshipKey{name, schema}
			if list, ok := all[key]; ok {
				s.relationships.set(key, list)
			} else {
				s.relationships.remove(key)
			}
		}
	}
	return changed, related
}
