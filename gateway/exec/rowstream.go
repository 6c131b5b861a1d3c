package exec

import (
	"errors"
	"fmt"
	"io"

	"trunkline/planner/pgsql"
)

// rows is what a stream knows of the rows that its body consists of.
type rows struct {
	form pgsql.Rows
	// held is what comes before the rest of the current row's body: at first all that was read before it was known
	// that the body is streamed, later line breaks.
	held      []byte
	lineBreak [1]byte
	// complete tells that the statement has no more rows, or has failed.
	complete bool
}

// rowHead is the size of a row's message up to its body, if all columns before that are NULL.
const rowHead = 5 + 2 + 4*pgsql.ColumnCount

// expectRows makes s the stream of many rows, of which the result holds the first.
func (s *stream) expectRows(x *exchange) {
	s.left = int64(x.pending)
	s.rows = &rows{form: x.job.Main.Rows, held: x.result.takeBody(x.job.Dst), lineBreak: [1]byte{'\n'}}
}

// answers tells whether the connection is at a place from which answers can be read, although reading has failed.
func (s *stream) answers() bool { return s.rows != nil && s.rows.complete }

// readRows reads from the bodies of the rows. It waits for the database only if there is nothing to return.
func (s *stream) readRows(p []byte) (n int, err error) {
	r := s.rows
	for n < len(p) && err == nil {
		switch {
		case len(r.held) > 0:
			n += r.readHeld(p[n:])
		case s.left > 0:
			var m int
			m, err = s.readRow(p[n:])
			n += m
		case n > 0 && !s.conn.reader.holds(rowHead):
			return n, nil
		default:
			err = s.nextRow()
		}
	}
	if n > 0 {
		return n, nil // An error comes again.
	}
	return 0, err
}

func (r *rows) readHeld(p []byte) int {
	n := copy(p, r.held)
	if r.held = r.held[n:]; len(r.held) == 0 {
		r.held = nil // It may be large.
	}
	return n
}

// readRow reads from the current row's body.
func (s *stream) readRow(p []byte) (int, error) {
	n, err := s.conn.reader.some(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if s.rows.form == pgsql.JSONLines {
		unbreak(p[:n])
		if s.left == 0 {
			s.rows.held = s.rows.lineBreak[:]
		}
	}
	if err != nil {
		return n, s.lost(err)
	}
	return n, nil
}

// nextRow comes to the next row's body. The error is io.EOF if there is none, and why if the statement has failed.
func (s *stream) nextRow() error {
	x := s.conn.exchange
	for !s.rows.complete {
		kind, size, err := s.conn.reader.message()
		if err != nil {
			return s.lost(err)
		}
		if kind == 'D' {
			if begun, err := s.beginRow(); begun || err != nil {
				return err
			}
			continue
		}
		done, err := s.conn.readMessage(&x.script.steps[x.next], kind, size)
		if err != nil {
			return s.lost(err)
		}
		if s.rows.complete = done; done {
			x.next++
		}
	}
	if x.fault != nil {
		s.err = x.fault
		return s.err
	}
	return io.EOF
}

// beginRow comes to a row's body, and tells whether there is one.
func (s *stream) beginRow() (bool, error) {
	if err := s.conn.skipToBody(); err != nil {
		return false, s.lost(err)
	}
	n, err := s.conn.reader.int32()
	if err != nil {
		return false, s.lost(err)
	}
	if n < 0 {
		return false, nil
	}
	s.left = int64(n)
	if s.rows.form == pgsql.TextLines {
		s.rows.held = s.rows.lineBreak[:]
	}
	return true, nil
}

// lost notes why the connection cannot be read any more.
func (s *stream) lost(err error) error {
	if errors.Is(err, io.EOF) { // This is not the body's end.
		err = io.ErrUnexpectedEOF
	}
	s.conn.broken = true
	s.err = &ConnectionError{Trouble: Broken, Err: fmt.Errorf("among the rows of an answer: %w", err)}
	return s.err
}

// abandon has the statement canceled, unless it is already, and reads what it has answered by then: no more than fits
// into the buffers on the way. The connection can then be used again.
func (s *stream) abandon() error {
	c := s.conn
	s.abandoned = true
	if len(c.riders) > 0 { // The cancel request could hit the statement of another.
		return errAbandoned
	}
	if s.stop == nil || s.stop() {
		go c.cancel()
	}
	s.stop = func() bool { return false } // The cancel request has to be waited for.
	if err := c.reader.discard(int(s.left)); err != nil {
		return err
	}
	return c.readAnswers()
}

// Abandoned tells whether an error of Stream.Close means that nobody wanted the rest of the body.
func Abandoned(err error) bool { return errors.Is(err, errAbandoned) }
