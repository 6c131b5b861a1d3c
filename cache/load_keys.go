package cache

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// constraint is a row of pg_constraint, of a relation.
type constraint struct {
	name       string
	kind       byte // pg_constraint.contype
	columns    []int16
	foreign    uint32 // 0 unless kind is foreignKey
	referenced []int16
}

// The kinds of constraint that are keys.
const (
	primaryKey = 'p'
	uniqueKey  = 'u'
	foreignKey = 'f'
)

// keys reads the keys of tables and keeps those that matter: the foreign keys of relations that are exposed or shown by
// a view to such relations, and the primary keys of the tables among them. It also names the key columns that views
// show.
func (l *loader) keys(ctx context.Context) error {
	constraints := renewLists(l, func(k *known) *layered[uint32, []constraint] { return &k.constraints }, sameConstraint)
	err := l.query(ctx, "constraints", [][]byte{l.asked()}, func(r *row) {
		relation := r.oid()
		c := constraint{name: r.textAs(constraints.next(relation).name), kind: r.char()}
		c.columns, c.foreign, c.referenced = r.int2s(), r.oid(), r.int2s()
		constraints.add(relation, c)
	})
	if err != nil {
		return err
	}
	constraints.end()
	switch {
	case l.keepsLinks():
		l.addPrimaryKeys()
		return nil
	case l.only != nil:
		return l.relink(ctx)
	}
	l.traceViews()
	if err := l.hiddenNames(ctx, l.constraints.all()); err != nil {
		return err
	}
	l.relations.settle()
	l.addKeys()
	l.addViewColumns()
	return nil
}

// hiddenNames reads the names of the key columns of relations with constraints, and of those relations, that are not
// served and not known.
func (l *loader) hiddenNames(ctx context.Context, all iter.Seq2[uint32, []constraint]) error {
	oids, numbers := l.hiddenAttributes(all)
	if len(oids) == 0 {
		return nil
	}
	params := [][]byte{l.array(pgtype.OIDArrayOID, oids), l.array(pgtype.Int2ArrayOID, numbers)}
	read := make(map[uint32]*relation)
	err := l.query(ctx, "names", params, func(r *row) {
		oid, name := r.oid(), r.name()
		if read[oid] == nil {
			read[oid] = &relation{name: name, exposed: l.catalog.exposes(name.Schema)}
		}
		hidden := read[oid]
		hidden.numbers = append(hidden.numbers, r.int2())
		hidden.columns = append(hidden.columns, r.text())
	})
	for oid, r := range read {
		l.setHidden(oid, r)
	}
	return err
}

// hiddenAttributes returns the columns that have to be named: those of the foreign keys that matter, and of the primary
// keys of tables that have such keys or are shown by views. If one of a relation's is not known, all of them are.
func (l *loader) hiddenAttributes(all iter.Seq2[uint32, []constraint]) (oids []uint32, numbers []int16) {
	wanted := make(map[uint32]map[int16]bool)
	want := func(oid uint32, numbers []int16) {
		if r := l.relations.at(oid); r != nil && r.served {
			return
		}
		if wanted[oid] == nil {
			wanted[oid] = make(map[int16]bool)
		}
		for _, number := range numbers {
			wanted[oid][number] = true
		}
	}
	for relation, constraints := range all {
		referencing := l.isShown(relation)
		for i := range constraints {
			if c := &constraints[i]; c.kind == foreignKey && l.matters(c.foreign) {
				want(relation, c.columns)
				want(c.foreign, c.referenced)
				referencing = true
			}
		}
		for i := range constraints {
			if c := &constraints[i]; c.kind == primaryKey && referencing {
				want(relation, c.columns)
			}
		}
	}
	for oid, columns := range wanted {
		if l.relations.at(oid).knows(columns) {
			continue
		}
		for number := range columns {
			oids, numbers = append(oids, oid), append(numbers, number)
		}
	}
	return oids, numbers
}

// knows reports whether the columns with the numbers have names here.
func (r *relation) knows(numbers map[int16]bool) bool {
	for number := range numbers {
		if r == nil || r.column(number) == "" {
			return false
		}
	}
	return true
}

// addKeys puts the keys that matter into the catalog, sorted.
func (l *loader) addKeys() {
	l.keyAttributes = make(map[attribute]bool)
	foreign := renewedList[ForeignKey]{
		before:  l.earlier.catalog.ForeignKeys,
		compare: func(a, b *ForeignKey) int { return compareForeignKeys(*a, *b) },
		same:    func(a, b *ForeignKey) bool { return sameForeignKey(*a, *b) },
	}
	hidden := renewedList[PrimaryKey]{
		before:  l.earlier.catalog.HiddenKeys,
		compare: func(a, b *PrimaryKey) int { return comparePrimaryKeys(*a, *b) },
		same:    func(a, b *PrimaryKey) bool { return sameHiddenKey(*a, *b) },
	}
	c := l.catalog
	for _, relation := range l.constrainedByName() {
		c.ForeignKeys, c.HiddenKeys = c.ForeignKeys[:0], c.HiddenKeys[:0]
		l.addKeysOf(relation, l.constraints.at(relation))
		l.sortKeys()
		for i := range c.ForeignKeys {
			foreign.add(&c.ForeignKeys[i])
		}
		for i := range c.HiddenKeys {
			hidden.add(&c.HiddenKeys[i])
		}
	}
	c.ForeignKeys, c.HiddenKeys = foreign.end(), hidden.end()
	l.clearPrimaryKeys()
}

// constrainedByName returns the relations with constraints in the order of their names. Those without a name come first.
func (l *loader) constrainedByName() []uint32 {
	type named struct {
		name QualifiedName
		oid  uint32
	}
	all := make([]named, 0, l.constraints.len())
	for oid := range keysOf(&l.constraints) {
		n := named{oid: oid}
		if r := l.relations.at(oid); r != nil {
			n.name = r.name
		}
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b named) int { return a.name.Compare(b.name) })
	oids := make([]uint32, len(all))
	for i := range all {
		oids[i] = all[i].oid
	}
	return oids
}

// clearPrimaryKeys takes the primary key from relations that had one before.
func (l *loader) clearPrimaryKeys() {
	isPrimary := func(c constraint) bool { return c.kind == primaryKey }
	for _, oid := range l.read {
		if len(l.fresh[oid].PrimaryKey) > 0 && !slices.ContainsFunc(l.constraints.at(oid), isPrimary) {
			l.owned(oid).PrimaryKey = nil
		}
	}
}

func (l *loader) sortKeys() {
	slices.SortFunc(l.catalog.ForeignKeys, compareForeignKeys)
	slices.SortFunc(l.catalog.HiddenKeys, comparePrimaryKeys)
}

func compareForeignKeys(a, b ForeignKey) int {
	return cmp.Or(a.Table.Compare(b.Table), cmp.Compare(a.Name, b.Name))
}

func comparePrimaryKeys(a, b PrimaryKey) int { return a.Table.Compare(b.Table) }

// addKeysOf adds the keys of one relation.
func (l *loader) addKeysOf(relation uint32, constraints []constraint) {
	referencing := false
	for i := range constraints {
		if c := &constraints[i]; c.kind == foreignKey && l.matters(c.foreign) {
			unique := slices.ContainsFunc(constraints, func(key constraint) bool {
				return key.kind != foreignKey && sameSet(key.columns, c.columns)
			})
			l.addForeignKey(relation, c, unique)
			referencing = true
		}
	}
	for i := range constraints {
		if c := &constraints[i]; c.kind == primaryKey {
			l.addPrimaryKey(relation, c, referencing)
		}
	}
}

// matters reports whether a relation is exposed or shown by a view.
func (l *loader) matters(oid uint32) bool {
	r := l.relations.at(oid)
	return r != nil && r.exposed || l.isShown(oid)
}

func (l *loader) addForeignKey(relation uint32, c *constraint, unique bool) {
	from, to := l.relations.at(relation), l.relations.at(c.foreign)
	if from == nil || to == nil {
		l.nameless = true
		return
	}
	l.catalog.ForeignKeys = append(l.catalog.ForeignKeys, ForeignKey{
		Name: c.name, Table: from.name, Foreign: to.name,
		Columns: pairColumns(l.use(relation, c.columns), l.use(c.foreign, c.referenced)),
		Unique:  unique,
	})
}

func (l *loader) addPrimaryKey(relation uint32, c *constraint, referencing bool) {
	r := l.relations.at(relation)
	switch {
	case r != nil && r.served:
		key := l.use(relation, c.columns)
		if t := l.fresh[relation]; t != nil && !slices.Equal(t.PrimaryKey, key) { // what was not read again has its key
			l.owned(relation).PrimaryKey = key
		}
	case r == nil && (referencing || l.isShown(relation)):
		l.nameless = true
	case referencing || l.isShown(relation):
		key := PrimaryKey{r.name, l.use(relation, c.columns)}
		l.catalog.HiddenKeys = append(l.catalog.HiddenKeys, key)
	}
}

// use returns the names of columns and notes that they belong to a key.
func (l *loader) use(oid uint32, numbers []int16) []string {
	if l.shown[oid] { // no others are asked for
		for _, number := range numbers {
			l.keyAttributes[attribute{oid, number}] = true
		}
	}
	return l.columnNames(oid, numbers)
}

// sameSet reports whether lists have the same columns in any order. A key has no column twice.
func sameSet(key, columns []int16) bool {
	return len(key) == len(columns) &&
		!slices.ContainsFunc(key, func(number int16) bool { return !slices.Contains(columns, number) })
}
