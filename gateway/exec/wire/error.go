package wire

import (
	"bytes"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error is an error that the server reported (PostgreSQL manual, Error and Notice Message Fields).
type Error struct {
	pgconn.PgError
	// HasDetail and HasHint distinguish empty text from absent fields.
	HasDetail, HasHint bool
	// Unstarted is set if the statement had not begun to run: the server could not parse, plan or bind it. Whoever sent it
	// knows that.
	Unstarted bool
}

// Fatal reports whether the server closes the connection after the error.
func (e *Error) Fatal() bool {
	return e.SeverityUnlocalized == "FATAL" || e.SeverityUnlocalized == "PANIC"
}

// EndedByPooler reports whether a pooler, not the server, closes the connection after the error: PostgreSQL names the
// routine in each of its errors, and poolers do not. Some have the severity in the older field only. What the server has
// done is not known then: it may have committed, and its answer be lost between it and the pooler.
func (e *Error) EndedByPooler() bool {
	return e.Routine == "" && (e.Fatal() || e.SeverityUnlocalized == "" && e.Severity == "FATAL")
}

// ParseError parses the fields of an ErrorResponse that are used here. It copies them.
func ParseError(message []byte) *Error {
	e := new(Error)
	for len(message) > 1 {
		field := message[0]
		value, rest, _ := bytes.Cut(message[1:], []byte{0})
		e.set(field, string(value))
		message = rest
	}
	return e
}

func (e *Error) set(field byte, value string) {
	switch field {
	case 'V':
		e.SeverityUnlocalized = value
	case 'S':
		e.Severity = value
	case 'C':
		e.Code = value
	case 'M':
		e.Message = value
	case 'D':
		e.Detail, e.HasDetail = value, true
	case 'H':
		e.Hint, e.HasHint = value, true
	case 'W':
		e.Where = value
	case 's':
		e.SchemaName = value
	case 't':
		e.TableName = value
	case 'c':
		e.ColumnName = value
	case 'n':
		e.ConstraintName = value
	case 'q':
		e.InternalQuery = value
	case 'R':
		e.Routine = value
	}
}
