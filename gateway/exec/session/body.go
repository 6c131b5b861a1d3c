package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"trunkline/planner/pgsql"
)

// leftover is the maximum size, in bytes, of an unwanted rest of a body that is read so that the session can be reused.
const leftover = 256 << 10

// Body is the body of an answer that was left on the connection. It is not safe for concurrent use, and must be
// finished before the session runs another job.
type Body struct {
	session *Session
	try     *Try
	left    int64      // of the body, or of the row's body if there are several
	rows    *rowBodies // nil for a body of one row
	err     error      // the error of the first failed read
	// abandoned is set if the statement was canceled because its rows are not read any more.
	abandoned bool
	// serializable is set if the transaction may be refused when it ends. sufficient is what Sufficient returns.
	serializable, sufficient bool
}

// rowBodies is the state of a body that consists of several rows.
type rowBodies struct {
	form pgsql.Rows
	// held is what precedes the rest of the current row's body: at first everything that was read before the body was
	// streamed, later line breaks.
	held      []byte
	lineBreak [1]byte
	// complete is set when the statement has returned its last row, or has failed.
	complete bool
}

// rowHead is the size of a DataRow message up to its body, if all columns before the body are NULL.
const rowHead = 5 + 2 + 4*pgsql.ColumnCount

// Body returns the body of a try whose outcome is Streaming. After that, the caller may use the try's job and answer
// again.
func (s *Session) Body(t *Try) *Body {
	b := &Body{session: s, try: t, left: t.answer.StreamSize, serializable: t.job.Isolation == "serializable"}
	if b.left < 0 {
		b.left = int64(t.pending)
		b.rows = &rowBodies{form: t.job.Main.Rows, held: t.answer.takeBody(t.job.Dst), lineBreak: [1]byte{'\n'}}
	}
	t.Detach()
	return b
}

// takeBody removes the body that was appended to dst, and returns it. The result does not alias dst.
func (a *Answer) takeBody(dst []byte) []byte {
	body := a.Body[len(dst):]
	if cap(dst) >= len(a.Body) { // the body has not been reallocated
		body = bytes.Clone(body)
	}
	a.Body = nil
	return body
}

// Size returns the number of bytes left, or -1 if it is not known.
func (b *Body) Size() int64 {
	if b.rows != nil {
		return -1
	}
	return b.left
}

// Read reads from the body. If the connection is lost before the end of the body, the error is not io.EOF.
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
		return n, nil // the next read returns the error
	}
	return 0, err
}

// lost records why the connection cannot be read any more.
func (b *Body) lost(where string, err error) error {
	if errors.Is(err, io.EOF) { // not the end of the body
		err = io.ErrUnexpectedEOF
	}
	b.session.broken = true
	b.err = fmt.Errorf("%s: %w", where, err)
	return b.err
}

// Finish reads the rest of the answer. If much of the body was not read, it breaks the session instead. A statement
// that is still returning rows is canceled, unless the flush is shared with tries that have not been answered yet. stop
// is the result of Watch, or nil if the session is not watched. The error is that of the body, or of what follows it.
func (b *Body) Finish(stop func() bool, shared bool) error {
	s := b.session
	err, whole := b.err, b.err == nil && b.rows == nil && b.left == 0
	if err == nil || b.rows != nil && b.rows.complete {
		err = b.drain(&stop, shared)
	}
	s.broken = s.broken || err != nil
	switch d := &b.try.difference; {
	case err != nil || !d.seen:
	case d.fault != nil:
		err, s.broken = d.fault, s.broken || d.fault.Fatal()
	default:
		err, s.broken = d.err, true
	}
	if b.abandoned {
		err = errAbandoned
	}
	b.sufficient = err == nil || whole && b.settled()
	s.Unwatch(stop)
	return err
}

// settled reports whether a body that was read to its end is right although what follows it is not as declared: the
// connection was lost, or the statement canceled. A statement_timeout ends a statement whose only row the client has
// received slowly, because the server waits for that. The server has refused nothing, and the transaction, which only
// reads, does not depend on its commit as serializable ones do.
func (b *Body) settled() bool {
	const canceled = "57014"
	d := &b.try.difference
	return (!d.seen || d.fault != nil && (d.fault.Fatal() || d.fault.Code == canceled)) && !b.serializable
}

// Sufficient reports whether the body that was read is whole and right, although Finish may have returned an error: the
// connection may have been lost behind it, or the statement canceled. It must be called after Finish.
func (b *Body) Sufficient() bool { return b.sufficient }

// drain reads the rest of the answer.
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

// abandon cancels the statement, unless that has been done, and reads what it had returned by then, which is no more
// than fits into the buffers of the network. The session can then be reused, unless its flush is shared: the cancel
// request could hit the statement of another job.
func (b *Body) abandon(stop *func() bool, shared bool) error {
	s := b.session
	b.abandoned = true
	if shared {
		return errAbandoned
	}
	if *stop == nil || (*stop)() {
		go s.cancel.request()
	}
	*stop = func() bool { return false } // the cancel request must be waited for
	if err := s.reader.Discard(int(b.left)); err != nil {
		return err
	}
	return s.receive(b.try)
}

// Abandoned reports whether an error of [Body.Finish] means that the rest of the body was not wanted.
func Abandoned(err error) bool { return errors.Is(err, errAbandoned) }
