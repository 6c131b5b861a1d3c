package session

import (
	"strings"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/pgsql"
)

// kind is the purpose of a step.
type kind uint8

// The kinds of steps.
const (
	kindRole kind = iota
	kindBegin
	kindVerify
	kindSettings
	kindPreRequest
	// kindAround is a statement between the jobs of a chain.
	kindAround
	kindExplain
	kindMain
	kindConstraints
	kindClean
	// kindSync is a Sync. Outside of an explicit transaction it ends the implicit one.
	kindSync
	// kindEnd is the simple query that ends an explicit transaction.
	kindEnd
)

// terminal reports whether the answer to a step ends with ReadyForQuery. The other steps are extended queries, which
// the server skips after an error up to the next Sync.
func (k kind) terminal() bool { return k == kindSync || k == kindEnd }

// effect is how the end of a transaction changes the known state of the session, unless the transaction failed.
type effect uint8

const (
	noEffect  effect = iota
	setsRole         // the session has the step's role
	cleans           // nothing of earlier jobs is left except prepared statements, and no role
	cleansAll        // nothing of earlier jobs is left
)

// step is one statement or message, with what completes it.
type step struct {
	kind   kind
	sql    string
	params []pgsql.Param
	// tag is the prefix of the command tag that completes the step; "" stands for any.
	tag string
	// from and status are the transaction statuses before and after a terminal step; a zero from stands for any.
	from, status byte
	effect       effect
	role         string // for setsRole

	// prepared is the prepared statement to execute, or nil for the unnamed one. parse is set if the flush also parses
	// it.
	prepared *prepared
	parse    bool
	// once is set if the statement must not be prepared.
	once bool
	// bound is set if the prepared statement is used for the job's role only. version is the job's, for its own
	// statements.
	bound   bool
	version uint64
	// binaryBody requests the last column in binary format.
	binaryBody bool
	// part is the index of the chain's link that the step belongs to.
	part int32
}

// The package's own statements, with their command tags (PostgreSQL manual, CommandComplete).
const (
	sqlCommit      = "COMMIT"
	sqlRollback    = "ROLLBACK"
	sqlConstraints = "SET CONSTRAINTS ALL IMMEDIATE"
	sqlResetRole   = "RESET ROLE"
	sqlDeallocate  = "DEALLOCATE ALL"

	tagSelect      = "SELECT "
	tagOneRow      = "SELECT 1\x00"
	tagExplain     = "EXPLAIN\x00"
	tagBegin       = "BEGIN\x00"
	tagReset       = "RESET\x00"
	tagConstraints = "SET CONSTRAINTS\x00"
)

// sqlVerify fails if the session has a prepared statement that was made in SQL. Such a statement was made by a
// function, perhaps in place of one of this package's. It cannot be told apart by its answer, but PostgreSQL records
// its origin.
//
// The statement itself is not named, because a named statement can be replaced, and every name in it is qualified,
// because the function may have changed the search path. It takes about 40 µs, and 1 µs for each prepared statement.
const sqlVerify = "SELECT 1 OPERATOR(pg_catalog./) CASE WHEN EXISTS " +
	"(SELECT FROM pg_catalog.pg_prepared_statement() WHERE from_sql) THEN 0 ELSE 1 END"

// beginning returns the statement that starts a job's transaction. It does not say that the transaction may write unless
// it has to: a standby answers that with an error that does not say what is not possible.
func beginning(job *Job, w *writing) string {
	sql := "BEGIN"
	switch job.Isolation {
	case "serializable":
		sql = "BEGIN ISOLATION LEVEL SERIALIZABLE"
	case "repeatable read":
		sql = "BEGIN ISOLATION LEVEL REPEATABLE READ"
	default:
		if job.Isolation == readCommitted || w.begins {
			sql = "BEGIN ISOLATION LEVEL READ COMMITTED"
		}
	}
	if w.reads && !job.ReadOnly {
		sql += ", READ WRITE"
	}
	return sql
}

// completedBy reports whether a command tag, including its trailing NUL, completes the step.
func (s *step) completedBy(tag []byte) bool {
	return len(tag) >= len(s.tag) && string(tag[:len(s.tag)]) == s.tag
}

// bodyFormats returns the formats of a main statement's columns if the body is requested in binary format.
func bodyFormats() (formats [pgsql.ColumnCount]wire.Format) {
	formats[pgsql.ColumnBody] = wire.Binary
	return formats
}

// encode appends the step's messages.
func (s *step) encode(e *wire.Encoder) {
	switch s.kind {
	case kindEnd:
		e.Query(s.sql)
		return
	case kindSync:
		e.Sync()
		return
	}
	name := ""
	if s.prepared != nil {
		name = s.prepared.name
	}
	if s.parse {
		e.Parse(name, s.sql)
	}
	if s.binaryBody {
		formats := bodyFormats()
		e.Bind(name, s.params, formats[:])
	} else {
		e.Bind(name, s.params, nil)
	}
	e.Execute()
}

// valid reports whether the step's text can be sent.
func (s *step) valid() bool { return strings.IndexByte(s.sql, 0) < 0 }
