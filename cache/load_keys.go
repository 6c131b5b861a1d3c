package cache

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// constraint is a row of pg_constraint.
type constraint struct {
	name       string
	kind       byte // pg_constraint.contype
	relation   uint32
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

// keys reads the keys of all tables and keeps those that matter: the foreign keys of relations that are exposed or
// shown by a view to such relations, and the primary keys of the tables among them. It also names the key columns
// that views show.
func (l *loader) keys(ctx context.Context) error {
	err := l.query(ctx, "constraints", nil, func(r *row) {
		l.constraints = append(l.constraints, constraint{
			name: r.text(), kind: r.char(),
			relation: r.oid(), columns: r.int2s(),
			foreign: r.oid(), referenced: r.int2s(),
		})
	})
	if err != nil {
		return err
	}
	if err := l.hiddenNames(ctx); err != nil {
		return err
	}
	l.addKeys()
	l.addViewColumns()
	return nil
}

// hiddenNames reads the names of the key columns, and of their relations, that are not served.
func (l *loader) hiddenNames(ctx context.Context) error {
	params := l.hiddenAttributes()
	return l.query(ctx, "names", params, func(r *row) {
		oid, name := r.oid(), r.name()
		if l.relations[oid] == nil {
			l.relations[oid] = &relation{name: name}
		}
		hidden := l.relations[oid]
		hidden.numbers = append(hidden.numbers, r.int2())
		hidden.columns = append(hidden.columns, r.text())
	})
}

// hiddenAttributes returns the parameters that ask for the columns of foreign keys, and of the primary keys of tables
// that have foreign keys or are shown by views.
func (l *loader) hiddenAttributes() [][]byte {
	wanted := make(map[attribute]bool)
	want := func(oid uint32, numbers []int16) {
		for _, number := range numbers {
			if l.relations[oid] == nil {
				wanted[attribute{oid, number}] = true
			}
		}
	}
	referencing := make(map[uint32]bool)
	for i := range l.constraints {
		if c := &l.constraints[i]; c.kind == foreignKey {
			want(c.relation, c.columns)
			want(c.foreign, c.referenced)
			referencing[c.relation] = true
		}
	}
	for i := range l.constraints {
		c := &l.constraints[i]
		if c.kind == primaryKey && (referencing[c.relation] || l.shown[c.relation]) {
			want(c.relation, c.columns)
		}
	}
	oids, numbers := make([]uint32, 0, len(wanted)), make([]int16, 0, len(wanted))
	for a := range wanted {
		oids, numbers = append(oids, a.relation), append(numbers, a.number)
	}
	return [][]byte{l.array(pgtype.OIDArrayOID, oids), l.array(pgtype.Int2ArrayOID, numbers)}
}

// addKeys puts the keys that matter into the catalog, sorted.
func (l *loader) addKeys() {
	unique := make(map[keyColumns]bool)
	for i := range l.constraints {
		if c := &l.constraints[i]; c.kind != foreignKey {
			unique[columnsOf(c)] = true
		}
	}
	referencing := make(map[uint32]bool)
	for i := range l.constraints {
		if c := &l.constraints[i]; c.kind == foreignKey && l.matters(c.foreign) {
			l.addForeignKey(c, unique[columnsOf(c)])
			referencing[c.relation] = true
		}
	}
	for i := range l.constraints {
		if c := &l.constraints[i]; c.kind == primaryKey {
			l.addPrimaryKey(c, referencing)
		}
	}
	slices.SortFunc(l.catalog.ForeignKeys, func(a, b ForeignKey) int {
		return cmp.Or(a.Table.Compare(b.Table), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(l.catalog.HiddenKeys, func(a, b PrimaryKey) int { return a.Table.Compare(b.Table) })
}

// matters reports whether a relation is exposed or shown by a view.
func (l *loader) matters(oid uint32) bool {
	return l.shown[oid] || l.catalog.exposes(l.relations[oid].name.Schema)
}

func (l *loader) addForeignKey(c *constraint, unique bool) {
	from, to := l.relations[c.relation], l.relations[c.foreign]
	l.catalog.ForeignKeys = append(l.catalog.ForeignKeys, ForeignKey{
		Name: c.name, Table: from.name, Foreign: to.name,
		Columns: pairColumns(l.use(c.relation, c.columns), l.use(c.foreign, c.referenced)),
		Unique:  unique,
	})
}

func (l *loader) addPrimaryKey(c *constraint, referencing map[uint32]bool) {
	r := l.relations[c.relation]
	switch {
	case r != nil && r.served:
		l.catalog.Tables[r.table].PrimaryKey = l.use(c.relation, c.columns)
	case referencing[c.relation] || l.shown[c.relation]:
		key := PrimaryKey{r.name, l.use(c.relation, c.columns)}
		l.catalog.HiddenKeys = append(l.catalog.HiddenKeys, key)
	}
}

// use returns the names of columns and notes that they belong to a key.
func (l *loader) use(oid uint32, numbers []int16) []string {
	names := make([]string, len(numbers))
	for i, number := range numbers {
		names[i] = l.relations[oid].column(number)
		l.keyAttributes[attribute{oid, number}] = true
	}
	return names
}

// keyColumns stands for the set of columns of a key.
type keyColumns struct {
	relation uint32
	columns  string
}

func columnsOf(c *constraint) keyColumns {
	sorted := slices.Sorted(slices.Values(c.columns))
	var set []byte
	for _, number := range sorted {
		set = binary.BigEndian.AppendUint16(set, uint16(number)) // two's complement
	}
	return keyColumns{c.relation, string(set)}
}
