package pgsql

import (
	"encoding/hex"
	"strconv"
	"sync"

	"trunkline/cache"
	"trunkline/planner"
)

// constant is text in this package's source. Go converts only constants to it implicitly, so that values cannot get
// into the text by mistake.
type constant string

// writer builds the text of one statement and collects its parameters. newWriter takes it from a pool, and statement
// returns it.
type writer struct {
	sql    []byte
	values []byte // the parameters' values, concatenated, except those that are not copied
	params []param
	// form is what becomes of the rows that are being written, texts the embeds whose rows are joined to text.
	form  rowForm
	texts []*planner.ReadNode
	// once is set if the statement must not be kept prepared.
	once bool
	// constants is set while values are written as constants instead of parameters.
	constants bool
	flat      flattened
}

// param is a parameter of a statement that is being written. Its value is either kept, or values[from:to] of the
// writer.
type param struct {
	kept     []byte
	from, to int
	binary   bool
}

// maxKept is the maximum size of buffers that are kept for the next statement.
const maxKept = 64 << 10

var writers = sync.Pool{New: func() any {
	return &writer{sql: make([]byte, 0, 2<<10), values: make([]byte, 0, 1<<10), params: make([]param, 0, 16)}
}}

// newWriter returns an empty writer.
func newWriter() *writer { return writers.Get().(*writer) }

// statement returns a copy of what was written, and returns the writer to the pool.
func (w *writer) statement() Statement {
	s := Statement{SQL: string(w.sql), Once: w.once}
	if len(w.params) > 0 {
		s.Params = w.finishParams()
	}
	w.release()
	return s
}

func (w *writer) finishParams() []Param {
	values := make([]byte, len(w.values)) // not nil, even if all values are empty: nil is NULL
	copy(values, w.values)
	params := make([]Param, len(w.params))
	for i := range w.params {
		p := &w.params[i]
		params[i] = Param{Value: p.kept, Binary: p.binary}
		if p.from >= 0 {
			params[i].Value = values[p.from:p.to:p.to]
		}
	}
	return params
}

func (w *writer) release() {
	if cap(w.sql) > maxKept || cap(w.values) > maxKept {
		return
	}
	clear(w.params)
	clear(w.texts)
	*w = writer{sql: w.sql[:0], values: w.values[:0], params: w.params[:0], texts: w.texts[:0]}
	writers.Put(w)
}

// text appends constant text.
func (w *writer) text(c constant) { w.sql = append(w.sql, c...) }

// span is a part of the written text.
type span struct{ from, to int }

// since returns what was written since the text had the given length.
func (w *writer) since(from int) span { return span{from, len(w.sql)} }

// again repeats text that was written before. PostgreSQL considers two expressions equal only if they have the same
// parameters, not different ones with the same values.
func (w *writer) again(s span) { w.sql = append(w.sql, w.sql[s.from:s.to]...) }

// int appends an integer.
func (w *writer) int(n int64) { w.sql = strconv.AppendInt(w.sql, n, 10) }

// ident appends a name as a quoted identifier.
func (w *writer) ident(name string) { w.sql = appendIdent(w.sql, name) }

// name appends a qualified name. Without a schema it is an alias or is resolved by the search path.
func (w *writer) name(n cache.QualifiedName) {
	if n.Schema != "" {
		w.ident(n.Schema)
		w.text(".")
	}
	w.ident(n.Name)
}

// column appends a column of a relation, or all of them for [planner.AllColumns].
func (w *writer) column(relation cache.QualifiedName, column string) {
	w.name(relation)
	if column == planner.AllColumns {
		w.text(".*")
		return
	}
	w.text(".")
	w.ident(column)
}

// row appends the row of a relation as one value. The name alone would be a column if there is one of that name, and a
// star alone would become its columns.
func (w *writer) row(relation cache.QualifiedName) {
	w.name(relation)
	w.text(".*::pg_catalog.record")
}

// attribute appends a column, of a relation unless that has no name.
func (w *writer) attribute(relation cache.QualifiedName, column string) {
	if relation.Name != "" {
		w.name(relation)
		w.text(".")
	}
	w.ident(column)
}

// as appends an output name, if there is one.
func (w *writer) as(alias string) {
	if alias != "" {
		w.text(" AS ")
		w.ident(alias)
	}
}

// literal appends a name in the catalog as a string constant.
func (w *writer) literal(name string) { w.sql = appendLiteral(w.sql, name) }

// sqlType appends a type as written by format_type under an empty search path. PostgreSQL's own types then have no
// schema, but a temporary type may have the same name.
func (w *writer) sqlType(name string) {
	if needsCatalog(name) {
		w.text("pg_catalog.")
	}
	w.sql = append(w.sql, name...)
}

// expression appends an expression as written by pg_get_expr.
func (w *writer) expression(e string) { w.sql = append(w.sql, e...) }

// key appends the key of a JSON object inside a string constant.
func (w *writer) key(name string) {
	mustBeKey(name)
	w.sql = append(w.sql, name...)
}

// castType appends the type of a cast chosen by a request. The parser accepts only what castType does.
func (w *writer) castType(name string) {
	mustBeType(name)
	w.sql = append(w.sql, name...)
}

// value appends a parameter with a text value.
func (w *writer) value(v string) {
	from := len(w.values)
	w.values = append(w.values, v...)
	w.held(from)
}

// pattern is value for the operand of LIKE, where a star stands for any characters.
func (w *writer) pattern(v string) {
	from := len(w.values)
	w.values = append(w.values, v...)
	for i := from; i < len(w.values); i++ {
		if w.values[i] == '*' {
			w.values[i] = '%'
		}
	}
	w.held(from)
}

// array appends a parameter that is an array of text. A large one has memory of its own, rather than to be copied with
// the others.
func (w *writer) array(elements []string) {
	if len(elements) > manyElements {
		w.bytes(appendArray(make([]byte, 0, arraySize(elements)), elements), false)
		return
	}
	from := len(w.values)
	w.values = appendArray(w.values, elements)
	w.held(from)
}

// held appends a parameter with the value that ends the values and begins at from, or a constant in its place.
func (w *writer) held(from int) {
	if w.constants {
		w.literal(string(w.values[from:]))
		w.values = w.values[:from]
		return
	}
	w.param(param{from: from, to: len(w.values)})
}

// integer appends a parameter that is an integer.
func (w *writer) integer(n int64) {
	if w.constants {
		w.int(n)
		return
	}
	from := len(w.values)
	w.values = strconv.AppendInt(w.values, n, 10)
	w.param(param{from: from, to: len(w.values)})
}

// bytes appends a parameter whose value is not copied, in text or binary format.
func (w *writer) bytes(v []byte, binary bool) {
	switch {
	case w.constants && binary:
		w.literal(`\x` + hex.EncodeToString(v))
		return
	case w.constants:
		w.literal(string(v))
		return
	case v == nil:
		v = []byte{} // nil would be NULL
	}
	w.param(param{kept: v, from: -1, binary: binary})
}

func (w *writer) param(p param) {
	w.params = append(w.params, p)
	w.text("$")
	w.int(int64(len(w.params)))
}

// list writes the separators of a list: first before the first element, next before all others.
type list struct {
	w           *writer
	first, next constant
}

// item starts an element.
func (l *list) item() {
	l.w.text(l.first)
	l.first = l.next
}

// commas returns a list without a separator before its first element.
func (w *writer) commas() list { return list{w, "", ", "} }
