package exec

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// Trouble is what is wrong with the connection to the database.
type Trouble uint8

// The troubles.
const (
	// None: the error has nothing to do with connections.
	None Trouble = iota
	// Rejected: the database does not let this user in, whatever is tried again.
	Rejected
	// Unreachable: no connection could be opened for another reason.
	Unreachable
	// Broken: a connection was lost.
	Broken
)

// ConnectionError is the cause of the errors that are about connections.
type ConnectionError struct {
	Trouble Trouble
	Err     error
}

// Error returns what is wrong.
func (e *ConnectionError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the network or the database.
func (e *ConnectionError) Unwrap() error { return e.Err }

// TroubleOf says which trouble an error of this package is about, so that the process may end if it is not to
// recover.
func TroubleOf(err error) Trouble {
	var c *ConnectionError
	if errors.As(err, &c) {
		return c.Trouble
	}
	return None
}

// connectError is that of a connection that could not be opened.
func connectError(err error) *ConnectionError {
	trouble := Unreachable
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "28P01" || pg.Code == "28000") {
		trouble = Rejected // invalid_password, invalid_authorization_specification
	}
	return &ConnectionError{Trouble: trouble, Err: err}
}
