package cache

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"

	"trunkline/cache/pack"
)

// An image is stored as a line of JSON, which is the stamp, and two parts. The first has what is served, of which a
// process that starts reads only what it is asked for; the second the rest of the catalog and what is known of it by
// oid, so that whoever takes the image over goes on as after a load of its own. Each part is its length (8 bytes), its
// checksum (CRC-32C, 4 bytes) and its bytes. Numbers of fixed size have the lowest byte first.
//
// The first part begins with the tables, relationships and routines in any order; then come, each ordered by the names,
// rows with the names of each and where it begins, a [storedHead], where that begins, and the texts of all. The second
// part is a [storedRest] and the texts that the first does not have.

// Image is what a load has found, to be stored. It is immutable.
type Image struct {
	stamp    stamp
	snapshot *Snapshot
	catalog  *Catalog
	known    *known
	whole    bool
}

// Whole reports whether the load was one of everything, which others may wait for.
func (i *Image) Whole() bool { return i.whole }

// Position says which transactions the last load of everything has seen that the image is based on.
func (i *Image) Position() string { return i.stamp.Whole }

// StoredIn reports whether a stored image is of the same, and has seen all that this one has, so that it need not be
// replaced.
func (i *Image) StoredIn(stored io.Reader) bool {
	r, err := newStoredReader(stored, 0)
	return err == nil && r.stamp.fits(&i.stamp) == "" && r.stamp.Timeline == i.stamp.Timeline &&
		covers(r.stamp.Position, i.stamp.Position) && covers(r.stamp.Whole, i.stamp.Whole)
}

// storedHead is what a snapshot has beside its tables, relationships and routines.
type storedHead struct {
	ServerVersion                   int
	ServerVersionText               string
	Standby                         bool
	Schemas                         []string
	Tables, Relationships, Routines storedRows
	Representations                 []Representation
	Handlers                        []MediaHandler
}

// storedRows says where rows begin, and how many they are.
type storedRows struct{ Start, Count uint32 }

// storedRest is what a load knows beside what it serves.
type storedRest struct {
	Catalog Catalog    // without tables
	Keys    [][]string // the primary keys of its tables, as the catalog has them
	Known   known      // without the catalog
}

// storedCodecs are the codecs of what is stored.
type storedCodecs struct {
	head          *pack.Codec[storedHead]
	table         *pack.Codec[Table]
	relationships *pack.Codec[[]*Relationship]
	routines      *pack.Codec[[]*Routine]
	rest          *pack.Codec[storedRest]
}

func newCodecs() *storedCodecs {
	return &storedCodecs{
		pack.New[storedHead](), pack.New[Table](), pack.New[[]*Relationship](), pack.New[[]*Routine](),
		pack.New[storedRest](),
	}
}

// Write writes the image.
func (i *Image) Write(w io.Writer) error {
	line, err := json.Marshal(i.stamp)
	if err != nil {
		return fmt.Errorf("encoding the stamp: %w", err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return err
	}
	var b pack.Writer
	i.encodeServed(&b)
	if err := writePart(w, &b); err != nil {
		return err
	}
	b.Reset()
	i.encodeRest(&b)
	return writePart(w, &b)
}

func writePart(w io.Writer, b *pack.Writer) error {
	b.Texts()
	if b.Len() > maxPart {
		return errTooLarge
	}
	head := binary.LittleEndian.AppendUint64(nil, uint64(b.Len()))
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(b.Bytes(), castagnoli()))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// maxPart bounds a part: rows have places in it in 32 bits.
const maxPart = 1 << 31

var errTooLarge = errors.New("the schema is too large to be stored")

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// encodeServed writes the first part, without its texts.
func (i *Image) encodeServed(b *pack.Writer) {
	s, c := i.snapshot, codecs()
	tables := newRowWriter(s.tables.len())
	relationships, routines := newRowWriter(s.relationships.len()), newRowWriter(len(s.routines))
	for _, t := range s.sortedTables() {
		tables.add(b, t.Name.Schema, t.Name.Name)
		stored := *t
		stored.byName = nil // made again by whoever reads
		c.table.Append(b, &stored)
	}
	for _, key := range s.sortedRelationships() {
		relationships.add(b, key.table.Schema, key.table.Name, key.foreignSchema)
		list := s.relationships.at(key)
		c.relationships.Append(b, &list)
	}
	for _, name := range slices.SortedFunc(maps.Keys(s.routines), QualifiedName.Compare) {
		routines.add(b, name.Schema, name.Name)
		list := s.routines[name]
		c.routines.Append(b, &list)
	}
	head := s.storedHead()
	head.Tables, head.Relationships, head.Routines = tables.write(b), relationships.write(b), routines.write(b)
	start := uint32(b.Len()) // see maxPart
	c.head.Append(b, &head)
	b.Fixed(start)
}

// storedHead returns the snapshot's head, without rows.
func (s *Snapshot) storedHead() storedHead {
	head := storedHead{
		ServerVersion: s.ServerVersion, ServerVersionText: s.ServerVersionText, Standby: s.Standby, Schemas: s.Schemas,
	}
	for key, function := range s.representations {
		head.Representations = append(head.Representations, Representation{key.source, key.target, function})
	}
	for _, h := range s.handlers {
		head.Handlers = append(head.Handlers, h)
	}
	return head
}

// sortedTables returns the relations in the order of their names.
func (s *Snapshot) sortedTables() []*Table {
	tables := make([]*Table, 0, s.tables.len())
	for _, schema := range slices.Compact(slices.Sorted(slices.Values(s.Schemas))) {
		tables = append(tables, s.Tables(schema)...)
	}
	return tables
}

// sortedRelationships returns the keys of the relationships in their order.
func (s *Snapshot) sortedRelationships() []relationshipKey {
	return slices.SortedFunc(keysOf(&s.relationships), relationshipKey.compare)
}

// encodeRest writes the second part, without its texts.
func (i *Image) encodeRest(b *pack.Writer) {
	rest := storedRest{Catalog: *i.catalog, Keys: make([][]string, len(i.catalog.Tables))}
	for at := range i.catalog.Tables {
		rest.Keys[at] = i.catalog.Tables[at].PrimaryKey
	}
	rest.Catalog.Tables, rest.Known = nil, i.known.flat()
	rest.Known.catalog = nil
	codecs().rest.Append(b, &rest)
}

// rowWriter collects rows.
type rowWriter struct {
	numbers []uint32
	count   uint32
}

func newRowWriter(rows int) *rowWriter { return &rowWriter{numbers: make([]uint32, 0, 4*rows)} }

// add adds a row of what is written next.
func (r *rowWriter) add(b *pack.Writer, names ...string) {
	for _, name := range names {
		r.numbers = append(r.numbers, b.TextNumber(name))
	}
	r.numbers = append(r.numbers, uint32(b.Len())) // see maxPart
	r.count++
}

// write writes the rows.
func (r *rowWriter) write(b *pack.Writer) storedRows {
	rows := storedRows{uint32(b.Len()), r.count} // see maxPart
	for _, n := range r.numbers {
		b.Fixed(n)
	}
	return rows
}
