package request

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"

	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
)

// csvPayload converts CSV with a header line (RFC 4180) to a JSON array of objects: each field becomes a string, or
// null if it is NULL. Blank lines are skipped, but not a line with a single empty quoted field. Fields beyond the
// header's are dropped. All lines must lack the same fields.
func csvPayload(body []byte, reserve Reserve) (*Payload, []string, *apierr.Error) {
	r := csvReader{data: body, reserve: reserve}
	header, err := r.header()
	if err != nil {
		return nil, nil, err
	}
	w := newRowWriter(header, reserve)
	w.limit = maxRepetition*len(body) + firstElements
	if err := w.grow(2*len(body) + 2); err != nil {
		return nil, nil, err
	}
	w.json = append(w.json, '[')
	var record [][]byte
	ragged := false
	for {
		start := r.pos
		if record, err = r.record(record[:0], len(header)); err != nil {
			return nil, nil, err
		}
		if blank := r.pos == start; !blank {
			w.begin(len(record))
			if ragged = ragged || w.width != len(record); !ragged {
				if err := w.add(record); err != nil {
					return nil, nil, err
				}
			}
		}
		if r.pos == len(body) {
			break
		}
		if !r.endOfLine() {
			return nil, nil, r.unexpected()
		}
	}
	if ragged {
		return nil, nil, apierr.InvalidBody("All lines must have same number of fields")
	}
	return &Payload{Raw: append(w.json, ']'), Texts: true}, w.keys(), nil
}

// csvReader reads records.
type csvReader struct {
	data    []byte
	pos     int
	reserve Reserve
}

// header reads the first line, which must end with a line break.
func (r *csvReader) header() ([]string, *apierr.Error) {
	fields, err := r.record(nil, math.MaxInt)
	if err != nil {
		return nil, err
	}
	if !r.endOfLine() {
		return nil, r.unexpected()
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f)
	}
	return names, nil
}

// record appends the fields of a line to dst, those beyond limit left out. They are views of the text, unless they have
// quotes in them.
func (r *csvReader) record(dst [][]byte, limit int) ([][]byte, *apierr.Error) {
	for {
		field, err := r.field()
		if err != nil {
			return nil, err
		}
		if len(dst) < limit {
			if err := r.reserve.askForElement(len(dst), columnMemory); err != nil {
				return nil, err
			}
			dst = append(dst, field)
		}
		if r.pos == len(r.data) || r.data[r.pos] != ',' {
			return dst, nil
		}
		r.pos++
	}
}

func (r *csvReader) field() ([]byte, *apierr.Error) {
	rest := r.data[r.pos:]
	if len(rest) > 0 && rest[0] == '"' {
		return r.quoted()
	}
	n := bytes.IndexAny(rest, "\",\r\n")
	if n < 0 {
		n = len(rest)
	}
	r.pos += n
	return rest[:n], nil
}

// quoted reads a quoted field, in which two quotes stand for one.
func (r *csvReader) quoted() ([]byte, *apierr.Error) {
	r.pos++
	start, doubled := r.pos, false
	for {
		n := bytes.IndexByte(r.data[r.pos:], '"')
		if n < 0 {
			r.pos = len(r.data)
			return nil, r.unexpected()
		}
		r.pos += n + 1
		if r.pos == len(r.data) || r.data[r.pos] != '"' {
			break
		}
		doubled = true
		r.pos++
	}
	field := r.data[start : r.pos-1]
	if doubled {
		field = bytes.ReplaceAll(field, []byte(`""`), []byte(`"`))
	}
	return field, nil
}

// endOfLine reads the end of a line: LF, CR LF or CR.
func (r *csvReader) endOfLine() bool {
	rest := r.data[r.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		r.pos += 2
	case len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r'):
		r.pos++
	default:
		return false
	}
	return true
}

// unexpected returns the error for text that is not allowed at this position, or that is missing.
func (r *csvReader) unexpected() *apierr.Error {
	const shown = 100
	rest := string(r.data[r.pos:])
	switch {
	case rest == "":
		return apierr.InvalidBody(`parse error (not enough input) at ""`)
	case len(rest) > shown:
		rest = strings.ToValidUTF8(rest[:shown], "") + " (truncated)"
	default:
		rest = quoteBytes(rest)
	}
	return apierr.InvalidBody("parse error (Failed reading: satisfy) at " + rest)
}

// quoteBytes formats bytes like a Haskell string of them: a numeric escape before a digit, and \SO before H, are
// followed by \&.
func quoteBytes(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		token := quoteToken(rune(text[i]))
		b.WriteString(token[1 : len(token)-1])
		if i+1 < len(text) && (text[i] >= 0x80 && isDigit(text[i+1]) || text[i] == 0x0e && text[i+1] == 'H') {
			b.WriteString(`\&`)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// maxRepetition bounds how many times longer CSV becomes as JSON. PostgreSQL's names have 63 bytes at most, a field and
// its comma have one: the name of a column that there is makes it 70 times as long.
const maxRepetition = 100

// rowWriter writes records as JSON objects with sorted keys.
type rowWriter struct {
	columns []csvColumn // sorted by name; once the width is known, those of a row, of equal names the last one of the header
	width   int         // fields of each row, -1 before the first
	keySize int         // of the keys of a row, with what stands around a field
	json    []byte
	limit   int // of the size of json
	reserve Reserve
}

// csvColumn is a column of the header.
type csvColumn struct {
	name  string
	index int
	key   []byte // the name as a JSON string, and a colon
}

func newRowWriter(header []string, reserve Reserve) *rowWriter {
	w := &rowWriter{columns: make([]csvColumn, len(header)), width: -1, reserve: reserve}
	for i, name := range header {
		w.columns[i] = csvColumn{name, i, append(jsontext.AppendString(nil, []byte(name)), ':')}
	}
	slices.SortFunc(w.columns, func(a, b csvColumn) int {
		return cmp.Or(strings.Compare(a.name, b.name), b.index-a.index)
	})
	return w
}

// grow makes room for n more bytes. The old buffer is not counted when it is replaced.
func (w *rowWriter) grow(n int) *apierr.Error {
	if n <= cap(w.json)-len(w.json) { // Fast path
		return nil
	}
	if len(w.json)+n > w.limit {
		return apierr.RepeatsTooMuch(maxRepetition)
	}
	size := max(2*cap(w.json), len(w.json)+n)
	if err := w.reserve.ask(size - cap(w.json)); err != nil {
		return err
	}
	w.json = append(make([]byte, 0, size), w.json...)
	return nil
}

// rowSize returns an upper bound for the size of a record as JSON.
func (w *rowWriter) rowSize(record [][]byte) int {
	size := w.keySize + len(",{}")
	for _, field := range record {
		size += jsontext.StringSize(field)
	}
	return size
}

// begin sets the width if this is the first record. Columns that the records lack are dropped, so that each record
// takes the time of its own fields, however long the header is.
func (w *rowWriter) begin(width int) {
	if w.width >= 0 {
		return
	}
	w.width = width
	w.columns = slices.DeleteFunc(w.columns, func(c csvColumn) bool { return c.index >= width })
	w.columns = slices.CompactFunc(w.columns, func(a, b csvColumn) bool { return a.name == b.name })
	for i := range w.columns {
		w.keySize += len(w.columns[i].key) + len(`,"null"`)
	}
}

// add writes a record of the width.
func (w *rowWriter) add(record [][]byte) *apierr.Error {
	if err := w.grow(w.rowSize(record)); err != nil {
		return err
	}
	if len(w.json) > len("[") {
		w.json = append(w.json, ',')
	}
	before := byte('{')
	for i := range w.columns {
		c := &w.columns[i]
		w.json = append(append(w.json, before), c.key...)
		if string(record[c.index]) == "NULL" {
			w.json = append(w.json, "null"...)
		} else {
			w.json = jsontext.AppendString(w.json, record[c.index])
		}
		before = ','
	}
	w.json = append(w.json, '}')
	return nil
}

// keys returns the sorted keys of the rows without duplicates, or none if there are no rows.
func (w *rowWriter) keys() []string {
	if w.width < 0 {
		return nil
	}
	keys := make([]string, len(w.columns))
	for i := range w.columns {
		keys[i] = w.columns[i].name
	}
	return keys
}
