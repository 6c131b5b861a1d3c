package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"trunkline/planner/pgsql"
)

// leftover is how much of a body that is not wanted is read, in bytes, so that the session can be used again.
const leftover = 256 << 10

// Body is the body of an answer that was left on the connection. It belongs to one goroutine at a time, and must be
// finished before the session serves another job.
type Body struct {
	session *Session
	try     *Try
	left    int64      // of the body, or of the row's body if there are many
	rows    *rowBodies // nil if there is one
	err     error      // why reading failed
	// abandoned is set if a statement was canceled because nobody reads its rows any more.
	abandoned bool
}

// rowBodies is what is known of the rows that a body consists of.
type rowBodies struct {
	form pgsql.Rows
	// held is what comes before the rest of the current row's body: at first all that was read before it was known
	// that the body is streamed, later line breaks.
	held      []byte
	lineBreak [1]byte
	// complete is set when the statement has no more rows, or has failed.
	complete bool
}

// rowHead is the size of a row's message up to its body, if all columns before that are NULL.
const rowHead = 5 + 2 + 4*pgsql.ColumnCount

// Body returns the body of a try whose outcome is Streaming. The try's job and answer are the caller's again.
func (s *Session) Body(t *Try) *Body {
	b := &Body{session: s, try: t, left: t.answer.StreamSize}
	if b.left < 0 {
		b.left = int64(t.pending)
		b.rows = &rowBodies{form: t.job.Main.Rows, held: t.answer.takeBody(t.job.Dst), lineBreak: [1]byte{'\n'}}
	}
	t.Detach()
	return b
}

// takeBody takes the body away that was appended to dst. It does not alias dst.
func (a *Answer) takeBody(dst []byte) []byte {
	body := a.Body[len(dst):]
	if cap(dst) >= len(a.Body) { // It has not moved.
		body = bytes.Clone(body)
	}
	a.Body = nil
	return body
}

// Size returns how many bytes are left, -1 if nobody knows.
func (b *Body) Size() int64 {
	if b.rows != nil {
		return -1
	}
	return b.left
}

// Read reads from the body. That the connection is lost before the body's end is an error, never io.EOF.
func (b *Body) Read(p []byte) (int, error) {
	switch {
	case b.err != nil:
		return 0, b.err
	case b.left == 0 && b.rows == nil:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	case b.rows != nil:
		return b.readRows(p)
	}
	n, err := b.session.reader.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err != nil {
		err = b.lost(fmt.Sprintf("%d bytes before the end of the body", b.left), err)
	}
	if n > 0 {
		return n, nil // An error comes again.
	}
	return 0, err
}

// lost notes why the connection cannot be read any more.
func (b *Body) lost(where string, err error) error {
	if errors.Is(err, io.EOF) { // This is not the body's end.
		err = io.ErrUnexpectedEOF
	}
	b.session.broken = true
	b.err = fmt.Errorf("%s: %w", where, err)
	return b.err
}

// Finish reads the end of the answer. If much of the body was not read, the session is broken instead; a statement that
// is still making rows is canceled, unless the flush is shared with tries whose answers are still to come. Stop is what
// Watch has returned, nil if the session is not watched. The error says what went wrong, in the body or behind it.
func (b *Body) Finish(stop func() bool, shared bool) error {
	s := b.session
	err := b.err
	if err == nil || b.rows != nil && b.rows.complete {
		err = b.drain(&stop, shared)
	}
	s.broken = s.broken || err != nil
	if f := b.try.difference.fault; err == nil && f != nil {
		err = f
	}
	if b.abandoned {
		err = errAbandoned
	}
	s.Unwatch(stop)
	return err
}

// drain reads what is left of the answer.
func (b *Body) drain(stop *func() bool, shared bool) error {
	s := b.session
	if b.rows != nil && !b.rows.complete {
		return b.abandon(stop, shared)
	}
	if b.left > leftover {
		return errAbandoned
	}
	_ = s.network.SetReadDeadline(time.Now().Add(patience))
	defer func() { _ = s.network.SetReadDeadline(time.Time{}) }()
	if err := s.reader.Discard(int(b.left)); err != nil {
		return err
	}
	return s.receive(b.try)
}

// abandon has the statement canceled, unless it is already, and reads what it has answered by then: no more than fits
// into the buffers on the way. The session can then be used again, unless its flush is shared: then a cancel request
// could hit the statement of another.
func (b *Body) abandon(stop *func() bool, shared bool) error {
	s := b.session
	b.abandoned = true
	if shared {
		return errAbandoned
	}
	if *stop == nil || (*stop)() {
		go s.cancel.request()
	}
	*stop = func() bool { return false } // The cancel request has to be waited for.
	if err := s.reader.Discard(int(b.left)); err != nil {
		return err
	}
	return s.receive(b.try)
}

// Abandoned reports whether an error of [Body.Finish] means that nobody wanted the rest of the body.
func Abandoned(err error) bool { return errors.Is(err, errAbandoned) }
