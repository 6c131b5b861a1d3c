package pgsql

import (
	"strconv"
	"strings"

	"trunkline/cache"
)

// writer builds a statement: constant text, quoted identifiers, and parameters. Nothing else can reach the text.
type writer struct {
	text   []byte
	params []Param
}

// raw appends constant text.
func (w *writer) raw(s string) { w.text = append(w.text, s...) }

// ident appends a quoted identifier (PostgreSQL manual, Lexical Structure). PostgreSQL ends names at a NUL, which
// cannot occur in them.
func (w *writer) ident(name string) {
	if i := strings.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	w.text = append(w.text, '"')
	for i := range len(name) {
		if name[i] == '"' {
			w.text = append(w.text, '"')
		}
		w.text = append(w.text, name[i])
	}
	w.text = append(w.text, '"')
}

// name appends a qualified name; without a schema just the name.
func (w *writer) name(n cache.QualifiedName) {
	if n.Schema != "" {
		w.ident(n.Schema)
		w.raw(".")
	}
	w.ident(n.Name)
}

// column appends relation.column, or relation.* for every column.
func (w *writer) column(relation cache.QualifiedName, column string) {
	w.name(relation)
	if column == "*" {
		w.raw(".*")
		return
	}
	w.raw(".")
	w.ident(column)
}

// value appends a parameter with a text value.
func (w *writer) value(v string) { w.param(Param{Value: []byte(v)}) }

// param appends a parameter.
func (w *writer) param(p Param) {
	w.params = append(w.params, p)
	w.text = append(w.text, '$')
	w.text = strconv.AppendInt(w.text, int64(len(w.params)), 10)
}

// sqlType appends a type as the catalog writes it, quoted where it needs to be.
func (w *writer) sqlType(t string) { w.raw(t) }

// cast appends the type of a cast that a request chose. The parser lets only the characters of type names through;
// this is the second lock on the same door.
func (w *writer) cast(t string) {
	for _, r := range t {
		if strings.ContainsRune("\"'();,.[]{}\\/*-+:<>=~!@#%^&|`?\x00", r) {
			panic("BUG: a cast with special characters reached the SQL writer")
		}
	}
	w.raw(t)
}

func (w *writer) statement() Statement { return Statement{SQL: string(w.text), Params: w.params} }

// list calls each for every element, with a separator between.
func list[T any](w *writer, separator string, elements []T, each func(*T)) {
	for i := range elements {
		if i > 0 {
			w.raw(separator)
		}
		each(&elements[i])
	}
}
