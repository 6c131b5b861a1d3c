package session

import (
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// Job describes one transaction. It must not be modified or reused before its try has ended.
type Job struct {
	// Settings sets the transaction's settings and its role, PreRequest calls db-pre-request, Explain estimates the
	// total, and Main is the main statement. They run in this order. PreRequest and Explain may be empty.
	Settings, PreRequest, Explain, Main pgsql.Statement
	// Role is the role that Settings sets.
	Role string

	// ReadOnly is set if the transaction writes nothing. Such a job may be retried on another session.
	ReadOnly bool
	// Pure is set if Explain and Main run only PostgreSQL's own code, including what views, policies, triggers,
	// defaults, computed columns and domains call. Unless there is a PreRequest, the session is not cleaned after such
	// a job.
	Pure bool
	// RoleOnly is set if Explain and Main can observe nothing that Settings sets except the role. If it is also pure, a
	// read runs without Settings on a session that has the role.
	RoleOnly bool
	// RoleBound is set unless the statements may be planned under one role and executed under another. PostgreSQL
	// checks the privilege to execute a function that it inlines or folds during planning.
	RoleBound bool
	// Counts is set if the statement counts the rows that it inserts in the setting pgrst.inserted.
	Counts bool
	// Version is the version of what Explain and Main use of the schema. Statements that were prepared for another version
	// are parsed again: the types of their parameters may have changed.
	Version uint64
	// AsLogin is set if Settings sets something that requires the login role's privileges, before it sets the role.
	AsLogin bool
	// Tampers is set if a function may run dynamic SQL, and so replace prepared statements.
	Tampers bool
	// Authenticated is set if the role is not the anonymous one.
	Authenticated bool

	// Isolation is "serializable", "repeatable read" or "read committed", which is also the level if it is "".
	Isolation string
	// Rollback rolls back the transaction after deferred constraints have been checked.
	Rollback bool
	// Check examines the answer before it is committed. If it returns an error, the transaction is rolled back and the
	// try fails with that error. A job that writes and is not rolled back anyway takes a second round trip for it.
	Check func(*Answer) *apierr.Error

	// Lines makes the body consist of the first column of all rows, one line each, instead of the columns of package
	// pgsql.
	Lines bool
	// Stream allows the body of a read to be left on the connection if it has at least [Options.StreamThreshold] bytes.
	Stream bool
	// Dst is the buffer to which the body is appended. If it is nil, the answer uses its own buffer.
	Dst []byte
}

// harmless reports whether the job leaves nothing on the session beyond its transaction.
func (j *Job) harmless() bool { return j.Pure && j.PreRequest.Empty() }

// needsOnlyRole reports whether the job can run without its settings on a session that has its role. Role none means
// the login role, whose name the job does not know. A role without a name is an error, which only Settings causes: a
// session whose role is "" has the login role.
func (j *Job) needsOnlyRole() bool {
	return j.RoleOnly && j.ReadOnly && j.harmless() && j.Isolation == "" && j.Role != "none" && j.Role != ""
}

// Size returns the total size of the job's statements and parameters, in bytes.
func (j *Job) Size() (n int) {
	for _, s := range [...]*pgsql.Statement{&j.Settings, &j.PreRequest, &j.Explain, &j.Main} {
		n += len(s.SQL)
		for i := range s.Params {
			n += len(s.Params[i].Value)
		}
	}
	return n
}

// Options are what tries depend on besides their jobs.
type Options struct {
	// Prepared enables prepared statements (db-prepared-statements).
	Prepared bool
	// StatementCacheSize bounds the number of prepared statements of each session, StatementCacheBytes the total size
	// of their texts in bytes (db-statement-cache-size, db-statement-cache-bytes). Statements of the same flush are
	// kept beyond these bounds.
	StatementCacheSize, StatementCacheBytes int
	// StreamThreshold is the minimum size in bytes of a body that may be left on the connection
	// (server-stream-threshold).
	StreamThreshold int
}
