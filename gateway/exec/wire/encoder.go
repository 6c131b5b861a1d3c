package wire

import (
	"encoding/binary"
	"net"

	"trunkline/planner/pgsql"
)

const (
	// LargeValue is the minimum size in bytes of a parameter's value that is sent from where it is instead of being
	// copied into the encoder's buffer.
	LargeValue = 16 << 10
	// KeptBuffer is the maximum size in bytes of a buffer that is kept for the next use.
	KeptBuffer = 64 << 10
)

// Encoder builds messages that are sent in one write (PostgreSQL manual, Message Formats). Large values are not copied
// but passed to the network in place, so they must not change until [Encoder.SendTo] has returned.
type Encoder struct {
	buf []byte
	// large holds the values that are not in buf, in order; largeSize is the sum of their sizes.
	large         []largeValue
	largeSize     int
	parts, unsent net.Buffers
}

// largeValue is a value to be sent before buf[at].
type largeValue struct {
	at    int
	value []byte
}

// Reset empties the encoder and drops its references to values.
func (e *Encoder) Reset() {
	if cap(e.buf) > KeptBuffer {
		e.buf = nil
	}
	clear(e.large)
	e.buf, e.large, e.largeSize = e.buf[:0], e.large[:0], 0
}

// Size returns the number of bytes in the encoder, including large values.
func (e *Encoder) Size() int { return len(e.buf) + e.largeSize }

// mark is the start of a message: its offset in buf, and the size of the large values before it.
type mark struct{ at, large int }

// begin starts a message and returns the mark for end.
func (e *Encoder) begin(kind byte) mark {
	m := mark{at: len(e.buf), large: e.largeSize}
	e.buf = append(e.buf, kind, 0, 0, 0, 0)
	return m
}

// end sets the length of a message, which includes everything except its first byte.
func (e *Encoder) end(m mark) {
	length := len(e.buf) - m.at - 1 + e.largeSize - m.large
	binary.BigEndian.PutUint32(e.buf[m.at+1:], uint32(length))
}

func (e *Encoder) text(s string) { e.buf = append(append(e.buf, s...), 0) }

func (e *Encoder) int16(n int) { e.buf = binary.BigEndian.AppendUint16(e.buf, uint16(n)) }

func (e *Encoder) int32(n int) { e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(n)) }

// Query appends a Query message: SQL that is executed at once, and answered with ReadyForQuery.
func (e *Encoder) Query(sql string) {
	m := e.begin('Q')
	e.text(sql)
	e.end(m)
}

// Parse appends a Parse message for a named statement, or the unnamed one if name is "". The server infers the types of
// the parameters.
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

// Bind appends a Bind message that binds a named statement to the unnamed portal. results are the formats of the
// result's columns; nil requests text for all of them.
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

// formats appends the formats of parameters, or none if all of them are text.
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

// CloseStatement appends a Close message for a named statement. Closing a statement that does not exist is not an
// error.
func (e *Encoder) CloseStatement(name string) {
	m := e.begin('C')
	e.buf = append(e.buf, 'S')
	e.text(name)
	e.end(m)
}

// Sync appends a Sync message. It commits what ran since the last one outside of an explicit transaction, or rolls it
// back if something failed.
func (e *Encoder) Sync() { e.buf = append(e.buf, 'S', 0, 0, 0, 4) }

// Terminate appends a Terminate message, after which the server closes the connection.
func (e *Encoder) Terminate() { e.buf = append(e.buf, 'X', 0, 0, 0, 4) }

// SendTo sends the messages, with one system call if the connection supports vectored writes. It returns the number of
// bytes that the connection accepted.
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
	e.unsent = e.parts // net.Buffers.WriteTo consumes the slices that it has sent
	n, err := e.unsent.WriteTo(conn)
	clear(e.parts)
	e.unsent = nil
	return int(n), err
}
