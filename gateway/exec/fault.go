package exec

import (
	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/planner/apierr"
)

// fault is an error that the server reported (PostgreSQL manual, Error and Notice Message Fields).
type fault struct {
	pgconn.PgError
	// hasDetail and hasHint tell an empty text from none.
	hasDetail, hasHint bool
	// outdated tells that a prepared statement was gone, or no longer fitted the schema, and so was not executed.
	outdated bool
}

// parseFault reads the fields of an ErrorResponse that matter here.
func parseFault(message []byte) *fault {
	f := new(fault)
	for len(message) > 1 {
		field, value, rest := cutField(message)
		switch message = rest; field {
		case 'V':
			f.SeverityUnlocalized = value
		case 'S':
			f.Severity = value
		case 'C':
			f.Code = value
		case 'M':
			f.Message = value
		case 'D':
			f.Detail, f.hasDetail = value, true
		case 'H':
			f.Hint, f.hasHint = value, true
		case 'W':
			f.Where = value
		case 's':
			f.SchemaName = value
		case 't':
			f.TableName = value
		case 'c':
			f.ColumnName = value
		case 'n':
			f.ConstraintName = value
		case 'q':
			f.InternalQuery = value
		case 'R':
			f.Routine = value
		}
	}
	return f
}

// cutField cuts off a field: its type, its text and a NUL.
func cutField(message []byte) (field byte, value string, rest []byte) {
	field, message = message[0], message[1:]
	for i, ch := range message {
		if ch == 0 {
			return field, string(message[:i]), message[i+1:]
		}
	}
	return field, string(message), nil
}

// fatal tells that the server closes the connection.
func (f *fault) fatal() bool {
	return f.SeverityUnlocalized == "FATAL" || f.SeverityUnlocalized == "PANIC"
}

// client returns what the client gets to see.
func (f *fault) client(authenticated bool) *apierr.Error {
	e := apierr.FromPostgres(&apierr.Postgres{
		Code: f.Code, Message: f.Message, Detail: f.Detail, Hint: f.Hint,
		HasDetail: f.hasDetail, HasHint: f.hasHint,
	}, authenticated)
	e.Cause = &f.PgError
	return e
}
