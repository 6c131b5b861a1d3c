package cache

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/cache/pack"
	"trunkline/deploy/localpg/pgtest"
)

const plenty = 1 << 30

// imageOf returns an image of what a loader has read.
func imageOf(l *loader) *Image {
	return &Image{stamp{Format: formatOf("test"), Build: "test"}, Build(l.catalog), l.catalog, &l.known, true}
}

// write returns the bytes of a stored image.
func write(t testing.TB, i *Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := i.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// open returns a reader of a stored image.
func open(t testing.TB, stored []byte) *storedReader {
	t.Helper()
	r, err := newStoredReader(bytes.NewReader(stored), plenty)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// loadFixture loads a database made from a file of testdata, with the given schemas exposed.
func loadFixture(t testing.TB, file string, schemas ...string) *loader {
	t.Helper()
	l := newLoader(connect(t, file), Options{Schemas: schemas})
	if err := l.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// plain returns a copy of a snapshot without what is not stored.
func plain(s *Snapshot) *Snapshot {
	c := *s
	c.DynamicSQL, c.Expressions = true, Expressions{}
	c.tables = newLayered[QualifiedName, *Table]()
	for name, t := range s.tables.all() {
		stripped := *t
		stripped.Columns = slices.Clone(t.Columns)
		stripped.withoutClaims()
		c.tables.set(name, &stripped)
	}
	c.schemas = indexSchemas(&c)
	return &c
}

// TestStoredEqualsLoaded stores what is loaded from each fixture. A snapshot that is served from it must equal the
// loaded one, and what is taken over must equal what the load knows.
func TestStoredEqualsLoaded(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			schema := "sky"
			if strings.Contains(strings.ToLower(string(text)), "create schema api") {
				schema = "api"
			}
			l := loadFixture(t, filepath.Base(file), schema, "pg_catalog")
			if len(l.catalog.Tables) < 60 {
				t.Fatalf("only %d relations were loaded", len(l.catalog.Tables))
			}
			requireStored(t, l)
		})
	}
}

// requireStored checks that storing and reading returns what was loaded.
func requireStored(t *testing.T, l *loader) {
	t.Helper()
	stored := write(t, imageOf(l))
	served, err := open(t, stored).served()
	if err != nil {
		t.Fatal(err)
	}
	want := plain(Build(l.catalog))
	requireAnswers(t, served, want)
	if got := served.stored.complete(served); !reflect.DeepEqual(got, want) {
		t.Error("the stored snapshot differs from the loaded one")
	}
	known, err := open(t, stored).takeover()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(known, &l.known) {
		t.Error("what is taken over differs from what was loaded")
	}
	if !reflect.DeepEqual(Build(known.catalog), Build(l.catalog)) {
		t.Error("the snapshot built from what is taken over differs")
	}
}

// requireAnswers compares the answers of two snapshots about everything that is in one of them, and about missing
// names.
func requireAnswers(t *testing.T, got, want *Snapshot) {
	t.Helper()
	same := func(what any, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v: got %+v, want %+v", what, got, want)
		}
	}
	for name := range want.tables.all() {
		same(name, got.Table(name), want.Table(name))
		same(name, got.Table(name), got.Table(name))
	}
	for key := range want.relationships.all() {
		found, ok := got.Relationships(key.table, key.foreignSchema)
		wanted, _ := want.Relationships(key.table, key.foreignSchema)
		same(key, found, wanted)
		same(key, ok, true)
	}
	for name := range want.routines {
		same(name, got.Routines(name), want.Routines(name))
	}
	for key, function := range want.representations {
		found, _ := got.Representation(key.source, key.target)
		same(key, found, function)
	}
	for key, handler := range want.handlers {
		found, _ := got.Handler(key.target, key.mediaType)
		same(key, found, handler)
	}
	for _, schema := range append(want.Schemas, "", "absent", "zz") {
		same(schema, len(got.Tables(schema)), len(want.Tables(schema)))
		same(schema, got.RelationshipSources(schema), want.RelationshipSources(schema))
		same(schema, len(got.AllRoutines(schema)), len(want.AllRoutines(schema)))
		if len(want.RelationNames(schema))+len(want.RoutineNames(schema)) > 0 {
			same(schema, slices.Equal(got.RelationNames(schema), want.RelationNames(schema)), true)
			same(schema, slices.Equal(got.RoutineNames(schema), want.RoutineNames(schema)), true)
		}
		absent := QualifiedName{schema, "absent"}
		same(absent, got.Table(absent), want.Table(absent))
		same(absent, got.Routines(absent), want.Routines(absent))
		_, ok := got.Relationships(absent, schema)
		same(absent, ok, false)
	}
	same("the summary", got.summary(), want.summary())
	var found, wanted bytes.Buffer
	if err := errors.Join(got.Dump(&found), want.Dump(&wanted)); err != nil {
		t.Fatal(err)
	}
	same("the dump", found.String() == wanted.String(), true)
}

// TestStoredClaimsNothing checks that a stored snapshot claims no purity, because that may have changed since.
func TestStoredClaimsNothing(t *testing.T) {
	l := loadFixture(t, "pure.sql", "sky")
	pure := 0
	for i := range l.catalog.Tables {
		if l.catalog.Tables[i].Pure {
			pure++
		}
	}
	if pure == 0 || !l.catalog.Expressions.PureCasts {
		t.Fatal("nothing is pure in the loaded snapshot")
	}
	s, err := open(t, write(t, imageOf(l))).served()
	if err != nil {
		t.Fatal(err)
	}
	if !s.DynamicSQL || s.Expressions != (Expressions{}) || !s.unconfirmed() || Build(l.catalog).unconfirmed() {
		t.Errorf("%+v", s)
	}
	for _, table := range s.Tables("sky") {
		if table.Pure || table.PureInsert || table.PureChange || table.RowwiseInsert || table.Sees != AllSettings ||
			table.InsertSees != AllSettings || table.ChangeSees != AllSettings {
			t.Errorf("%+v", table)
		}
		for _, c := range table.Columns {
			if c.Operators != (OperatorUse{}) {
				t.Errorf("%s.%s: %+v", table.Name, c.Name, c.Operators)
			}
		}
	}
}

// TestUpdateAfterTakeover stores what is known and takes it over before each of several changes. Loading a change must
// still give the same result as a load of everything.
func TestUpdateAfterTakeover(t *testing.T) {
	setup, err := os.ReadFile("testdata/update.sql")
	if err != nil {
		t.Fatal(err)
	}
	f := newFollower(t, string(setup))
	for i := range 12 {
		known := *f.known
		stored := write(t, imageOf(&loader{known: known}))
		if f.known, err = open(t, stored).takeover(); err != nil {
			t.Fatal(err)
		}
		sql := []string{
			"create table api.fresh%d (id integer primary key, ref integer references api.fresh0)",
			"alter table api.fresh%d add column more text default 'x'",
			"create view api.shown%d as select * from api.fresh%[1]d",
			"comment on table api.fresh%d is 'told'",
		}[i%4]
		if !f.check(fmt.Sprintf(strings.Replace(sql, map[bool]string{true: " references api.fresh0"}[i == 0], "", 1), i/4)) {
			t.Errorf("PostgreSQL refuses %s", sql)
		}
	}
	if f.outcomes["changes"] < 9 {
		t.Errorf("some changes loaded everything: %v", f.outcomes)
	}
}

// TestBrokenImages reads images that are truncated or changed, and files that are not images.
func TestBrokenImages(t *testing.T) {
	stored := write(t, imageOf(loadFixture(t, "keys.sql", "sky")))
	read := func(data []byte, limit int64) error {
		r, err := newStoredReader(bytes.NewReader(data), limit)
		if err != nil {
			return err
		}
		_, err = r.takeover()
		return err
	}
	if err := read(stored, plenty); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(stored); at += 1 + at/50 {
		if read(stored[:at], plenty) == nil {
			t.Errorf("the first %d of %d bytes were accepted", at, len(stored))
		}
		changed := slices.Clone(stored)
		changed[at] ^= 1 << (at % 8)
		if at > bytes.IndexByte(stored, '\n') && read(changed, plenty) == nil {
			t.Errorf("a change of byte %d was not detected", at)
		}
	}
	for name, data := range map[string][]byte{
		"empty": {}, "lines": []byte("\n\n\n"), "JSON": []byte("{}\n"), "a page": []byte("<html>\n</html>\n"),
		"an endless line": bytes.Repeat([]byte("x"), 10*maxStamp), "null": []byte("null\n"), "zeros": make([]byte, 10*maxStamp),
		"another type": []byte(`{"format": 7}` + "\n"),
	} {
		if err := read(data, plenty); !errors.Is(err, errNotStored) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := read(stored, 100); err == nil || !strings.Contains(err.Error(), "more than 100") {
		t.Errorf("beyond the limit: %v", err)
	}
	head := append([]byte(`{"format":"x"}`+"\n"), binary.LittleEndian.AppendUint64(nil, firstRead+1)...)
	if err := read(append(head, 0, 0, 0, 0, 1), plenty); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a claimed length: %v", err)
	}
}

// FuzzStored reads arbitrary parts with correct checksums, and looks up every name that they contain.
func FuzzStored(f *testing.F) {
	l := newLoaderOf(f)
	var b pack.Writer
	imageOf(l).encodeServed(&b)
	b.Texts()
	f.Add(bytes.Clone(b.Bytes()))
	f.Fuzz(func(t *testing.T, part []byte) {
		data := append([]byte("{\"format\":\"x\"}\n"), binary.LittleEndian.AppendUint64(nil, uint64(len(part)))...)
		data = binary.LittleEndian.AppendUint32(data, crc32.Checksum(part, castagnoli()))
		s, err := open(t, append(data, part...)).served()
		if err != nil {
			return
		}
		for _, schema := range s.Schemas {
			for _, table := range s.Tables(schema) {
				for _, name := range table.PrimaryKey {
					table.Column(name)
				}
			}
			s.RelationNames(schema)
			s.AllRoutines(schema)
		}
		s.Table(api("a"))
		s.Relationships(api("a"), "api")
		s.Routines(api("f"))
		if err := s.Dump(io.Discard); err != nil {
			t.Error(err)
		}
	})
}

// newLoaderOf returns a loader that has read a small catalog.
func newLoaderOf(t testing.TB) *loader {
	t.Helper()
	l := newLoader(&pgx.Conn{}, Options{Schemas: []string{"api"}})
	l.catalog = bigCatalog(3)
	l.catalog.Routines = []Routine{{Name: api("f"), Params: []Param{{Name: "a", Type: "text"}}, Variadic: true}}
	l.served = []uint32{1, 2, 3}
	return l
}

// storedIn returns a Storage that contains the given bytes.
func storedIn(stored []byte) Storage {
	return Storage{Build: "test", MaxBytes: plenty, Open: func(context.Context, func(string) bool) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(stored)), nil
	}}
}

// TestStoreStartsFromStored checks what is served, and what is known of it, before and after the first load.
func TestStoreStartsFromStored(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/keys.sql")
	options := StoreOptions{
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) },
		Options: Options{Schemas: []string{"sky"}},
	}
	images := make(chan *Image, 10)
	options.Storage = Storage{Build: "test", Save: func(i *Image) { images <- i }}
	_, events := startStoreOf(t, options)
	next[Published](t, events)
	stored := write(t, <-images)

	run(t, pgtest.Conn(t, dsn), "create table sky.later (id integer primary key)")
	loads, goOn := make(chan uint64, 10), make(chan struct{})
	options.Storage = storedIn(stored)
	options.Advance = func(n uint64) { loads <- n }
	options.Await = func(ctx context.Context) {
		select {
		case <-goOn:
		case <-ctx.Done():
		}
	}
	s, events := startStoreOf(t, options)
	restored := next[Restored](t, events)
	first, later := s.Snapshot(), QualifiedName{"sky", "later"}
	switch {
	case s.WaitFirst(t.Context()) != nil || s.WaitLoaded(t.Context()) != nil || !s.State().Fresh():
		t.Errorf("the stored snapshot is not served: %+v", s.State())
	case !first.unconfirmed() || first.Generation != 1 || first.Table(later) != nil || restored.Summary != first.summary():
		t.Errorf("%+v of %+v", first, restored)
	case s.Standing().LoadedSince(time.Time{}):
		t.Error("the stored snapshot counts as loaded")
	}
	s.Changed(Change{Command: "COMMENT"})
	if s.Standing().LoadedSince(time.Time{}) {
		t.Error("an irrelevant change confirms the stored snapshot")
	}
	close(goOn)
	if p := next[Published](t, events); p.Generation != 2 {
		t.Errorf("the first load has generation %d", p.Generation)
	}
	if got := s.Snapshot(); got.unconfirmed() || got.Table(later) == nil {
		t.Errorf("after the load: %+v", got)
	}
	if a, b := <-loads, <-loads; a != 1 || b != 2 {
		t.Errorf("generations of statements: %d, %d", a, b)
	}
}
