package proxy

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"sync"
)

// Statement is a statement that was bound for execution.
type Statement struct {
	SQL string
	// Params are the parameters; nil is NULL. Formats are their format codes as in Bind: none if all are text, one that
	// is of all, or one for each.
	Params  [][]byte
	Formats []int16
	// Sync is set if a Sync message follows, which ends an implicit transaction.
	Sync bool
}

// Recorder is a proxy that records the statements of the extended and the simple query protocol.
type Recorder struct {
	*Proxy
	mu         sync.Mutex
	statements []Statement
}

// Record starts a recording proxy.
func Record(uri string) (*Recorder, error) {
	r := &Recorder{}
	p, err := start(uri, 0, func() io.Writer { return &frontend{into: r, prepared: map[string]string{}} })
	if err != nil {
		return nil, err
	}
	r.Proxy = p
	return r, nil
}

// Take returns the statements recorded since the last call.
func (r *Recorder) Take() []Statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.statements
	r.statements = nil
	return taken
}

func (r *Recorder) add(s Statement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statements = append(r.statements, s)
}

// sync marks the end of a transaction.
func (r *Recorder) sync() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.statements) - 1; last >= 0 {
		r.statements[last].Sync = true
	}
}

// frontend parses the messages that one client sends (PostgreSQL manual, Message Formats).
type frontend struct {
	into     *Recorder
	started  bool
	buffer   []byte
	prepared map[string]string
}

const startupCode = 3 << 16

// Write implements io.Writer.
func (f *frontend) Write(p []byte) (int, error) {
	f.buffer = append(f.buffer, p...)
	for f.next() { // next does the work
	}
	return len(p), nil
}

// next consumes one message and reports whether it was complete.
func (f *frontend) next() bool {
	header := 1
	if !f.started {
		header = 0
	}
	if len(f.buffer) < header+4 {
		return false
	}
	length := int(binary.BigEndian.Uint32(f.buffer[header:]))
	if len(f.buffer) < header+length {
		return false
	}
	body := f.buffer[header+4 : header+length]
	switch {
	case !f.started:
		f.started = len(body) >= 4 && binary.BigEndian.Uint32(body)>>16<<16 == startupCode
	case f.buffer[0] == 'P':
		name, rest := text(body)
		sql, _ := text(rest)
		f.prepared[name] = sql
	case f.buffer[0] == 'B':
		f.bind(body)
	case f.buffer[0] == 'Q':
		sql, _ := text(body)
		f.into.add(Statement{SQL: sql, Sync: true})
	case f.buffer[0] == 'S':
		f.into.sync()
	}
	f.buffer = f.buffer[header+length:]
	return true
}

func (f *frontend) bind(body []byte) {
	_, rest := text(body)
	name, rest := text(rest)
	count := int(binary.BigEndian.Uint16(rest))
	rest = rest[2:]
	var formats []int16
	for range count {
		formats = append(formats, int16(binary.BigEndian.Uint16(rest)))
		rest = rest[2:]
	}
	s := Statement{SQL: f.prepared[name], Params: make([][]byte, binary.BigEndian.Uint16(rest)), Formats: formats}
	rest = rest[2:]
	for i := range s.Params {
		length := int32(binary.BigEndian.Uint32(rest))
		rest = rest[4:]
		if length >= 0 {
			s.Params[i] = slices.Clone(rest[:length])
			rest = rest[length:]
		}
	}
	f.into.add(s)
}

// text splits off a string that ends with NUL.
func text(b []byte) (string, []byte) {
	s, rest, _ := bytes.Cut(b, []byte{0})
	return string(s), rest
}
