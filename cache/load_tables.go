package cache

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// attribute is a column of a relation by oid and number.
type attribute struct {
	relation uint32
	number   int16
}

// relation is what is known of a relation by oid: its name and those of its columns, of all if it is served.
type relation struct {
	name    QualifiedName
	served  bool
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

// tables reads the relations of the exposed schemas, whether they are pure, and their columns.
func (l *loader) tables(ctx context.Context) error {
	columnCount := 0
	err := l.query(ctx, "tables", l.exposed(), func(r *row) {
		oid := r.oid()
		t := Table{Name: r.name(), Kind: RelationKind(r.char()), Description: r.text()}
		events := r.int4()
		t.Updatable, t.Insertable = events&eventUpdate != 0, events&eventInsert != 0
		t.Deletable = events&eventDelete != 0
		columnCount += int(r.int2())
		t.RowSecurity = r.bool()
		l.relations[oid] = &relation{name: t.Name, served: true, table: len(l.catalog.Tables)}
		l.catalog.Tables = append(l.catalog.Tables, t)
	})
	if err != nil {
		return err
	}
	if err := l.userCode(ctx); err != nil {
		return err
	}
	if err := l.purity(ctx); err != nil {
		return err
	}
	columns, err := l.columns(ctx, columnCount)
	if err != nil {
		return err
	}
	types, err := l.columnTypes(ctx, columns)
	if err != nil {
		return err
	}
	l.placeColumns(columns, types)
	return l.readers(ctx, columns)
}

// readers reads which roles may read only some columns of a relation. There are such roles only if columns have privileges
// of their own.
func (l *loader) readers(ctx context.Context, columns []loadedColumn) error {
	var granted []uint32
	for i := range columns {
		if c := &columns[i]; c.granted && (len(granted) == 0 || granted[len(granted)-1] != c.relation) {
			granted = append(granted, c.relation)
		}
	}
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

// columns reads the columns of the relations, at most limit, ordered by relation and number.
func (l *loader) columns(ctx context.Context, limit int) ([]loadedColumn, error) {
	columns := make([]loadedColumn, 0, limit)
	err := l.query(ctx, "columns", l.exposed(), func(r *row) {
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

// columnTypes returns what the types of the columns say: the fields of Column that depend on nothing else.
func (l *loader) columnTypes(ctx context.Context, columns []loadedColumn) (map[columnType]Column, error) {
	types := make(map[columnType]Column)
	for i := range columns {
		types[columns[i].columnType] = Column{}
	}
	oids, modifiers := make([]uint32, 0, len(types)), make([]int32, 0, len(types))
	for t := range types {
		oids, modifiers = append(oids, t.oid), append(modifiers, t.modifier)
	}
	params := [][]byte{l.array(pgtype.OIDArrayOID, oids), l.array(pgtype.Int4ArrayOID, modifiers)}
	uses, err := l.operators(ctx, slices.Compact(slices.Sorted(slices.Values(oids))))
	if err != nil {
		return nil, err
	}
	err = l.query(ctx, "types", params, func(r *row) {
		oid, modifier := r.oid(), r.int4()
		types[columnType{oid, modifier}] = Column{
			Type: r.text(), NominalType: r.text(), MaxLength: r.int4(), Enum: r.textArray(), Structured: r.bool(),
			Operators: uses[oid],
		}
	})
	return types, err
}

// placeColumns hands each relation its columns. They share one array.
func (l *loader) placeColumns(loaded []loadedColumn, types map[columnType]Column) {
	columns := make([]Column, len(loaded))
	numbers, names := make([]int16, len(loaded)), make([]string, len(loaded))
	start := 0
	for i := range loaded {
		c := &loaded[i]
		columns[i] = types[c.columnType]
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
