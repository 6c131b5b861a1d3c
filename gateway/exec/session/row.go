package session

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/pgsql"
)

// receiveRow reads a row of the answer to a step.
func (s *Session) receiveRow(t *Try, st *step, size int) error {
	switch {
	case t.detached() || t.difference.seen || t.misplaced:
		return s.reader.Discard(size)
	case st.kind == kindExplain:
		return s.receiveEstimate(t.answer, size)
	case st.kind != kindMain:
		return s.reader.Discard(size)
	case t.job.Lines:
		return s.receiveLine(t, size)
	case t.hasRow && t.job.Main.Rows != pgsql.OneRow:
		return s.receiveFurther(t)
	default:
		return s.receiveMain(t, st, size)
	}
}

// receiveMain reads the row of a main statement. It reads the body, or leaves it on the connection.
func (s *Session) receiveMain(t *Try, st *step, size int) error {
	columns, err := s.reader.Int16()
	if err != nil {
		return err
	}
	if columns != pgsql.ColumnCount || t.hasRow {
		t.differ(st, fmt.Errorf("BUG: the main statement answers a row too many, or one of %d columns", columns))
		return s.reader.Discard(size - 2)
	}
	t.hasRow = true
	for column := range pgsql.ColumnBody {
		value, err := s.column()
		if err != nil {
			return err
		}
		if err := t.take(column, value); err != nil {
			t.differ(st, err)
		}
	}
	if t.job.Main.Rows != pgsql.OneRow {
		return s.receiveRowBody(t, false)
	}
	return s.receiveBody(t)
}

// take stores the value of a column. A pure read that runs without settings must have run under the job's role, and
// cannot have set headers or a status of the answer.
func (t *Try) take(column int, value []byte) error {
	switch column {
	case pgsql.ColumnRole:
		t.misplaced = t.harmless && t.readOnly && t.role != "none" && string(value) != t.role
		return nil
	case pgsql.ColumnResponseHeaders, pgsql.ColumnResponseStatus:
		if t.harmless {
			return nil
		}
	}
	return t.answer.set(column, value)
}

// column returns the next column's value, or nil for NULL. It is valid until the next read.
func (s *Session) column() ([]byte, error) {
	n, err := s.reader.Int32()
	if err != nil || n < 0 {
		return nil, err
	}
	return s.reader.Next(n)
}

// receiveBody reads the last column.
func (s *Session) receiveBody(t *Try) error {
	n, err := s.reader.Int32()
	if err != nil || n <= 0 {
		return err
	}
	if t.difference.seen || t.misplaced {
		return s.reader.Discard(n)
	}
	if t.job.Stream && t.readOnly && n >= t.options.StreamThreshold {
		t.answer.Body, t.answer.StreamSize = nil, int64(n)
		return errStreaming
	}
	return s.appendBody(t, n)
}

// appendBody appends the next n bytes to the body.
func (s *Session) appendBody(t *Try, n int) error {
	if !t.admits(n) {
		return s.reader.Discard(n)
	}
	a := t.answer
	a.Body = slices.Grow(a.Body, n)
	start := len(a.Body)
	a.Body = a.Body[:start+n]
	return s.reader.ReadFull(a.Body[start:])
}

// receiveLine appends a row's first column and a newline to the body.
func (s *Session) receiveLine(t *Try, size int) error {
	t.hasRow = true
	columns, err := s.reader.Int16()
	if err != nil {
		return err
	}
	if columns == 0 {
		return s.reader.Discard(size - 2)
	}
	n, err := s.reader.Int32()
	if err != nil {
		return err
	}
	if n > 0 {
		if err := s.appendBody(t, n); err != nil {
			return err
		}
	}
	t.answer.Body = append(t.answer.Body, '\n')
	return s.reader.Discard(size - 2 - 4 - max(n, 0))
}

// planRows precedes the estimate in EXPLAIN (FORMAT JSON). The first occurrence is that of the outermost plan: a plan's
// own properties come before its children, and quotes inside strings are escaped.
const planRows = `"Plan Rows":`

// receiveEstimate reads the number of rows that the planner expects.
func (s *Session) receiveEstimate(a *Answer, size int) error {
	b, err := s.reader.Next(size)
	if err != nil {
		return err
	}
	_, after, found := bytes.Cut(b, []byte(planRows))
	if !found || a.HasPlanned {
		return nil
	}
	after = bytes.TrimLeft(after, " ")
	digits := 0
	for digits < len(after) && after[digits] >= '0' && after[digits] <= '9' {
		digits++
	}
	a.Planned, err = strconv.ParseInt(string(after[:digits]), 10, 64)
	a.HasPlanned = err == nil
	return nil
}

// The body of an answer in lines consists of the bodies of many rows. Rows are appended to the answer's body until it
// is large enough to be streamed:
//
//	first row ──▶ further rows ──┬──▶ complete: the body is as any other
//	                             └──▶ stream threshold ──▶ stream: what was read, then row by row

// receiveFurther reads a row after the first one.
func (s *Session) receiveFurther(t *Try) error {
	if err := s.skipToBody(); err != nil {
		return err
	}
	return s.receiveRowBody(t, true)
}

// skipToBody skips a row's columns before the body. They count only in the first row.
func (s *Session) skipToBody() error {
	columns, err := s.reader.Int16()
	if err != nil {
		return err
	}
	if columns != pgsql.ColumnCount {
		return wire.ProtocolError("a row of %d columns among others", columns)
	}
	for range pgsql.ColumnBody {
		n, err := s.reader.Int32()
		if err != nil {
			return err
		}
		if err := s.reader.Discard(n); err != nil {
			return err
		}
	}
	return nil
}

// receiveRowBody reads the last column of one of many rows, unless the body is streamed from here on.
func (s *Session) receiveRowBody(t *Try, further bool) error {
	n, err := s.reader.Int32()
	if err != nil || n < 0 {
		return err
	}
	if t.difference.seen || t.misplaced {
		return s.reader.Discard(n)
	}
	a, form := t.answer, t.job.Main.Rows
	if further && form == pgsql.TextLines {
		a.Body = append(a.Body, '\n')
	}
	if t.streamsFrom(n) {
		t.pending, a.StreamSize = n, -1
		return errStreaming
	}
	start := len(a.Body)
	if err := s.appendBody(t, n); err != nil {
		return err
	}
	if form == pgsql.JSONLines {
		unbreak(a.Body[start:])
		a.Body = append(a.Body, '\n')
	}
	return nil
}

// streamsFrom reports whether a row's body of n bytes makes the whole body large enough to be streamed.
func (t *Try) streamsFrom(n int) bool {
	if t.job.Main.Rows == pgsql.JSONLines {
		n++
	}
	return t.job.Stream && t.readOnly && len(t.answer.Body)-len(t.job.Dst)+n >= t.options.StreamThreshold
}

// unbreak turns JSON text into one line. PostgreSQL keeps line breaks between tokens; strings do not contain any.
func unbreak(text []byte) {
	for _, lineBreak := range [...]byte{'\n', '\r'} {
		for i := 0; ; i++ {
			next := bytes.IndexByte(text[i:], lineBreak)
			if next < 0 {
				break
			}
			i += next
			text[i] = ' '
		}
	}
}
