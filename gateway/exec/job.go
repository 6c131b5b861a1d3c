package exec

import (
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// Job is the work of one request. It is neither changed nor kept: when Run has returned, it may be used again.
type Job struct {
	// Session sets the transaction's settings, PreRequest calls db-pre-request (empty if there is none), Explain
	// estimates the total (empty if not asked for), and Main is the statement itself. They run in this order.
	Session, PreRequest, Explain, Main pgsql.Statement

	// ReadOnly tells that Session makes the transaction read-only. Such a job may be tried again on another
	// connection.
	ReadOnly bool
	// Pure tells that Main and Explain call nothing but PostgreSQL's own functions: no function of the database, not
	// through a view, policy, trigger, computed column or domain either. The connection is then not cleaned after
	// the job, unless it has a PreRequest.
	Pure bool
	// Dynamic tells that a function may run SQL that the request chose. Before the connection serves another job it is
	// made sure that none of its prepared statements is somebody else's.
	Dynamic bool
	// Quick tells that Main takes PostgreSQL microseconds, whatever the data, and that its answer is small as a rule.
	// Under load, such a job may share a flush with others (see batch.go).
	Quick bool
	// Provable tells that Main reads and is pure, as far as is known: if it proves to be quick, it counts as that.
	Provable bool
	// Authenticated tells that the role is not the anonymous one.
	Authenticated bool
	// Isolation is "serializable", "repeatable read", "read committed" or "" for the server's default.
	Isolation string
	// Rollback undoes the transaction after deferred constraints were checked.
	Rollback bool
	// Lines makes the answer of all rows' first column, a line each, instead of the columns of package pgsql.
	Lines bool
	// Check looks at the result before it is committed; an error undoes the transaction and is what Run returns.
	// A job that writes, and that is not undone anyway, pays for it with a second round trip.
	Check func(*Result) *apierr.Error
	// Stream allows the body to be a stream. It is honoured for read-only jobs whose body is at least the pool's
	// stream threshold. What comes before that is read of many rows before it is known.
	Stream bool
	// Client is who a stream is for; nil if its reader needs no watching.
	Client Client
	// Dst is what the body is appended to, so that it can be read straight into the response. If it is nil, the
	// result brings a buffer of its own.
	Dst []byte
}

// pure tells that the connection needs no cleaning.
func (j *Job) pure() bool { return j.Pure && j.PreRequest.Empty() }

// size is the number of bytes of the job's texts and parameters.
func (j *Job) size() (n int) {
	for _, s := range [...]*pgsql.Statement{&j.Session, &j.PreRequest, &j.Explain, &j.Main} {
		n += len(s.SQL)
		for i := range s.Params {
			n += len(s.Params[i].Value)
		}
	}
	return n
}
