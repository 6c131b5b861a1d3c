package wire

import (
	"encoding/binary"
	"net"

	"trunkline/planner/pgsql"
)

const (
	// LargeValue is the size in bytes from which on a parameter's value is not copied into the encoder's buffer, but
	// sent from where it is.
	LargeValue = 16 << 10
	// KeptBuffer is the size in bytes up to which a buffer is kept for the next use.
	KeptBuffer = 64 << 10
)

// Encoder builds messages to be sent in one write (PostgreSQL manual, Message Formats). Large values stay where they are
// and are handed to the network in their place, so that a body of megabytes is never copied: they must not change until
// [Encoder.SendTo] has returned.
type Encoder struct {
	buf []byte
	// large are the values that were left out of buf, in order; largeSize is the sum of their sizes.
	large         []largeValue
	largeSize     int
	parts, unsent net.Buffers
}

// largeValue is a value that belongs before buf[at].
type largeValue struct {
	at    int
	value []byte
}

// Reset empties the encoder and lets go of the values.
func (e *Encoder) Reset() {
	if cap(e.buf) > KeptBuffer {
		e.buf = nil
	}
	clear(e.large)
	e.buf, e.large, e.largeSize = e.buf[:0], e.large[:0], 0
}

// Size returns the number of bytes that the encoder holds, large values included.
func (e *Encoder) Size() int { return len(e.buf) + e.largeSize }

// mark is where a message starts: its place in buf, and the size of the large values before it.
type mark struct{ at, large int }

// begin starts a message and returns what end needs.
func (e *Encoder) begin(kind byte) mark {
	m := mark{at: len(e.buf), large: e.largeSize}
	e.buf = append(e.buf, kind, 0, 0, 0, 0)
	return m
}

// end sets the length of a message, which counts all but its first byte.
func (e *Encoder) end(m mark) {
	length := len(e.buf) - m.at - 1 + e.largeSize - m.large
	binary.BigEndian.PutUint32(e.buf[m.at+1:], uint32(length))
}

func (e *Encoder) text(s string) { e.buf = append(append(e.buf, s...), 0) }

func (e *Encoder) int16(n int) { e.buf = binary.BigEndian.AppendUint16(e.buf, uint16(n)) }

func (e *Encoder) int32(n int) { e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(n)) }

// Query appends a Query message: text that is executed at once, and that ReadyForQuery answers.
func (e *Encoder) Query(sql string) {
	m := e.begin('Q')
	e.text(sql)
	e.end(m)
}

// Parse appends a Parse message for the statement of a name, "" for the unnamed one. The server infers the types of the
// parameters.
func (e *Encoder) Parse(name, sql string) {
	m := e.begin('P')
	e.text(name)
	e.text(sql)
	e.int16(0)
	e.end(m)
}

// Format is the format of a column or parameter.
type Format uint16

// The formats.
const (
	Text   Format = 0
	Binary Format = 1
)

// Bind appends a Bind message that binds the statement of a name to the unnamed portal. Results are the formats of the
// result's columns; nil asks for text in all of them.
func (e *Encoder) Bind(name string, params []pgsql.Param, results []Format) {
	m := e.begin('B')
	e.text("")
	e.text(name)
	e.formats(params)
	e.int16(len(params))
	for i := range params {
		e.value(params[i].Value)
	}
	e.int16(len(results))
	for _, format := range results {
		e.int16(int(format))
	}
	e.end(m)
}

// formats appends the formats of parameters: none if all of them are text.
func (e *Encoder) formats(params []pgsql.Param) {
	binaries := false
	for i := range params {
		binaries = binaries || params[i].Binary
	}
	if !binaries {
		e.int16(0)
		return
	}
	e.int16(len(params))
	for i := range params {
		if params[i].Binary {
			e.int16(int(Binary))
		} else {
			e.int16(int(Text))
		}
	}
}

func (e *Encoder) value(value []byte) {
	switch {
	case value == nil:
		e.int32(-1)
	case len(value) < LargeValue:
		e.int32(len(value))
		e.buf = append(e.buf, value...)
	default:
		e.int32(len(value))
		e.large = append(e.large, largeValue{at: len(e.buf), value: value})
		e.largeSize += len(value)
	}
}

// Execute appends an Execute message for all rows of the unnamed portal.
func (e *Encoder) Execute() {
	e.buf = append(e.buf, 'E', 0, 0, 0, 9, 0, 0, 0, 0, 0)
}

// CloseStatement appends a Close message for the statement of a name. That there is none is no error.
func (e *Encoder) CloseStatement(name string) {
	m := e.begin('C')
	e.buf = append(e.buf, 'S')
	e.text(name)
	e.end(m)
}

// Sync appends a Sync message: what ran since the last one, outside of an explicit transaction, is committed, or undone
// if something failed.
func (e *Encoder) Sync() { e.buf = append(e.buf, 'S', 0, 0, 0, 4) }

// Terminate appends a Terminate message, after which the server closes the connection.
func (e *Encoder) Terminate() { e.buf = append(e.buf, 'X', 0, 0, 0, 4) }

// SendTo sends the messages, with one system call where the connection can gather. It returns how many bytes the
// connection took.
func (e *Encoder) SendTo(conn net.Conn) (int, error) {
	if len(e.large) == 0 {
		return conn.Write(e.buf)
	}
	parts, from := e.parts[:0], 0
	for _, part := range e.large {
		parts = append(parts, e.buf[from:part.at], part.value)
		from = part.at
	}
	e.parts = append(parts, e.buf[from:])
	e.unsent = e.parts // net.Buffers.WriteTo cuts off what it has sent
	n, err := e.unsent.WriteTo(conn)
	clear(e.parts)
	e.unsent = nil
	return int(n), err
}
