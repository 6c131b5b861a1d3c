package cache

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"trunkline/cache/pack"
)

// storedSnapshot is the first part of a stored image. A relation, a list of relationships or of overloads is decoded
// when it is asked for the first time, so that serving begins before a load of everything would have.
//
// What it says of purity is not taken over: it holds only for what has been loaded from the database as it is.
type storedSnapshot struct {
	data                            []byte
	texts                           *pack.Texts
	tables, relationships, routines storedIndex

	decodedTables        []atomic.Pointer[Table]
	decodedRelationships []atomic.Pointer[[]*Relationship]
	decodedRoutines      []atomic.Pointer[[]*Routine]

	schemas map[string]func() *schemaIndex // of the exposed schemas, with names only
}

// newStoredSnapshot returns the snapshot in the first part of a stored image, without its texts.
func newStoredSnapshot(data []byte, texts *pack.Texts) (*Snapshot, error) {
	const size = 4
	if len(data) < size {
		return nil, pack.ErrBroken
	}
	var head storedHead
	r := pack.NewReader(data, int(binary.LittleEndian.Uint32(data[len(data)-size:])), texts)
	if codecs().head.Read(r, &head); r.Err() != nil {
		return nil, r.Err()
	}
	stored := &storedSnapshot{data: data, texts: texts, schemas: make(map[string]func() *schemaIndex)}
	for _, schema := range head.Schemas {
		stored.schemas[schema] = sync.OnceValue(func() *schemaIndex { return stored.listNames(schema) })
	}
	for _, index := range []struct {
		to    *storedIndex
		rows  storedRows
		names int
	}{{&stored.tables, head.Tables, 2}, {&stored.relationships, head.Relationships, 3}, {&stored.routines, head.Routines, 2}} {
		var ok bool
		if *index.to, ok = newStoredIndex(data, texts, index.rows, index.names); !ok {
			return nil, pack.ErrBroken
		}
	}
	stored.decodedTables = make([]atomic.Pointer[Table], stored.tables.count)
	stored.decodedRelationships = make([]atomic.Pointer[[]*Relationship], stored.relationships.count)
	stored.decodedRoutines = make([]atomic.Pointer[[]*Routine], stored.routines.count)
	return &Snapshot{
		ServerVersion: head.ServerVersion, ServerVersionText: head.ServerVersionText, Standby: head.Standby,
		DynamicSQL: true, Schemas: head.Schemas,
		representations: buildRepresentations(head.Representations), handlers: buildHandlers(head.Handlers),
		stored: stored,
	}, nil
}

// table returns a relation, or nil.
func (s *storedSnapshot) table(name QualifiedName) *Table {
	if at, ok := s.tables.find(name.Schema, name.Name); ok {
		return s.tableAt(at)
	}
	return nil
}

// tableAt returns the relation of a row, nil if it is broken.
func (s *storedSnapshot) tableAt(at int) *Table {
	if t := s.decodedTables[at].Load(); t != nil {
		return t
	}
	t := s.decodeTable(at)
	if t == nil {
		return nil
	}
	t.withoutClaims()
	if !s.decodedTables[at].CompareAndSwap(nil, t) {
		return s.decodedTables[at].Load()
	}
	return t
}

// maxColumns is the number of columns that a relation has at most (PostgreSQL manual, PostgreSQL Limits).
const maxColumns = 1600

// decodeTable decodes the relation of a row, with all that it says. It returns nil if it is broken.
func (s *storedSnapshot) decodeTable(at int) *Table {
	t := new(Table)
	r := pack.NewReader(s.data, s.tables.start(at), s.texts)
	if codecs().table.Read(r, t); r.Err() != nil || len(t.Columns) > maxColumns {
		return nil
	}
	t.index()
	return t
}

// withoutClaims removes what may only be said of a relation that is known to be as it is.
func (t *Table) withoutClaims() {
	t.Pure, t.PureInsert, t.PureChange, t.RowwiseInsert = false, false, false, false
	t.Sees, t.InsertSees, t.ChangeSees = AllSettings, AllSettings, AllSettings
	for i := range t.Columns {
		t.Columns[i].Operators = OperatorUse{}
	}
}

// relationshipsOf is [Snapshot.Relationships].
func (s *storedSnapshot) relationshipsOf(key relationshipKey) ([]*Relationship, bool) {
	at, ok := s.relationships.find(key.table.Schema, key.table.Name, key.foreignSchema)
	if !ok {
		return nil, false
	}
	return decodeList(s, &s.relationships, s.decodedRelationships, at, codecs().relationships, (*Relationship).complete), true
}

// overloads is [Snapshot.Routines].
func (s *storedSnapshot) overloads(name QualifiedName) []*Routine {
	at, ok := s.routines.find(name.Schema, name.Name)
	if !ok {
		return nil
	}
	return s.overloadsAt(at)
}

func (s *storedSnapshot) overloadsAt(at int) []*Routine {
	return decodeList(s, &s.routines, s.decodedRoutines, at, codecs().routines, (*Routine).complete)
}

// decodeList returns the list of a row, nil if one of its elements is broken or not complete.
func decodeList[T any](s *storedSnapshot, index *storedIndex, decoded []atomic.Pointer[[]*T], at int,
	codec *pack.Codec[[]*T], complete func(*T) bool,
) []*T {
	if list := decoded[at].Load(); list != nil {
		return *list
	}
	var list []*T
	r := pack.NewReader(s.data, index.start(at), s.texts)
	codec.Read(r, &list)
	if r.Err() != nil || slices.ContainsFunc(list, func(t *T) bool { return !complete(t) }) {
		list = nil
	}
	if !decoded[at].CompareAndSwap(nil, &list) {
		return *decoded[at].Load()
	}
	return list
}

// complete reports whether a relationship has what its cardinality says.
func (r *Relationship) complete() bool {
	return r != nil && r.Cardinality <= Computed && (r.Junction != nil) == (r.Cardinality == ManyToMany)
}

// complete reports whether a routine has the parameter that it says.
func (r *Routine) complete() bool { return r != nil && (!r.Variadic || len(r.Params) > 0) }

// tablesOf is [Snapshot.Tables].
func (s *storedSnapshot) tablesOf(schema string) []*Table {
	first, end := s.tables.within(schema)
	tables := make([]*Table, 0, end-first)
	for at := first; at < end; at++ {
		if t := s.tableAt(at); t != nil {
			tables = append(tables, t)
		}
	}
	return tables
}

// routinesOf is [Snapshot.AllRoutines].
func (s *storedSnapshot) routinesOf(schema string) []*Routine {
	first, end := s.routines.within(schema)
	var routines []*Routine
	for at := first; at < end; at++ {
		routines = append(routines, s.overloadsAt(at)...)
	}
	return routines
}

// names returns the names of what a schema has.
func (s *storedSnapshot) names(schema string) *schemaIndex {
	if names := s.schemas[schema]; names != nil {
		return names()
	}
	return &noIndex
}

// listNames lists the names of what a schema has.
func (s *storedSnapshot) listNames(schema string) *schemaIndex {
	index := &schemaIndex{relationNames: s.tables.namesOf(schema), routineNames: s.routines.namesOf(schema)}
	for at := range s.relationships.count {
		if s.relationships.name(at, 2) == schema {
			index.sources = append(index.sources, s.relationships.name(at, 1))
		}
	}
	slices.Sort(index.sources)
	index.sources = slices.Compact(index.sources)
	return index
}

// complete returns the snapshot with everything decoded.
func (s *storedSnapshot) complete(of *Snapshot) *Snapshot {
	all := *of
	all.stored = nil
	all.tables = newLayered[QualifiedName, *Table]()
	for at := range s.tables.count {
		if t := s.tableAt(at); t != nil && s.schemas[t.Name.Schema] != nil {
			all.tables.set(t.Name, t)
		}
	}
	all.routines = make(map[QualifiedName][]*Routine, s.routines.count)
	for at := range s.routines.count {
		if name := (QualifiedName{s.routines.name(at, 0), s.routines.name(at, 1)}); s.schemas[name.Schema] != nil {
			all.routines[name] = s.overloadsAt(at)
		}
	}
	all.relationships = newLayered[relationshipKey, []*Relationship]()
	for at := range s.relationships.count {
		table := QualifiedName{s.relationships.name(at, 0), s.relationships.name(at, 1)}
		if key := (relationshipKey{table, s.relationships.name(at, 2)}); s.schemas[key.foreignSchema] != nil {
			list, _ := s.relationshipsOf(key)
			all.relationships.set(key, list)
		}
	}
	all.schemas = indexSchemas(&all)
	return &all
}

// summary is [Snapshot.summary].
func (s *storedSnapshot) summary(of *Snapshot) Summary {
	return Summary{
		relations: s.tables.count, relationships: s.relationships.count, routines: s.routines.count,
		representations: len(of.representations), mediaHandlers: len(of.handlers),
	}
}

// storedIndex are rows of names and of where what they name begins, ordered by the names.
type storedIndex struct {
	rows         []byte
	texts        *pack.Texts
	count, names int
}

// newStoredIndex returns the rows at a place of data, or false if they are not within it.
func newStoredIndex(data []byte, texts *pack.Texts, rows storedRows, names int) (storedIndex, bool) {
	size := uint64(rows.Count) * uint64(4*(names+1))
	if uint64(rows.Start)+size > uint64(len(data)) {
		return storedIndex{}, false
	}
	all := data[rows.Start : uint64(rows.Start)+size]
	return storedIndex{all, texts, int(rows.Count), names}, true
}

// number returns a column of a row.
func (x *storedIndex) number(at, column int) uint32 {
	return binary.LittleEndian.Uint32(x.rows[4*(at*(x.names+1)+column):])
}

// name returns a name of a row, "" if it is broken.
func (x *storedIndex) name(at, column int) string {
	name, _ := x.texts.At(uint64(x.number(at, column)))
	return name
}

// start returns where what a row names begins.
func (x *storedIndex) start(at int) int { return int(x.number(at, x.names)) }

// compare compares a row's names with others, of which there may be fewer.
func (x *storedIndex) compare(at int, names ...string) int {
	for column, name := range names {
		if c := strings.Compare(x.name(at, column), name); c != 0 {
			return c
		}
	}
	return 0
}

// find returns the row with these names.
func (x *storedIndex) find(names ...string) (at int, ok bool) {
	at = x.search(func(at int) bool { return x.compare(at, names...) >= 0 })
	return at, at < x.count && x.compare(at, names...) == 0
}

// within returns the rows of a schema.
func (x *storedIndex) within(schema string) (first, end int) {
	return x.search(func(at int) bool { return x.compare(at, schema) >= 0 }),
		x.search(func(at int) bool { return x.compare(at, schema) > 0 })
}

// namesOf returns the second names of a schema's rows.
func (x *storedIndex) namesOf(schema string) []string {
	first, end := x.within(schema)
	names := make([]string, 0, end-first)
	for at := first; at < end; at++ {
		names = append(names, x.name(at, 1))
	}
	return names
}

// search returns the first row for which a condition holds that holds for all behind it too.
func (x *storedIndex) search(holds func(at int) bool) int {
	first, end := 0, x.count
	for first < end {
		if middle := (first + end) / 2; holds(middle) {
			end = middle
		} else {
			first = middle + 1
		}
	}
	return first
}
