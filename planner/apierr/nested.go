package apierr

import (
	"net/http"
	"strconv"
)

// The errors below are those of nested writes. Nothing of the write has been done then.

// NoKey is returned if a row that was written has no value in a column by which others would refer to it.
func NoKey(relation, column string) *Error {
	return conflict("A row of '" + relation + "' has no '" + column + "' that related rows could refer to")
}

// KeyDiffers is returned if a value differs from the one in a row of the relation to which it refers.
func KeyDiffers(column, relation string) *Error {
	return &Error{
		Status: http.StatusBadRequest, Code: "PGRST102", Message: "'" + column + "' differs from the value in the related row of '" + relation + "'",
		Details: "You can omit the values of keys: they are taken from the related rows.",
	}
}

// RowsDiffer is returned if not every row of the payload was written, so that it is not known which of them others
// belong to.
func RowsDiffer(relation string, written, given int) *Error {
	e := conflict("Not every row of '" + relation + "' was written")
	e.Details = strconv.Itoa(given) + " rows were given, and " + strconv.Itoa(written) + " were written."
	e.Hint = "A trigger or the preference resolution=ignore-duplicates may have skipped rows. Related rows would have nothing to refer to."
	return e
}

// NoRowToConnect is returned if there is no row with the key of one that is to be connected, or the role may not see it.
func NoRowToConnect(relation string) *Error {
	return conflict("There is no row of '" + relation + "' with this key")
}

// NotOneRoot is returned if a nested update does not find exactly one row.
func NotOneRoot(rows int64) *Error {
	e := &Error{
		Status: http.StatusNotFound, Code: "TRUNK404", Message: "There is no row that the related rows could belong to",
		Details: "A nested PATCH must change exactly one row.",
	}
	if rows > 1 {
		e.Status, e.Code = http.StatusBadRequest, "TRUNK400"
		e.Message = "There is more than one row that the related rows could belong to"
	}
	return e
}

// NotNested is returned for what is not possible in a nested write.
func NotNested(what string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "TRUNK400", Message: what + " is not possible in a nested write"}
}

func conflict(message string) *Error {
	return &Error{Status: http.StatusConflict, Code: "TRUNK409", Message: message}
}
