package session

import (
	"io"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/pgsql"
)

// readRows reads from the bodies of the rows. It waits for the database only if there is nothing to return.
func (b *Body) readRows(p []byte) (n int, err error) {
	r := b.rows
	for n < len(p) && err == nil {
		switch {
		case len(r.held) > 0:
			n += r.readHeld(p[n:])
		case b.left > 0:
			var m int
			m, err = b.readRow(p[n:])
			n += m
		case n > 0 && !b.session.reader.Holds(rowHead):
			return n, nil
		default:
			err = b.nextRow()
		}
	}
	if n > 0 {
		return n, nil // the next read returns the error
	}
	return 0, err
}

func (r *rowBodies) readHeld(p []byte) int {
	n := copy(p, r.held)
	if r.held = r.held[n:]; len(r.held) == 0 {
		r.held = nil // it may be large
	}
	return n
}

// amongRows is the context of the error if the connection is lost between or in rows.
const amongRows = "among the rows of an answer"

// readRow reads from the current row's body.
func (b *Body) readRow(p []byte) (int, error) {
	n, err := b.session.reader.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if b.rows.form == pgsql.JSONLines {
		unbreak(p[:n])
		if b.left == 0 {
			b.rows.held = b.rows.lineBreak[:]
		}
	}
	if err != nil {
		return n, b.lost(amongRows, err)
	}
	return n, nil
}

// nextRow moves to the next row's body. The error is io.EOF if there is none, or that of the statement if it has
// failed.
func (b *Body) nextRow() error {
	s, t := b.session, b.try
	for !b.rows.complete {
		kind, size, err := s.reader.Message()
		if err != nil {
			return b.lost(amongRows, err)
		}
		if kind == wire.DataRow {
			if begun, err := b.beginRow(); begun || err != nil {
				return err
			}
			continue
		}
		done, err := s.receiveMessage(t, &t.steps[t.next], kind, size)
		if err != nil {
			return b.lost(amongRows, err)
		}
		if b.rows.complete = done; done {
			t.next++
		}
	}
	if t.difference.fault != nil {
		b.err = t.difference.fault
		return b.err
	}
	return io.EOF
}

// beginRow moves to a row's body, and reports whether there is one.
func (b *Body) beginRow() (bool, error) {
	s := b.session
	if err := s.skipToBody(); err != nil {
		return false, b.lost(amongRows, err)
	}
	n, err := s.reader.Int32()
	if err != nil {
		return false, b.lost(amongRows, err)
	}
	if n < 0 {
		return false, nil
	}
	b.left = int64(n)
	if b.rows.form == pgsql.TextLines {
		b.rows.held = b.rows.lineBreak[:]
	}
	return true, nil
}
