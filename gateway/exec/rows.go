package exec

import (
	"bytes"

	"trunkline/planner/pgsql"
)

// The body of an answer in lines consists of the bodies of many rows. Rows are read into the result's body until that
// is large enough to be streamed:
//
//	first row ──▶ further rows ──┬──▶ complete: the body is as any other
//	                             └──▶ stream threshold ──▶ stream: what was read, then row by row

// readFurther reads a row behind the first one.
func (c *conn) readFurther() error {
	if err := c.skipToBody(); err != nil {
		return err
	}
	return c.readRowBody(true)
}

// skipToBody passes over a row's columns before the body, which count in the first row only.
func (c *conn) skipToBody() error {
	columns, err := c.reader.int16()
	if err != nil {
		return err
	}
	if columns != pgsql.ColumnCount {
		return protocolError("a row of %d columns among others", columns)
	}
	for range pgsql.ColumnBody {
		n, err := c.reader.int32()
		if err != nil {
			return err
		}
		if err := c.reader.discard(n); err != nil {
			return err
		}
	}
	return nil
}

// readRowBody reads the last column of one of many rows, unless the body is to be streamed from here on.
func (c *conn) readRowBody(further bool) error {
	n, err := c.reader.int32()
	if err != nil || n < 0 {
		return err
	}
	x := c.exchange
	if x.mistake != nil {
		return c.reader.discard(n)
	}
	r, form := x.result, x.job.Main.Rows
	if further && form == pgsql.TextLines {
		r.Body = append(r.Body, '\n')
	}
	if x.streamsFrom(n) {
		x.pending, r.StreamSize = n, -1
		return errStreaming
	}
	start := len(r.Body)
	if err := c.appendBody(n); err != nil {
		return err
	}
	if form == pgsql.JSONLines {
		unbreak(r.Body[start:])
		r.Body = append(r.Body, '\n')
	}
	return nil
}

// streamsFrom tells whether a row's body of n bytes makes the whole large enough to be streamed.
func (x *exchange) streamsFrom(n int) bool {
	if x.job.Main.Rows == pgsql.JSONLines {
		n++
	}
	return x.job.Stream && x.job.ReadOnly && len(x.result.Body)-len(x.job.Dst)+n >= x.settings.StreamThreshold
}

// unbreak makes one line of a JSON text: PostgreSQL lets line breaks between its parts pass, but not in strings.
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

// takeBody takes the body away that was appended to dst. It does not alias dst.
func (r *Result) takeBody(dst []byte) []byte {
	body := r.Body[len(dst):]
	if cap(dst) >= len(r.Body) { // It has not moved.
		body = bytes.Clone(body)
	}
	r.Body = nil
	return body
}
