package cache

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"slices"
)

// Dump writes the snapshot as one JSON document of this shape, with one element of the lists on a line and the lists
// sorted by name, so that two dumps are easily compared:
//
//	{"server": "PostgreSQL 15.18 on …", "server_version": 150018, "standby": false, "dynamic_sql": false,
//	"expressions": {…}, "generation": 1, "schemas": ["api"],
//	"tables": [
//	{"schema": "api", "name": "film", "kind": "table", "primary_key": ["id"], "columns": [{"name": "id", …}, …], …},
//	…],
//	"relationships": [
//	{"table": {"schema": "api", "name": "film"}, "foreign": …, "cardinality": "many-to-one", …},
//	…],
//	"routines": […], "representations": […], "media_handlers": […]}
//
// Members that are false, null or empty may be omitted.
func (s *Snapshot) Dump(w io.Writer) error {
	if s.stored != nil {
		s = s.stored.complete(s)
	}
	d := &dumper{w: bufio.NewWriter(w)}
	d.text(`{"server": `)
	d.value(s.ServerVersionText)
	d.text(`, "server_version": `)
	d.value(s.ServerVersion)
	d.text(`, "standby": `)
	d.value(s.Standby)
	d.text(`, "dynamic_sql": `)
	d.value(s.DynamicSQL)
	d.text(`, "expressions": `)
	d.value(s.Expressions)
	d.text(`, "generation": `)
	d.value(s.Generation)
	d.text(`, "schemas": `)
	d.value(s.Schemas)
	d.list("tables", s.dumpTables)
	d.list("relationships", s.dumpRelationships)
	d.list("routines", s.dumpRoutines)
	d.list("representations", s.dumpRepresentations)
	d.list("media_handlers", s.dumpHandlers)
	d.text("}\n")
	if d.err != nil {
		return d.err
	}
	return d.w.Flush()
}

// MarshalJSON returns what Dump writes.
func (s *Snapshot) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := s.Dump(&b)
	return b.Bytes(), err
}

// dumper writes JSON and keeps its first error.
type dumper struct {
	w   *bufio.Writer
	err error
}

func (d *dumper) text(s string) {
	if d.err == nil {
		_, d.err = d.w.WriteString(s)
	}
}

func (d *dumper) value(v any) {
	text, err := json.Marshal(v)
	if d.err == nil {
		d.err = err
	}
	d.text(string(text))
}

// list writes a list of what elements emits.
func (d *dumper) list(name string, elements func(emit func(any))) {
	d.text(",\n\"" + name + `": [`)
	separator := "\n"
	elements(func(element any) {
		d.text(separator)
		d.value(element)
		separator = ",\n"
	})
	d.text("]")
}

func (s *Snapshot) dumpTables(emit func(any)) {
	for _, schema := range s.Schemas {
		for _, t := range s.Tables(schema) {
			emit(struct {
				QualifiedName
				*Table
			}{t.Name, t})
		}
	}
}

func (s *Snapshot) dumpRelationships(emit func(any)) {
	for _, key := range s.sortedRelationships() {
		for _, r := range s.relationships.at(key) {
			emit(r)
		}
	}
}

func (s *Snapshot) dumpRoutines(emit func(any)) {
	for _, schema := range s.Schemas {
		for _, r := range s.AllRoutines(schema) {
			emit(struct {
				QualifiedName
				*Routine
			}{r.Name, r})
		}
	}
}

func (s *Snapshot) dumpRepresentations(emit func(any)) {
	keys := slices.SortedFunc(maps.Keys(s.representations), func(a, b representationKey) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.target, b.target))
	})
	for _, key := range keys {
		emit(Representation{key.source, key.target, s.representations[key]})
	}
}

func (s *Snapshot) dumpHandlers(emit func(any)) {
	keys := slices.SortedFunc(maps.Keys(s.handlers), func(a, b handlerKey) int {
		return cmp.Or(a.target.Compare(b.target), cmp.Compare(a.mediaType, b.mediaType))
	})
	for _, key := range keys {
		emit(s.handlers[key])
	}
}
