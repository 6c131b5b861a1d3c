package session

import (
	"strings"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/pgsql"
)

// kind says what a step is for.
type kind uint8

// The kinds of steps.
const (
	kindRole kind = iota
	kindBegin
	kindVerify
	kindSettings
	kindPreRequest
	kindExplain
	kindMain
	kindConstraints
	kindClean
	// kindSync is a Sync. Outside of an explicit transaction it ends the implicit one.
	kindSync
	// kindEnd is the simple query that ends an explicit transaction.
	kindEnd
)

// terminal reports whether the answer to a step ends with ReadyForQuery. All other steps are extended queries, which the
// server skips after an error up to the next Sync.
func (k kind) terminal() bool { return k == kindSync || k == kindEnd }

// effect is what the end of a transaction makes known of the session, unless the transaction failed.
type effect uint8

const (
	noEffect  effect = iota
	setsRole         // the session's role is the step's
	cleans           // nothing is left of the jobs before but prepared statements, nor is a role
	cleansAll        // nothing at all is left of them
)

// step is one thing that the server is asked to do, with what completes it.
type step struct {
	kind   kind
	sql    string
	params []pgsql.Param
	// tag begins the command tag that completes the step; "" stands for any.
	tag string
	// from and status are the transaction statuses before and after a terminal step; from 0 stands for any.
	from, status byte
	effect       effect
	role         string // of setsRole

	// prepared is the prepared statement to execute, nil for the unnamed one. Parse is set if the statement is parsed on
	// the way.
	prepared *prepared
	parse    bool
	// once is set if the statement must have no name.
	once bool
	// bound is set if the prepared statement serves only the job's role.
	bound bool
	// binaryBody asks for the last column in binary format.
	binaryBody bool
}

// The statements of our own, with the tags that they are answered with (PostgreSQL manual, CommandComplete).
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

// sqlVerify fails if the session has a prepared statement that was made in SQL: then a function has put it there,
// perhaps in the place of one of this package's. Such a statement cannot be told from the package's own by what it
// answers, but PostgreSQL knows where it came from.
//
// It has no name, for a statement without a name cannot be replaced, and every name in it is qualified, for the search
// path may have been left by that function too. It costs about 40 µs and 1 µs for each prepared statement.
const sqlVerify = "SELECT 1 OPERATOR(pg_catalog./) CASE WHEN EXISTS " +
	"(SELECT FROM pg_catalog.pg_prepared_statement() WHERE from_sql) THEN 0 ELSE 1 END"

// beginning returns the statement that begins a transaction with an isolation level.
func beginning(isolation string) string {
	switch isolation {
	case "serializable":
		return "BEGIN ISOLATION LEVEL SERIALIZABLE"
	case "repeatable read":
		return "BEGIN ISOLATION LEVEL REPEATABLE READ"
	case "read committed":
		return "BEGIN ISOLATION LEVEL READ COMMITTED"
	default:
		return "BEGIN"
	}
}

// completedBy reports whether a command tag, with the NUL at its end, is the one that completes the step.
func (s *step) completedBy(tag []byte) bool {
	return len(tag) >= len(s.tag) && string(tag[:len(s.tag)]) == s.tag
}

// bodyFormats are the formats of a main statement's columns where the body is wanted in binary format.
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
