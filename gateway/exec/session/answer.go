package session

import (
	"fmt"
	"strconv"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/pgsql"
)

// Answer is the answer of a job's main statement.
type Answer struct {
	// Total is the number of rows without limit and offset, PageTotal the number in this answer.
	Total        int64
	HasTotal     bool
	PageTotal    int64
	HasPageTotal bool
	// Planned is the planner's estimate of the total, if Job.Explain requested it.
	Planned    int64
	HasPlanned bool

	// ResponseHeaders and ResponseStatus are the values of the settings response.headers and response.status, or nil if
	// they are not set.
	ResponseHeaders, ResponseStatus []byte
	// Location holds the key of a new row, as column=operator.value.
	Location    []string
	Inserted    int64
	HasInserted bool

	// Body is Job.Dst with the body appended. It is nil if the body was left on the connection.
	Body []byte
	// StreamSize is the size in bytes of a body that was left on the connection. It is -1 if it is not known because
	// the statement is still running.
	StreamSize int64

	// head holds the bytes of ResponseHeaders and ResponseStatus, own the body if there is no Job.Dst.
	head, own []byte
	isOwn     bool
}

// restart clears the answer before a try.
func (a *Answer) restart(dst []byte) {
	*a = Answer{head: a.head[:0], own: a.own[:0], Body: dst}
	if dst == nil {
		a.Body, a.isOwn = a.own, true
	}
}

// Reset clears the answer. It keeps the buffers for the next use unless they are large.
func (a *Answer) Reset() {
	if a.isOwn {
		a.own = a.Body
	}
	if cap(a.own) > wire.KeptBuffer {
		a.own = nil
	}
	if cap(a.head) > wire.KeptBuffer {
		a.head = nil
	}
	*a = Answer{head: a.head[:0], own: a.own[:0]}
}

// keep copies text that must outlive the session's read buffer.
func (a *Answer) keep(text []byte) []byte {
	start := len(a.head)
	a.head = append(a.head, text...)
	return a.head[start:len(a.head):len(a.head)]
}

// set stores the value of a column that comes before the body.
func (a *Answer) set(column int, value []byte) (err error) {
	if value == nil {
		return nil
	}
	switch column {
	case pgsql.ColumnTotal:
		a.HasTotal = true
		a.Total, err = strconv.ParseInt(string(value), 10, 64)
	case pgsql.ColumnPageTotal:
		a.HasPageTotal = true
		a.PageTotal, err = strconv.ParseInt(string(value), 10, 64)
	case pgsql.ColumnResponseHeaders:
		a.ResponseHeaders = a.keep(value)
	case pgsql.ColumnResponseStatus:
		a.ResponseStatus = a.keep(value)
	case pgsql.ColumnLocation:
		a.Location, err = parseArray(value)
	case pgsql.ColumnInserted:
		a.HasInserted = true
		a.Inserted, err = strconv.ParseInt(string(value), 10, 64)
	}
	if err != nil {
		return fmt.Errorf("BUG: column %d of the main statement: %w", column, err)
	}
	return nil
}
