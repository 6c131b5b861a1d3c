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
	l.fresh = make(map[uint32]*Table)
	err := l.query(ctx, "tables", l.tableParams(), func(r *row) {
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
	if t := l.fresh[oid]; t != nil {
		return t
	}
	at, _ := findTable(l.catalog.Tables, l.relations.at(oid).name)
	t := *l.catalog.Tables[at]
	l.ownTables()
	l.catalog.Tables[at], l.fresh[oid] = &t, &t
	return &t
}

// relationsAtOnce bounds of how many relations the columns are read at once.
const relationsAtOnce = 5000

// tableColumns reads the columns and hands them to their relations.
func (l *loader) tableColumns(ctx context.Context) error {
	var granted []uint32
	oids := slices.Sorted(maps.Keys(l.fresh))
	for first := true; first || len(oids) > 0; first = false {
		some := oids[:min(relationsAtOnce, len(oids))]
		oids = oids[len(some):]
		columns, err := l.columns(ctx, some)
		if err != nil {
			return err
		}
		if err := l.readTypes(ctx, columns, first && l.only == nil); err != nil {
			return err
		}
		l.placeColumns(columns)
		for i := range columns {
			if c := &columns[i]; c.granted && (len(granted) == 0 || granted[len(granted)-1] != c.relation) {
				granted = append(granted, c.relation)
			}
		}
	}
	for _, t := range l.fresh { // those without columns
		if t.byName == nil {
			t.index()
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

// columns reads the columns of relations, of which the oids are in order. Columns are ordered by relation and number.
func (l *loader) columns(ctx context.Context, of []uint32) ([]loadedColumn, error) {
	if len(of) == 0 {
		return nil, nil
	}
	var columns []loadedColumn
	first, last := of[0], of[len(of)-1]
	if l.only != nil {
		first, last = 0, math.MaxUint32
	}
	err := l.query(ctx, "columns", l.columnParams(first, last), func(r *row) {
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

// placeColumns hands each relation its columns.
func (l *loader) placeColumns(loaded []loadedColumn) {
	var numbers []int16
	var columns []Column
	for i := range loaded {
		c := &loaded[i]
		column := l.columnTypes[c.columnType]
		column.Name, column.Description, column.Default = c.name, c.description, c.defaultExpr
		column.Nullable, column.Generated = c.nullable, c.generated
		numbers, columns = append(numbers, c.number), append(columns, column)

		if i+1 == len(loaded) || loaded[i+1].relation != c.relation {
			l.setColumns(l.relations.at(c.relation), l.fresh[c.relation], numbers, columns)
			numbers, columns = numbers[:0], columns[:0]
		}
	}
}
