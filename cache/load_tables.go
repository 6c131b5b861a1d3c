package cache

import (
	"cmp"
	"context"
	"slices"
	"sort"

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
	table   int     // index into Catalog.Tables if served
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
	err := l.query(ctx, "tables", append(l.exposed(), l.asked()), func(r *row) {
		oid := r.oid()
		t := Table{Name: r.name(), Kind: RelationKind(r.char()), Description: r.text()}
		events := r.int4()
		t.Updatable, t.Insertable = events&eventUpdate != 0, events&eventInsert != 0
		t.Deletable = events&eventDelete != 0
		t.RowSecurity = r.bool()
		partition := r.bool()
		l.relations[oid] = &relation{name: t.Name, exposed: true, served: !partition}
		if !partition {
			l.catalog.Tables = append(l.catalog.Tables, t)
			l.served = append(l.served, oid)
		}
	})
	l.sortTables()
	return err
}

// sortTables brings the relations into the order of their names.
func (l *loader) sortTables() {
	sort.Sort(byName{l})
	for i, oid := range l.served {
		if r := l.relations[oid]; r.table != i {
			moved := *r
			moved.table = i
			l.relations[oid] = &moved
		}
	}
}

// byName sorts the relations of a loader.
type byName struct{ l *loader }

func (b byName) Len() int { return len(b.l.served) }

func (b byName) Less(i, j int) bool {
	return b.l.catalog.Tables[i].Name.Compare(b.l.catalog.Tables[j].Name) < 0
}

func (b byName) Swap(i, j int) {
	tables, oids := b.l.catalog.Tables, b.l.served
	tables[i], tables[j] = tables[j], tables[i]
	oids[i], oids[j] = oids[j], oids[i]
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
		t := &l.catalog.Tables[l.relations[r.oid()].table]
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

// placeColumns hands each relation its columns. They share one array.
func (l *loader) placeColumns(loaded []loadedColumn) {
	columns := make([]Column, len(loaded))
	numbers, names := make([]int16, len(loaded)), make([]string, len(loaded))
	start := 0
	for i := range loaded {
		c := &loaded[i]
		columns[i] = l.columnTypes[c.columnType]
		columns[i].Name, columns[i].Description = c.name, c.description
		columns[i].Nullable, columns[i].Generated, columns[i].Default = c.nullable, c.generated, c.defaultExpr
		numbers[i], names[i] = c.number, c.name

		if end := i + 1; end == len(loaded) || loaded[end].relation != c.relation {
			r := l.relations[c.relation]
			r.numbers, r.columns = numbers[start:end:end], names[start:end:end]
			l.catalog.Tables[r.table].Columns = columns[start:end:end]
			start = end
		}
	}
}
