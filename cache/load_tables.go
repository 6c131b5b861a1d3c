package cache

import (
	"cmp"
	"context"
	"maps"
	"slices"

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
	l.fresh = make(map[uint32]*Table)
	err := l.query(ctx, "tables", append(l.exposed(), l.asked()), func(r *row) {
		oid := r.oid()
		t := &Table{Name: r.name(), Kind: RelationKind(r.char()), Description: r.text()}
		events := r.int4()
		t.Updatable, t.Insertable = events&eventUpdate != 0, events&eventInsert != 0
		t.Deletable = events&eventDelete != 0
		t.RowSecurity = r.bool()
		partition := r.bool()
		l.relations.set(oid, &relation{name: t.Name, exposed: true, served: !partition})
		if !partition {
			l.fresh[oid] = t
		}
	})
	l.addTables()
	return err
}

// addTables adds the relations that were read to those of the catalog, in the order of their names.
func (l *loader) addTables() {
	if len(l.fresh) == 0 {
		return
	}
	order := func(a, b uint32) int { return l.fresh[a].Name.Compare(l.fresh[b].Name) }
	oids := slices.SortedFunc(maps.Keys(l.fresh), order)
	known, served := l.catalog.Tables, l.served
	l.catalog.Tables = make([]*Table, 0, len(known)+len(oids))
	l.served = make([]uint32, 0, cap(l.catalog.Tables))
	for _, oid := range oids {
		before, _ := findTable(known, l.fresh[oid].Name)
		l.catalog.Tables = append(append(l.catalog.Tables, known[:before]...), l.fresh[oid])
		l.served = append(append(l.served, served[:before]...), oid)
		known, served = known[before:], served[before:]
	}
	l.catalog.Tables = append(l.catalog.Tables, known...)
	l.served = append(l.served, served...)
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
	if t := l.fresh[oid]; t != nil {
		return t
	}
	at, _ := findTable(l.catalog.Tables, l.relations.at(oid).name)
	t := *l.catalog.Tables[at]
	l.catalog.Tables[at], l.fresh[oid] = &t, &t
	return &t
}

// tableColumns reads the columns and hands them to their relations.
func (l *loader) tableColumns(ctx context.Context) error {
	columns, err := l.columns(ctx)
	if err != nil {
		return err
	}
	if err := l.readTypes(ctx, columns); err != nil {
		return err
	}
	l.placeColumns(columns)
	var granted []uint32
	for i := range columns {
		if c := &columns[i]; c.granted && (len(granted) == 0 || granted[len(granted)-1] != c.relation) {
			granted = append(granted, c.relation)
		}
	}
	return l.readers(ctx, granted)
}

// readers reads which roles may read only some columns of the relations of which columns have privileges of their own:
// there are such roles only for these.
func (l *loader) readers(ctx context.Context, granted []uint32) error {
	if len(granted) == 0 {
		return nil
	}
	return l.query(ctx, "readers", [][]byte{l.array(pgtype.OIDArrayOID, granted)}, func(r *row) {
		t := l.owned(r.oid())
		if t.Readers == nil {
			t.Readers = make(map[string][]string)
		}
		role := r.text()
		t.Readers[role] = r.textArray()
	})
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

// columns reads the columns of the relations, ordered by relation and number.
func (l *loader) columns(ctx context.Context) ([]loadedColumn, error) {
	var columns []loadedColumn
	err := l.query(ctx, "columns", append(l.exposed(), l.asked()), func(r *row) {
		columns = append(columns, loadedColumn{
			attribute:  attribute{r.oid(), r.int2()},
			name:       r.text(),
			columnType: columnType{r.oid(), r.int4()},
			nullable:   r.bool(), defaultExpr: r.text(), description: r.text(), generated: r.bool(), granted: r.bool(),
		})
	})
	slices.SortFunc(columns, func(a, b loadedColumn) int {
		return cmp.Or(cmp.Compare(a.relation, b.relation), cmp.Compare(a.number, b.number))
	})
	return columns, err
}

// readTypes reads what those types of columns say that are not known: the fields of Column that depend on nothing else.
func (l *loader) readTypes(ctx context.Context, columns []loadedColumn) error {
	fresh := make(map[columnType]bool)
	for i := range columns {
		if _, ok := l.columnTypes[columns[i].columnType]; !ok {
			fresh[columns[i].columnType] = true
		}
	}
	if len(fresh) == 0 && l.only != nil {
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
	params := [][]byte{l.array(pgtype.OIDArrayOID, oids), l.array(pgtype.Int4ArrayOID, modifiers)}
	return l.query(ctx, "types", params, func(r *row) {
		oid, modifier := r.oid(), r.int4()
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

// placeColumns hands each relation its columns, each in an array of its own: the next load of everything may keep those of
// one relation and not of another.
func (l *loader) placeColumns(loaded []loadedColumn) {
	numbers, names := make([]int16, len(loaded)), make([]string, len(loaded))
	start := 0
	for i := range loaded {
		c := &loaded[i]
		numbers[i], names[i] = c.number, c.name

		if end := i + 1; end == len(loaded) || loaded[end].relation != c.relation {
			r := l.relations.at(c.relation)
			r.numbers, r.columns = numbers[start:end:end], names[start:end:end]
			l.fresh[c.relation].Columns = l.columnsOf(loaded[start:end])
			start = end
		}
	}
	for _, t := range l.fresh {
		t.index()
	}
}

// columnsOf returns the columns of one relation.
func (l *loader) columnsOf(loaded []loadedColumn) []Column {
	columns := make([]Column, len(loaded))
	for i := range loaded {
		c := &loaded[i]
		columns[i] = l.columnTypes[c.columnType]
		columns[i].Name, columns[i].Description = c.name, c.description
		columns[i].Nullable, columns[i].Generated, columns[i].Default = c.nullable, c.generated, c.defaultExpr
	}
	return columns
}
