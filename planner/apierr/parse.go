package apierr

import (
	"fmt"
	"strconv"
	"strings"
)

// InvalidQuery is PGRST100: a part of the query string cannot be parsed. The message contains the part and the
// position, the details what was found and what was expected.
func InvalidQuery(message, details string) *Error {
	return &Error{Status: 400, Code: "PGRST100", Message: message, Details: details}
}

// RPCMethodNotAllowed is PGRST101: a method that routines do not support.
func RPCMethodNotAllowed(method string) *Error {
	return &Error{Status: 405, Code: "PGRST101", Message: "Cannot use the " + method + " method on RPC"}
}

// InvalidBody is PGRST102: a request body that cannot be used.
func InvalidBody(message string) *Error {
	return &Error{Status: 400, Code: "PGRST102", Message: message}
}

// NegativeLimit is PGRST103 for a limit below zero.
func NegativeLimit() *Error {
	return invalidRange("Limit should be greater than or equal to zero.")
}

// RangeLowerAboveUpper is PGRST103 for a Range header whose bounds are swapped.
func RangeLowerAboveUpper() *Error {
	return invalidRange("The lower boundary must be lower than or equal to the upper boundary in the Range header.")
}

// RangeOutOfBounds is PGRST103 for an offset beyond the total number of rows.
func RangeOutOfBounds(offset, total int64) *Error {
	return invalidRange(fmt.Sprintf("An offset of %d was requested, but there are only %d rows.", offset, total))
}

func invalidRange(details string) *Error {
	return &Error{Status: 416, Code: "PGRST103", Message: "Requested range not satisfiable", Details: details}
}

// InvalidPutFilters is PGRST105: a PUT whose filters do not consist of the primary key.
func InvalidPutFilters() *Error {
	return &Error{
		Status: 405, Code: "PGRST105",
		Message: "Filters must include all and only primary key columns with 'eq' operators",
	}
}

// UnacceptableSchema is PGRST106: a profile header that names a schema that is not exposed.
func UnacceptableSchema(schema string, exposed []string) *Error {
	return &Error{
		Status: 406, Code: "PGRST106", Message: "Invalid schema: " + schema,
		Hint: "Only the following schemas are exposed: " + strings.Join(exposed, ", "),
	}
}

// UnacceptableMediaTypes is PGRST107: none of the accepted media types can be produced.
func UnacceptableMediaTypes(types []string) *Error {
	return &Error{
		Status: 406, Code: "PGRST107",
		Message: "None of these media types are available: " + strings.Join(types, ", "),
	}
}

// NotEmbedded is PGRST108: a filter, order or limit on a relation that the request does not embed.
func NotEmbedded(resource string) *Error {
	return &Error{
		Status: 400, Code: "PGRST108", Message: "'" + resource + "' is not an embedded resource in this request",
		Hint: "Verify that '" + resource + "' is included in the 'select' query parameter.",
	}
}

// NotEmbeddedAlias is PGRST108 for an embed that was referred to by its relation although it has an alias.
func NotEmbeddedAlias(resource, alias string) *Error {
	return &Error{
		Status: 400, Code: "PGRST108", Message: "'" + resource + "' is not an embedded resource in this request",
		Details: "Target names are not allowed in filters if they have an alias",
		Hint:    "Change '" + resource + "' to '" + alias + "' in filters, orders or limits.",
	}
}

// InvalidResponseHeaders is PGRST111: the setting response.headers has the wrong form.
func InvalidResponseHeaders() *Error {
	return &Error{
		Status: 500, Code: "PGRST111",
		Message: "response.headers guc must be a JSON array composed of objects with a single key and a string value",
	}
}

// InvalidResponseStatus is PGRST112: the setting response.status is not a valid status code.
func InvalidResponseStatus() *Error {
	return &Error{Status: 500, Code: "PGRST112", Message: "response.status guc must be a valid status code"}
}

// PutRangeNotAllowed is PGRST114: limit or offset on a PUT.
func PutRangeNotAllowed() *Error {
	return &Error{
		Status: 400, Code: "PGRST114",
		Message: "limit/offset querystring parameters are not allowed for PUT",
	}
}

// PutKeyMismatch is PGRST115: the key in a PUT's body differs from the one in its URL.
func PutKeyMismatch() *Error {
	return &Error{
		Status: 400, Code: "PGRST115",
		Message: "Payload values do not match URL in primary key column(s)",
	}
}

// NotSingular is PGRST116: a single object was requested, but there are more or fewer rows.
func NotSingular(rows int64) *Error {
	return &Error{
		Status: 406, Code: "PGRST116", Message: "Cannot coerce the result to a single JSON object",
		Details: "The result contains " + strconv.FormatInt(rows, 10) + " rows",
	}
}

// noRow are the details of [NotSingular] for no row.
const noRow = "The result contains 0 rows"

// MethodNotAllowed is PGRST117: a method that the resource does not support.
func MethodNotAllowed(method string) *Error {
	return &Error{Status: 405, Code: "PGRST117", Message: "Unsupported HTTP method: " + method}
}

// InvalidPreferences is PGRST122: unknown preferences with handling=strict.
func InvalidPreferences(preferences []string) *Error {
	return &Error{
		Status: 400, Code: "PGRST122", Message: "Invalid preferences given with handling=strict",
		Details: "Invalid preferences: " + strings.Join(preferences, ", "),
	}
}

// MaxAffectedExceeded is PGRST124: more rows were affected than max-affected allows.
func MaxAffectedExceeded(rows int64) *Error {
	return &Error{
		Status: 400, Code: "PGRST124", Message: "Query result exceeds max-affected preference constraint",
		Details: "The query affects " + strconv.FormatInt(rows, 10) + " rows",
	}
}

// InvalidPath is PGRST125: a path that cannot name a resource.
func InvalidPath() *Error {
	return &Error{Status: 404, Code: "PGRST125", Message: "Invalid path specified in request URL"}
}

// OpenAPIDisabled is PGRST126: the root was requested, but openapi-mode is disabled.
func OpenAPIDisabled() *Error {
	return &Error{Status: 404, Code: "PGRST126", Message: "Root endpoint metadata is disabled"}
}

// TimeoutExceeded is PGRST129: the client asks for a longer timeout than the most that its role may have, in seconds.
func TimeoutExceeded(most int64) *Error {
	return &Error{
		Status: 400, Code: "PGRST129", Message: "Timeout preference exceeded maximum allowed",
		Details: "The maximum timeout allowed is " + strconv.FormatInt(most, 10) + "s",
		Hint:    "Reduce the timeout",
	}
}

// MaxAffectedNeedsSet is PGRST128: max-affected on a routine that returns a single value or row.
func MaxAffectedNeedsSet() *Error {
	return &Error{
		Status: 400, Code: "PGRST128",
		Message: "Function must return SETOF or TABLE when max-affected preference is used with handling=strict",
	}
}
