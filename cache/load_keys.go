package cache

import (
	"cmp"
	"context"
	"encoding/binary"
	"maps"
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
	err := l.query(ctx, "constraints", [][]byte{l.asked()}, func(r *row) {
		c := constraint{name: r.text(), kind: r.char()}
		relation := r.oid()
		c.columns, c.foreign, c.referenced = r.int2s(), r.oid(), r.int2s()
		l.constraints[relation] = append(l.constraints[relation], c)
	})
	if err != nil {
		return err
	}
	l.traceViews()
	if err := l.hiddenNames(ctx); err != nil {
		return err
	}
	l.addKeys()
	l.addViewColumns()
	return nil
}

// hiddenNames reads the names of the key columns, and of their relations, that are not served and not known.
func (l *loader) hiddenNames(ctx context.Context) error {
	oids, numbers := l.hiddenAttributes()
	if len(oids) == 0 && l.only != nil {
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
	maps.Copy(l.relations, read)
	return err
}

// hiddenAttributes returns the columns that have to be named: those of the foreign keys that matter, and of the primary
// keys of tables that have such keys or are shown by views. If one of a relation's is not known, all of them are.
func (l *loader) hiddenAttributes() (oids []uint32, numbers []int16) {
	wanted := make(map[uint32]map[int16]bool)
	want := func(oid uint32, numbers []int16) {
		if r := l.relations[oid]; r != nil && r.served {
			return
		}
		if wanted[oid] == nil {
			wanted[oid] = make(map[int16]bool)
		}
		for _, number := range numbers {
			wanted[oid][number] = true
		}
	}
	for relation, constraints := range l.constraints {
		referencing := l.shown[relation]
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
		if l.relations[oid].knows(columns) {
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
	l.catalog.ForeignKeys, l.catalog.HiddenKeys = nil, nil
	for i := range l.catalog.Tables {
		l.catalog.Tables[i].PrimaryKey = nil
	}
	for relation, constraints := range l.constraints {
		l.addKeysOf(relation, constraints)
	}
	slices.SortFunc(l.catalog.ForeignKeys, func(a, b ForeignKey) int {
		return cmp.Or(a.Table.Compare(b.Table), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(l.catalog.HiddenKeys, func(a, b PrimaryKey) int { return a.Table.Compare(b.Table) })
}

// addKeysOf adds the keys of one relation.
func (l *loader) addKeysOf(relation uint32, constraints []constraint) {
	unique := make(map[string]bool)
	for i := range constraints {
		if c := &constraints[i]; c.kind != foreignKey {
			unique[columnSet(c.columns)] = true
		}
	}
	referencing := false
	for i := range constraints {
		if c := &constraints[i]; c.kind == foreignKey && l.matters(c.foreign) {
			l.addForeignKey(relation, c, unique[columnSet(c.columns)])
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
	r := l.relations[oid]
	return l.shown[oid] || r != nil && r.exposed
}

func (l *loader) addForeignKey(relation uint32, c *constraint, unique bool) {
	from, to := l.relations[relation], l.relations[c.foreign]
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
	r := l.relations[relation]
	switch {
	case r != nil && r.served:
		l.catalog.Tables[r.table].PrimaryKey = l.use(relation, c.columns)
	case r == nil && (referencing || l.shown[relation]):
		l.nameless = true
	case referencing || l.shown[relation]:
		key := PrimaryKey{r.name, l.use(relation, c.columns)}
		l.catalog.HiddenKeys = append(l.catalog.HiddenKeys, key)
	}
}

// use returns the names of columns and notes that they belong to a key.
func (l *loader) use(oid uint32, numbers []int16) []string {
	names := make([]string, len(numbers))
	for i, number := range numbers {
		names[i] = l.relations[oid].column(number)
		l.nameless = l.nameless || names[i] == ""
		l.keyAttributes[attribute{oid, number}] = true
	}
	return names
}

// columnSet returns what is equal for equal sets of columns.
func columnSet(columns []int16) string {
	var set []byte
	for _, number := range slices.Sorted(slices.Values(columns)) {
		set = binary.BigEndian.AppendUint16(set, uint16(number)) // two's complement
	}
	return string(set)
}
