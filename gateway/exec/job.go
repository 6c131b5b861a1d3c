package exec

import (
	"io"

	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// Job is the work of one request.
type Job struct {
	// Session sets the transaction's settings, PreRequest calls db-pre-request (empty if there is none), Main is the
	// statement itself, and Explain estimates the total (empty if not asked for).
	Session, PreRequest, Main, Explain pgsql.Statement

	ReadOnly bool
	// Isolation is "serializable", "repeatable read" or "" for the default.
	Isolation string
	// Rollback undoes the transaction after deferred constraints were checked.
	Rollback bool
	// Lines makes the answer of all rows' first column, a line each, instead of the columns of package pgsql.
	Lines bool
	// Check looks at the result before it is committed; an error undoes the transaction and is what Run returns.
	// A job that writes pays for it with a second round trip.
	Check func(*Result) *apierr.Error
	// Stream allows the body to be a stream. It is honoured for read-only jobs whose body is at least the pool's
	// stream threshold.
	Stream bool
}

// Result is the answer of a job. Byte slices belong to the caller until Release.
type Result struct {
	// Total is the number of rows without limit and offset; PageTotal those of this answer.
	Total     int64
	HasTotal  bool
	PageTotal int64
	// Planned is the planner's estimate of the total, if Job.Explain asked for it.
	Planned    int64
	HasPlanned bool

	// ResponseHeaders and ResponseStatus are the settings of these names; nil if unset.
	ResponseHeaders, ResponseStatus []byte
	// Location holds key=operator.value of a new row.
	Location    []string
	Inserted    int64
	HasInserted bool

	// Body is the body. If it is streamed, Body is nil, Stream yields exactly StreamSize bytes, and the connection
	// is given back when Stream is closed.
	Body       []byte
	Stream     io.ReadCloser
	StreamSize int64
}
