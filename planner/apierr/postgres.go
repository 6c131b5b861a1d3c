package apierr

import (
	"net/http"
	"strconv"
	"strings"
)

// Postgres is an error reported by the database (PostgreSQL manual, Error and Notice Message Fields).
type Postgres struct {
	Code, Message, Detail, Hint string
	HasDetail, HasHint          bool
}

// FromPostgres converts a database error into an API error. The SQLSTATE determines the status. Functions can set the
// status with RAISE SQLSTATE 'PTnnn', or the whole answer with 'PGRST'. authenticated is set if the role is not the
// anonymous one: insufficient privileges are then forbidden rather than unauthorized.
func FromPostgres(pg *Postgres, authenticated bool) *Error {
	if pg.Code == "PGRST" {
		return fromRaise(pg)
	}
	e := &Error{Status: statusOf(pg, authenticated), Code: pg.Code, Message: pg.Message}
	switch {
	case strings.HasPrefix(pg.Code, "08"): // connection exception: the details may contain a foreign server's host and user
		e.Withheld = pg.Detail
	case pg.HasDetail:
		e.Details = pg.Detail
	}
	if pg.HasHint {
		e.Hint = pg.Hint
	}
	if _, ok := raisedStatus(pg.Code); ok {
		e.StatusText = pg.Message
	}
	if e.Status == http.StatusUnauthorized {
		e.Headers = []Header{{authenticate, "Bearer"}}
	}
	return e.adviseDatabase(authenticated)
}

// unknownRole reports whether the message of a 22023 says that a role does not exist.
func unknownRole(message string) bool {
	return strings.HasPrefix(message, "role") && strings.HasSuffix(message, "does not exist")
}

// statusOf maps a SQLSTATE to a status, first by code, then by class.
func statusOf(pg *Postgres, authenticated bool) int {
	switch pg.Code {
	case "42501": // insufficient_privilege
		if authenticated {
			return http.StatusForbidden
		}
		return http.StatusUnauthorized
	case "22023": // invalid_parameter_value; returned by set_config('role', …) for an unknown role
		if unknownRole(pg.Message) {
			return http.StatusUnauthorized
		}
		return http.StatusBadRequest
	case "21000": // cardinality_violation; returned by the extension safeupdate for a client's mistake
		if strings.HasSuffix(pg.Message, "requires a WHERE clause") {
			return http.StatusBadRequest
		}
		return http.StatusInternalServerError
	case "42883": // undefined_function; xmlagg if the rows have no XML form
		if strings.HasPrefix(pg.Message, "function xmlagg(") {
			return http.StatusNotAcceptable
		}
		return http.StatusNotFound
	case "23503", "23505": // foreign_key_violation, unique_violation
		return http.StatusConflict
	case "25006": // read_only_sql_transaction
		return http.StatusMethodNotAllowed
	case "42P01": // undefined_table
		return http.StatusNotFound
	case "42P17", "53400": // invalid_object_definition (recursive policies), configuration_limit_exceeded
		return http.StatusInternalServerError
	case "57P01": // admin_shutdown
		return http.StatusServiceUnavailable
	case "P0001": // raise_exception
		return http.StatusBadRequest
	}
	if status, ok := raisedStatus(pg.Code); ok {
		return status
	}
	return statusOfClass(pg.Code)
}

// raisedStatus returns the status that a function set with the SQLSTATE PTnnn.
func raisedStatus(code string) (int, bool) {
	number, ok := strings.CutPrefix(code, "PT")
	if !ok {
		return 0, false
	}
	status, err := strconv.Atoi(number)
	return status, err == nil
}

// statusOfClass maps the class of a SQLSTATE to a status (PostgreSQL manual, Appendix A).
func statusOfClass(code string) int {
	if len(code) < 2 {
		return http.StatusBadRequest
	}
	switch code[:2] {
	case "08", "53": // connection exception, insufficient resources
		return http.StatusServiceUnavailable
	case "0L", "0P", "28": // invalid grantor, invalid role, invalid authorization
		return http.StatusForbidden
	case "09", "25", "2D", "38", "39", "3B", "40", "54", "55", "57", "58", "F0", "HV", "P0", "PT", "XX":
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}
