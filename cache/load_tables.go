package cache

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"
)

// attribute is a column of a relation by oid and number.
type attribute struct {
	relation uint32
	number   int16
}

// relation is what is known of a relation by oid: its name and those of its columns, of all if it is served. It is not
// changed when its load has ended.
type relation struct {
	name    QualifiedName
	exposed bool    // in an exposed schema
	served  bool    // exposed, and not a partition
	numbers []int16 // sorted
	columns []string
}

// column returns the name of the column with a number, "" if there is none.
func (r *relation) column(number int16) string {
	at, ok := slices.BinarySearch(r.numbers, number)
	if !ok {
		return ""
	}
	return r.columns[at]
}

// The events that pg_relation_is_updatable reports, as bits.
const (
	eventUpdate = 1 << 2
	eventInsert = 1 << 3
	eventDelete = 1 << 4
)

// tables reads the relations of the exposed schemas, what code there is, and the relations' columns.
func (l *loader) tables(ctx context.Context) error {
	if err := l.tableRows(ctx); err != nil {
		return err
	}
	if err := l.userCode(ctx); err != nil {
		return err
	}
	if err := l.links(ctx); err != nil {
		return err
	}
	if err := l.purity(ctx); err != nil {
		return err
	}
	return l.tableColumns(ctx)
}

// tableRows reads the relations without their columns.
func (l *loader) tableRows(ctx context.Context) error {
	l.fresh, l.borrowed = make(map[uint32]*Table), make(map[uint32]bool)
	relations := l.renewRelations()
	before := l.tablesBefore()
	err := l.query(ctx, "tables", l.tableParams(), func(r *row) {
		oid := r.oid()
		t := Table{Name: r.nameAs(l.nameBefore(oid))}
		was := before(t.Name)
		t.Kind, t.Description = RelationKind(r.char()), r.textAs(descriptionOf(was))
		events := r.int4()
		t.Updatable, t.Insertable = events&eventUpdate != 0, events&eventInsert != 0
		t.Deletable = events&eventDelete != 0
		t.RowSecurity = r.bool()
		partition := r.bool()
		relations.set(oid, &relation{name: t.Name, exposed: true, served: !partition})
		if !partition {
			l.addFresh(oid, t, was)
		}
	})
	relations.forget() // others, that are not exposed, may come again
	l.read = slices.Sorted(maps.Keys(l.fresh))
	l.addTables()
	return err
}

// addFresh adds a relation that was read, or, for the time being, the one from before if it is the same so far.
func (l *loader) addFresh(oid uint32, t Table, was *Table) {
	if was != nil && sameRow(was, &t) {
		l.fresh[oid], l.borrowed[oid] = was, true
		return
	}
	l.fresh[oid] = &t
}

// addTables puts the relations that were read into the catalog, in the order of their names, for those that are stale.
func (l *loader) addTables() {
	order := func(a, b uint32) int { return l.fresh[a].Name.Compare(l.fresh[b].Name) }
	oids := slices.SortedFunc(maps.Keys(l.fresh), order)
	if len(oids)+len(l.stale) == 0 || l.replaceTables(oids) {
		return
	}
	known, served, start := l.catalog.Tables, l.served, 0
	tables, all := make([]*Table, 0, len(known)+len(oids)), make([]uint32, 0, len(known)+len(oids))
	keep := func(end int) {
		tables, all = append(tables, known[start:end]...), append(all, served[start:end]...)
		start = end
	}
	for stale := l.stale; len(oids)+len(stale) > 0; {
		at := len(known)
		if len(oids) > 0 {
			at, _ = findTable(known, l.fresh[oids[0]].Name)
		}
		if len(stale) > 0 && stale[0] <= at { // what has the name now comes after what had it
			keep(stale[0])
			start++
			stale = stale[1:]
			continue
		}
		keep(max(at, start))
		tables, all = append(tables, l.fresh[oids[0]]), append(all, oids[0])
		oids = oids[1:]
	}
	keep(len(known))
	l.catalog.Tables, l.served, l.ownsTables = tables, all, true
	if len(tables) == 0 {
		l.catalog.Tables = nil
	}
}

// replaceTables puts the relations into the places of those that are stale, if they have the same names and oids.
func (l *loader) replaceTables(oids []uint32) bool {
	if len(oids) != len(l.stale) {
		return false
	}
	for i, at := range l.stale {
		if l.served[at] != oids[i] || l.catalog.Tables[at].Name != l.fresh[oids[i]].Name {
			return false
		}
	}
	l.ownTables()
	for i, at := range l.stale {
		l.catalog.Tables[at] = l.fresh[oids[i]]
	}
	return true
}

// ownTables makes the list of relations one that may be changed.
func (l *loader) ownTables() {
	if !l.ownsTables {
		l.catalog.Tables, l.ownsTables = slices.Clone(l.catalog.Tables), true
	}
}

// findTable returns where the relation with a name is among relations in the order of their names, or would be.
func findTable(tables []*Table, name QualifiedName) (at int, found bool) {
	return slices.BinarySearchFunc(tables, name, func(t *Table, name QualifiedName) int { return t.Name.Compare(name) })
}

// table returns a relation that is served, nil if it is not. It must not be changed.
func (l *loader) table(oid uint32) *Table {
	if t := l.fresh[oid]; t != nil {
		return t
	}
	if r := l.relations.at(oid); r == nil || !r.served {
		return nil
	} else if at, found := findTable(l.catalog.Tables, r.name); found {
		return l.catalog.Tables[at]
	}
	return nil
}

// owned returns a relation that is served, for the loader to change.
func (l *loader) owned(oid uint32) *Table {
	if t := l.fresh[oid]; t != nil && !l.borrowed[oid] {
		return t
	}
	at, _ := findTable(l.catalog.Tables, l.relations.at(oid).name)
	t := *l.catalog.Tables[at]
	l.ownTables()
	l.catalog.Tables[at], l.fresh[oid] = &t, &t
	delete(l.borrowed, oid)
	return &t
}

// relationsAtOnce bounds of how many relations the columns are read at once.
const relationsAtOnce = 5000

// tableColumns reads the columns and hands them to their relations.
func (l *loader) tableColumns(ctx context.Context) error {
	var granted []uint32
	var columns []loadedColumn
	oids := l.read
	for first := true; first || len(oids) > 0; first = false {
		some := oids[:min(relationsAtOnce, len(oids))]
		oids = oids[len(some):]
		var err error
		if columns, err = l.columns(ctx, some, columns[:0]); err != nil {
			return err
		}
		if err := l.readTypes(ctx, columns, first && l.only == nil); err != nil {
			return err
		}
		l.placeColumns(some, columns)
		for i := range columns {
			if c := &columns[i]; c.granted && (len(granted) == 0 || granted[len(granted)-1] != c.relation) {
				granted = append(granted, c.relation)
			}
		}
	}
	l.columnLists = make(map[uint64]*columnList)
	return l.readers(ctx, granted)
}

// readers reads which roles may read only some columns of the relations of which columns have privileges of their own:
// there are such roles only for these.
func (l *loader) readers(ctx context.Context, granted []uint32) error {
	found := make(map[uint32]map[string][]string)
	if len(granted) > 0 {
		err := l.query(ctx, "readers", [][]byte{l.array(pgtype.OIDArrayOID, granted)}, func(r *row) {
			oid, role := r.oid(), r.text()
			if found[oid] == nil {
				found[oid] = make(map[string][]string)
			}
			found[oid][role] = r.textArray()
		})
		if err != nil {
			return err
		}
	}
	for _, oid := range l.read {
		if found[oid] == nil && l.fresh[oid].Readers != nil {
			l.owned(oid).Readers = nil
		}
	}
	for oid, readers := range found {
		if !sameReaders(l.table(oid).Readers, readers) {
			l.owned(oid).Readers = readers
		}
	}
	return nil
}

// loadedColumn is a row of columns.sql.
type loadedColumn struct {
	attribute
	columnType
	name, defaultExpr, description string
	nullable, generated, granted   bool // granted is set if the column has privileges of its own
}

// columnType is a type with its modifier (pg_attribute.atttypid and atttypmod).
type columnType struct {
	oid      uint32
	modifier int32
}

// columns reads the columns of relations, of which the oids are in order, into an empty list. Columns are ordered by
// relation and number.
func (l *loader) columns(ctx context.Context, of []uint32, columns []loadedColumn) ([]loadedColumn, error) {
	if len(of) == 0 {
		return columns, nil
	}
	first, last := of[0], of[len(of)-1]
	if l.only != nil {
		first, last = 0, math.MaxUint32
	}
	var before columnsBefore
	err := l.query(ctx, "columns", l.columnParams(first, last), func(r *row) {
		of := attribute{r.oid(), r.int2()}
		was := before.column(l, of)
		columns = append(columns, loadedColumn{
			attribute:  of,
			name:       r.textAs(was.Name),
			columnType: columnType{r.oid(), r.int4()},
			nullable:   r.bool(), defaultExpr: r.textAs(was.Default), description: r.textAs(was.Description),
			generated: r.bool(), granted: r.bool(),
		})
	})
	slices.SortFunc(columns, func(a, b loadedColumn) int {
		return cmp.Or(cmp.Compare(a.relation, b.relation), cmp.Compare(a.number, b.number))
	})
	return columns, err
}

// tableParams are the parameters of tables.sql, columnParams those of columns.sql for a range of oids.
func (l *loader) tableParams() [][]byte { return append(l.exposed(), l.asked()) }

func (l *loader) columnParams(first, last uint32) [][]byte {
	return append(l.tableParams(), decimal(first), decimal(last))
}

// decimal encodes a parameter that is an oid.
func decimal(oid uint32) []byte { return strconv.AppendUint(nil, uint64(oid), 10) }

// readTypes reads what those types of columns say that are not known: the fields of Column that depend on nothing else.
// If always is set, it reads what operators do even if all types are known.
func (l *loader) readTypes(ctx context.Context, columns []loadedColumn, always bool) error {
	fresh := make(map[columnType]bool)
	for i := range columns {
		if _, ok := l.columnTypes[columns[i].columnType]; !ok {
			fresh[columns[i].columnType] = true
		}
	}
	if len(fresh) == 0 && !always {
		return nil
	}
	if unknown := l.unknownTypes(fresh); l.only != nil && len(unknown) > 0 {
		if err := l.judgeTypes(ctx, unknown); err != nil {
			return err
		}
	}
	oids, modifiers := make([]uint32, 0, len(fresh)), make([]int32, 0, len(fresh))
	for t := range fresh {
		oids, modifiers = append(oids, t.oid), append(modifiers, t.modifier)
	}
	if err := l.operators(ctx, slices.Compact(slices.Sorted(slices.Values(oids)))); err != nil {
		return err
	}
	if len(fresh) == 0 {
		return nil
	}
	params := [][]byte{l.array(pgtype.OIDArrayOID, oids), l.array(pgtype.Int4ArrayOID, modifiers)}
	return l.query(ctx, "types", params, func(r *row) {
		oid, modifier, base := r.oid(), r.int4(), r.oid()
		if l.lacks.operators {
			l.operatorUse[oid] = l.ownUse(base)
		}
		l.columnTypes[columnType{oid, modifier}] = Column{
			Type: r.text(), NominalType: r.text(), MaxLength: r.int4(), Enum: r.textArray(), Structured: r.bool(),
			Operators: l.operatorUse[oid],
		}
	})
}

// unknownTypes returns those of the types that are not PostgreSQL's own and have not been judged.
func (l *loader) unknownTypes(types map[columnType]bool) []uint32 {
	var unknown []uint32
	for t := range types {
		if _, ok := l.operatorUse[t.oid]; !ok && t.oid >= firstUserOid {
			unknown = append(unknown, t.oid)
		}
	}
	return unknown
}

// placeColumns hands each of some relations, of which the oids are in order, its columns.
func (l *loader) placeColumns(relations []uint32, loaded []loadedColumn) {
	var numbers []int16
	var columns []Column
	for _, oid := range relations {
		numbers, columns = numbers[:0], columns[:0]
		for len(loaded) > 0 && loaded[0].relation < oid {
			loaded = loaded[1:]
		}
		for ; len(loaded) > 0 && loaded[0].relation == oid; loaded = loaded[1:] {
			numbers, columns = append(numbers, loaded[0].number), append(columns, l.columnOf(&loaded[0]))
		}
		l.setColumns(oid, numbers, columns)
	}
}

// columnOf returns the column that was loaded.
func (l *loader) columnOf(c *loadedColumn) Column {
	column := l.columnTypes[c.columnType]
	column.Name, column.Description, column.Default = c.name, c.description, c.defaultExpr
	column.Nullable, column.Generated = c.nullable, c.generated
	return column
}
