package cache

import (
	"context"
	"embed"
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

//go:embed queries/*.sql
var queries embed.FS

// exec runs statements that return nothing.
func (l *loader) exec(ctx context.Context, sql string) error {
	_, err := l.conn.Exec(ctx, sql).ReadAll()
	return err
}

// query runs queries/name.sql and calls do for each row. The parameters are arrays in text format. The statement is
// unnamed, so that it works through a pooler, unless the loader prepares its queries.
func (l *loader) query(ctx context.Context, name string, params [][]byte, do func(*row)) error {
	rows, found := l.takePrefetched(name, params)
	if !found && l.prepared == nil {
		return l.queryEach(ctx, ask{name: name, params: params}, do)
	}
	if !found {
		asks := []ask{{name: name, params: params}}
		if err := l.flush(ctx, asks); err != nil {
			return err
		}
		rows = asks[0].rows
	}
	r := &row{texts: l.texts}
	for _, r.values = range rows {
		do(r)
	}
	return nil
}

// queryEach runs a query and calls do for each row as it comes.
func (l *loader) queryEach(ctx context.Context, a ask, do func(*row)) error {
	r := &row{texts: l.texts}
	result := l.conn.ExecParams(ctx, a.sql(), a.params, nil, nil, []int16{pgtype.BinaryFormatCode})
	for result.NextRow() {
		r.values = result.Values()
		do(r)
	}
	if _, err := result.Close(); err != nil {
		return &QueryError{Query: a.name, Err: err}
	}
	return nil
}

// querySQL returns the text of queries/name.sql.
func querySQL(name string) string {
	sql, err := queries.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return string(sql)
}

// array encodes a parameter of an array type.
func (l *loader) array(oid uint32, values any) []byte {
	text, err := l.types.Encode(oid, pgtype.TextFormatCode, values, []byte{})
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return text
}

// schemas encodes a parameter of type regnamespace[].
func (l *loader) schemas(names []string) []byte {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	return l.array(pgtype.TextArrayOID, quoted)
}

// exposed is the parameter of most queries.
func (l *loader) exposed() [][]byte { return [][]byte{l.schemas(l.options.Schemas)} }

// path is the parameter that has the schemas in which names without a schema are looked for.
func (l *loader) path() []byte {
	return l.schemas(slices.Concat(l.options.Schemas, l.options.ExtraSearchPath))
}

// asked is the parameter of queries that read all relations, or only some.
func (l *loader) asked() []byte {
	if l.only == nil {
		return nil
	}
	return l.array(pgtype.OIDArrayOID, l.only)
}

// row is a row of a result in binary format. Its methods read one value after the other; the method must fit the
// column's type. What they return does not alias the connection's buffer unless said otherwise.
type row struct {
	values [][]byte
	texts  map[string]string // each text that was read, so that equal ones share memory
}

func (r *row) next() []byte {
	value := r.values[0]
	r.values = r.values[1:]
	return value
}

// bytes returns a value that is valid until the next row only.
func (r *row) bytes() []byte { return r.next() }

// text reads a text or name. NULL is returned as "".
func (r *row) text() string { return r.share(r.next()) }

// textAs reads a text. It is known if it equals that, so that both share memory.
func (r *row) textAs(known string) string {
	value := r.next()
	if string(value) == known {
		return known
	}
	return r.share(value)
}

// nameAs reads two columns, schema and name, as textAs does.
func (r *row) nameAs(known QualifiedName) QualifiedName {
	return QualifiedName{Schema: r.textAs(known.Schema), Name: r.textAs(known.Name)}
}

// name reads two columns, schema and name.
func (r *row) name() QualifiedName { return QualifiedName{Schema: r.text(), Name: r.text()} }

// char reads a "char".
func (r *row) char() byte { return r.next()[0] }

// bool reads a boolean.
func (r *row) bool() bool { return r.next()[0] != 0 }

// int2 reads a smallint.
func (r *row) int2() int16 { return int16(binary.BigEndian.Uint16(r.next())) } // two's complement

// int4 reads an integer. NULL is returned as 0.
func (r *row) int4() int32 {
	value := r.next()
	if value == nil {
		return 0
	}
	return int32(binary.BigEndian.Uint32(value)) // two's complement
}

// oid reads an oid.
func (r *row) oid() uint32 { return binary.BigEndian.Uint32(r.next()) }

// int2s reads a smallint[]. NULL is returned as an empty slice.
func (r *row) int2s() []int16 {
	var numbers []int16
	eachElement(r.next(), func(element []byte) {
		numbers = append(numbers, int16(binary.BigEndian.Uint16(element))) // two's complement
	})
	return numbers
}

// oids reads an oid[].
func (r *row) oids() []uint32 {
	value := r.next()
	oids := make([]uint32, 0, len(value)/8) // each has its length before it
	eachElement(value, func(element []byte) { oids = append(oids, binary.BigEndian.Uint32(element)) })
	return oids
}

// textArray reads a text[] or a null, which it takes for an empty one.
func (r *row) textArray() []string {
	var texts []string
	eachElement(r.next(), func(element []byte) { texts = append(texts, r.share(element)) })
	return texts
}

// share returns value as a string, one copy of which is shared by equal values.
func (r *row) share(value []byte) string {
	if text, ok := r.texts[string(value)]; ok {
		return text
	}
	text := string(value)
	r.texts[text] = text
	return text
}

// eachElement calls do for each element of a one-dimensional array in binary format: number of dimensions, flags and
// element type, then length and lower bound of the dimension, then each element after its length. No element may be
// NULL.
func eachElement(array []byte, do func([]byte)) {
	const header = 5 * 4
	if len(array) < header {
		return
	}
	for rest := array[header:]; len(rest) > 0; {
		length := binary.BigEndian.Uint32(rest)
		do(rest[4 : 4+length])
		rest = rest[4+length:]
	}
}
