package session

import (
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// Job is what one transaction does. It is not changed, and not used any more once its try has ended.
type Job struct {
	// Settings sets the transaction's settings and its role, PreRequest calls db-pre-request (empty if there is none),
	// Explain estimates the total (empty unless it is asked for), and Main is the statement itself. They run in this
	// order.
	Settings, PreRequest, Explain, Main pgsql.Statement
	// Role is the role that Settings sets.
	Role string

	// ReadOnly is set if the transaction writes nothing. Such a job may be tried again on another session.
	ReadOnly bool
	// Pure is set if Explain and Main run nothing but PostgreSQL's own code, also by way of views, policies, triggers,
	// defaults, computed columns and domains. Without a PreRequest nothing is cleaned after the job.
	Pure bool
	// RoleOnly is set if Explain and Main can see nothing of what Settings sets but the role. A pure read then runs
	// without Settings where the session has the role.
	RoleOnly bool
	// RoleBound is set unless the statements may be planned for one role and run for another. PostgreSQL checks the
	// right to execute a function that it inlines or folds when it plans.
	RoleBound bool
	// AsLogin is set if Settings sets what takes the login role's privileges, before it sets the role.
	AsLogin bool
	// Tampers is set if a function may run SQL that was made at run time, and so replace prepared statements.
	Tampers bool
	// Authenticated is set if the role is not the anonymous one.
	Authenticated bool

	// Isolation is "serializable", "repeatable read", "read committed" or "" for the server's default.
	Isolation string
	// Rollback undoes the transaction after deferred constraints were checked.
	Rollback bool
	// Check looks at the answer before it is committed; an error undoes the transaction and is what the try fails with.
	// A job that writes, and that is not undone anyway, takes a second round trip for it.
	Check func(*Answer) *apierr.Error

	// Lines makes the body of all rows' first column, a line each, instead of the columns of package pgsql.
	Lines bool
	// Stream allows the body of a read to be left on the connection, if it is at least [Options.StreamThreshold] long.
	Stream bool
	// Dst is what the body is appended to. If it is nil, the answer brings a buffer of its own.
	Dst []byte
}

// harmless reports whether the job can leave nothing on the session beyond its transaction.
func (j *Job) harmless() bool { return j.Pure && j.PreRequest.Empty() }

// needsOnlyRole reports whether the job is right on a session that has its role, without its settings. SET ROLE none
// means the login role, whose name is not the job's to know.
func (j *Job) needsOnlyRole() bool {
	return j.RoleOnly && j.ReadOnly && j.harmless() && j.Isolation == "" && j.Role != "none"
}

// Size returns the number of bytes of the job's texts and parameters.
func (j *Job) Size() (n int) {
	for _, s := range [...]*pgsql.Statement{&j.Settings, &j.PreRequest, &j.Explain, &j.Main} {
		n += len(s.SQL)
		for i := range s.Params {
			n += len(s.Params[i].Value)
		}
	}
	return n
}

// Options are what tries depend on beside their jobs.
type Options struct {
	// Prepared keeps statements prepared (db-prepared-statements).
	Prepared bool
	// StatementCacheSize bounds the prepared statements of each session, StatementCacheBytes the sum of their texts'
	// sizes in bytes (db-statement-cache-size, db-statement-cache-bytes). Those of one flush are kept whatever their
	// number.
	StatementCacheSize, StatementCacheBytes int
	// StreamThreshold is the size from which on a body may be left on the connection, in bytes
	// (server-stream-threshold).
	StreamThreshold int
}
