package exec

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"trunkline/planner/pgsql"
)

// readRow reads a DataRow.
func (c *conn) readRow(st *step, size int) error {
	x := c.exchange
	switch {
	case x.mistake != nil:
		return c.reader.discard(size)
	case st.stage == stageExplain:
		return c.readEstimate(size)
	case st.stage != stageMain:
		return c.reader.discard(size)
	case x.visit != nil:
		return c.visitRow(st.index, size)
	case x.job.Lines:
		return c.readLine(size)
	case x.hasRow && x.job.Main.Rows != pgsql.OneRow:
		return c.readFurther()
	default:
		return c.readMain(size)
	}
}

// readMain reads the row of a main statement. The body is read to where it has to go, or left to be streamed.
func (c *conn) readMain(size int) error {
	x := c.exchange
	columns, err := c.reader.int16()
	if err != nil {
		return err
	}
	if columns != pgsql.ColumnCount || x.hasRow {
		x.mistake = fmt.Errorf("BUG: the main statement answers a row too many, or one of %d columns", columns)
		c.broken = true // a function may have put a statement of its own in the place of this one
		return c.reader.discard(size - 2)
	}
	x.hasRow = true
	for column := range pgsql.ColumnBody {
		value, err := c.readColumn()
		if err != nil {
			return err
		}
		if err := x.result.set(column, value); err != nil && x.mistake == nil {
			x.mistake = err
		}
	}
	if x.job.Main.Rows != pgsql.OneRow {
		return c.readRowBody(false)
	}
	return c.readBody()
}

// readColumn returns the next column's value, nil for NULL. It is valid until the next read.
func (c *conn) readColumn() ([]byte, error) {
	n, err := c.reader.int32()
	if err != nil || n < 0 {
		return nil, err
	}
	return c.reader.next(n)
}

// readBody reads the last column.
func (c *conn) readBody() error {
	x := c.exchange
	n, err := c.reader.int32()
	if err != nil || n <= 0 {
		return err
	}
	if x.mistake != nil {
		return c.reader.discard(n)
	}
	if x.job.Stream && x.job.ReadOnly && n >= x.settings.StreamThreshold {
		x.result.Body, x.result.StreamSize = nil, int64(n)
		return errStreaming
	}
	return c.appendBody(n)
}

// appendBody appends the next n bytes to the body.
func (c *conn) appendBody(n int) error {
	r := c.exchange.result
	r.Body = slices.Grow(r.Body, n)
	start := len(r.Body)
	r.Body = r.Body[:start+n]
	return c.reader.read(r.Body[start:])
}

// set notes the value of a column before the body.
func (r *Result) set(column int, value []byte) (err error) {
	if value == nil {
		return nil
	}
	switch column {
	case pgsql.ColumnTotal:
		r.HasTotal = true
		r.Total, err = strconv.ParseInt(string(value), 10, 64)
	case pgsql.ColumnPageTotal:
		r.HasPageTotal = true
		r.PageTotal, err = strconv.ParseInt(string(value), 10, 64)
	case pgsql.ColumnResponseHeaders:
		r.ResponseHeaders = r.keep(value)
	case pgsql.ColumnResponseStatus:
		r.ResponseStatus = r.keep(value)
	case pgsql.ColumnLocation:
		r.Location, err = parseArray(value)
	case pgsql.ColumnInserted:
		r.HasInserted = true
		r.Inserted, err = strconv.ParseInt(string(value), 10, 64)
	}
	if err != nil {
		return fmt.Errorf("BUG: column %d of the main statement: %w", column, err)
	}
	return nil
}

// readLine appends a row's first column and a newline to the body.
func (c *conn) readLine(size int) error {
	columns, err := c.reader.int16()
	if err != nil {
		return err
	}
	if columns == 0 {
		return c.reader.discard(size - 2)
	}
	n, err := c.reader.int32()
	if err != nil {
		return err
	}
	if n > 0 {
		if err := c.appendBody(n); err != nil {
			return err
		}
	}
	c.exchange.result.Body = append(c.exchange.result.Body, '\n')
	return c.reader.discard(size - 2 - 4 - max(n, 0))
}

// planRows is what comes before the estimate in EXPLAIN (FORMAT JSON). The first one is the outermost plan's: a plan's
// own properties come before those of its parts, and within a string the quotes would be escaped.
const planRows = `"Plan Rows":`

// readEstimate finds the number of rows that the planner expects.
func (c *conn) readEstimate(size int) error {
	b, err := c.reader.next(size)
	if err != nil {
		return err
	}
	r := c.exchange.result
	_, after, found := bytes.Cut(b, []byte(planRows))
	if !found || r.HasPlanned {
		return nil
	}
	after = bytes.TrimLeft(after, " ")
	digits := 0
	for digits < len(after) && after[digits] >= '0' && after[digits] <= '9' {
		digits++
	}
	r.Planned, err = strconv.ParseInt(string(after[:digits]), 10, 64)
	r.HasPlanned = err == nil
	return nil
}

// visitRow hands a row to the visitor of Rows.
func (c *conn) visitRow(statement, size int) error {
	b, err := c.reader.next(size)
	if err != nil {
		return err
	}
	x := c.exchange
	if x.row, err = splitRow(x.row[:0], b); err != nil {
		return err
	}
	x.delivered = true
	x.mistake = x.visit(statement, x.row)
	return nil
}
