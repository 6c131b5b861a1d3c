package exec

import (
	"encoding/binary"
	"net"

	"trunkline/planner/pgsql"
)

const (
	// largeValue is the size from which on a parameter's value is not copied into the flush but sent from where it
	// is.
	largeValue = 16 << 10
	// keptBuffer is the size up to which a buffer is kept for the next use.
	keptBuffer = 64 << 10
)

// encoder builds a flush of frontend messages (PostgreSQL manual, Message Formats). Large values are left where they
// are and handed to the network in their place, so that a body of megabytes is never copied.
type encoder struct {
	buf []byte
	// large are the values that were left out of buf, in order, largeSize the sum of their sizes.
	large         []largePart
	largeSize     int
	parts, unsent net.Buffers
}

// largePart is a value that belongs into the flush before buf[at].
type largePart struct {
	at    int
	value []byte
}

// reset empties the encoder and forgets the values of the last flush.
func (e *encoder) reset() {
	if cap(e.buf) > keptBuffer {
		e.buf = nil
	}
	clear(e.large)
	e.buf, e.large, e.largeSize = e.buf[:0], e.large[:0], 0
}

// size is the number of bytes that the flush has so far.
func (e *encoder) size() int { return len(e.buf) + e.largeSize }

// mark is where a message starts: its place in buf, and the size of the large values before it.
type mark struct{ at, large int }

// begin starts a message and returns what end wants.
func (e *encoder) begin(kind byte) mark {
	m := mark{at: len(e.buf), large: e.largeSize}
	e.buf = append(e.buf, kind, 0, 0, 0, 0)
	return m
}

// end sets the length of a message: all but its first byte.
func (e *encoder) end(m mark) {
	length := len(e.buf) - m.at - 1 + e.largeSize - m.large
	binary.BigEndian.PutUint32(e.buf[m.at+1:], uint32(length)) //nolint:gosec // a flush is bounded by maxFlush
}

func (e *encoder) text(s string) { e.buf = append(append(e.buf, s...), 0) }

func (e *encoder) int16(n int) { e.buf = binary.BigEndian.AppendUint16(e.buf, uint16(n)) } //nolint:gosec // counts

func (e *encoder) int32(n int) { e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(n)) } //nolint:gosec // sizes

// query appends a Query message: text that is executed in a transaction of its own, or that begins or ends one.
func (e *encoder) query(sql string) {
	m := e.begin('Q')
	e.text(sql)
	e.end(m)
}

// parse appends a Parse message. The types of the parameters are left to the server.
func (e *encoder) parse(name, sql string) {
	m := e.begin('P')
	e.text(name)
	e.text(sql)
	e.int16(0)
	e.end(m)
}

// bind appends a Bind message for the unnamed portal. All results are wanted in text format, but for the body of a main
// statement if binaryBody is set.
func (e *encoder) bind(name string, params []pgsql.Param, binaryBody bool) {
	m := e.begin('B')
	e.text("")
	e.text(name)
	e.formats(params)
	e.int16(len(params))
	for i := range params {
		e.value(params[i].Value)
	}
	if binaryBody {
		e.int16(pgsql.ColumnCount)
		for column := range pgsql.ColumnCount {
			e.bool16(column == pgsql.ColumnBody)
		}
	} else {
		e.int16(0)
	}
	e.end(m)
}

// formats appends the formats of parameters: none if all of them are text.
func (e *encoder) formats(params []pgsql.Param) {
	binaries := 0
	for i := range params {
		if params[i].Binary {
			binaries++
		}
	}
	if binaries == 0 {
		e.int16(0)
		return
	}
	e.int16(len(params))
	for i := range params {
		e.bool16(params[i].Binary)
	}
}

// bool16 appends a format: 1 for binary, 0 for text.
func (e *encoder) bool16(binary bool) {
	if binary {
		e.int16(1)
		return
	}
	e.int16(0)
}

func (e *encoder) value(value []byte) {
	switch {
	case value == nil:
		e.int32(-1)
	case len(value) < largeValue:
		e.int32(len(value))
		e.buf = append(e.buf, value...)
	default:
		e.int32(len(value))
		e.large = append(e.large, largePart{at: len(e.buf), value: value})
		e.largeSize += len(value)
	}
}

// execute appends an Execute message for all rows of the unnamed portal.
func (e *encoder) execute() {
	e.buf = append(e.buf, 'E', 0, 0, 0, 9, 0, 0, 0, 0, 0)
}

// closeStatement appends a Close message for a prepared statement. It is no error if there is none.
func (e *encoder) closeStatement(name string) {
	m := e.begin('C')
	e.buf = append(e.buf, 'S')
	e.text(name)
	e.end(m)
}

// sync appends a Sync message: what ran since the last one is committed, or undone if something failed.
func (e *encoder) sync() { e.buf = append(e.buf, 'S', 0, 0, 0, 4) }

// writeTo sends the flush, with one system call where the connection can gather. It returns how many bytes the
// connection took.
func (e *encoder) writeTo(conn net.Conn) (int, error) {
	if len(e.large) == 0 {
		return conn.Write(e.buf)
	}
	parts, from := e.parts[:0], 0
	for _, part := range e.large {
		parts = append(parts, e.buf[from:part.at], part.value)
		from = part.at
	}
	e.parts = append(parts, e.buf[from:])
	e.unsent = e.parts // WriteTo cuts off what it has sent
	n, err := e.unsent.WriteTo(conn)
	clear(e.parts)
	e.unsent = nil
	return int(n), err
}
