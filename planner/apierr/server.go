package apierr

import "strconv"

// ConnectionFailed is PGRST000: no connection to the database could be opened.
func ConnectionFailed(cause error) *Error {
	return disconnected("PGRST000", "Database connection error.", cause)
}

// ConnectionLost is PGRST001: the connection broke during the request, and nothing was written.
func ConnectionLost(cause error) *Error {
	return disconnected("PGRST001", "Database client error. Retrying the connection.", cause)
}

func disconnected(code, message string, cause error) *Error {
	e := &Error{Status: 503, Code: code, Message: message, Cause: cause}
	if cause != nil {
		e.Withheld = cause.Error()
	}
	return e
}

// SchemaNotLoaded is PGRST002: there is no schema snapshot yet.
func SchemaNotLoaded() *Error {
	return &Error{
		Status: 503, Code: "PGRST002", Message: "Could not query the database for the schema cache. Retrying.",
	}
}

// AcquireTimeout is PGRST003: no connection of the pool became available in time. seconds is the value of Retry-After.
func AcquireTimeout(seconds int) *Error {
	return &Error{
		Status: 504, Code: "PGRST003", Message: "Timed out acquiring connection from connection pool.",
		Headers: []Header{{"Retry-After", strconv.Itoa(seconds)}},
	}
}

// Internal is PGRSTX00: a bug of the gateway, or an unexpected answer of the database.
func Internal(cause error) *Error {
	return &Error{Status: 500, Code: "PGRSTX00", Message: "Internal error", Cause: cause}
}

// The codes below are Trunkline's own: TRUNK followed by the status.

// CommitUnknown is returned if the connection broke while a write was being committed, so that it may or may not have
// taken effect.
func CommitUnknown(cause error) *Error {
	return &Error{
		Status: 500, Code: commitUnknown,
		Message: "The connection to the database was lost before the outcome of the write was known",
		Details: "The write may or may not have been committed.",
		Hint:    "Check the data before you repeat the request.",
		Cause:   cause,
	}
}

// RepeatWithKey is returned if the connection broke while a write with an Idempotency-Key was being committed. unknown is
// CommitUnknown.
func RepeatWithKey(unknown *Error) *Error {
	e := *unknown
	e.Hint = "Repeat the request with the same Idempotency-Key. It is executed if it was not, and gets its response if it was."
	return &e
}

const commitUnknown = "TRUNK500"

// OutcomeUnknown reports whether the error is CommitUnknown.
func (e *Error) OutcomeUnknown() bool { return e.Code == commitUnknown }

// ClientGone is returned if a request was canceled because its client closed the connection or its sending direction. A
// client that still reads receives it. The status is the one that nginx uses.
func ClientGone(cause error) *Error {
	return &Error{
		Status: 499, StatusText: "Client Closed Request", Code: "TRUNK499",
		Message: "The client closed the connection before the response was ready",
		Cause:   cause,
	}
}

// Malformed is returned for a request that is not valid HTTP, or text that is not valid UTF-8.
func Malformed(message string) *Error {
	return &Error{Status: 400, Code: "TRUNK400", Message: message}
}

// UnsupportedCoding is returned for an unsupported transfer coding (RFC 9112, section 6.1).
func UnsupportedCoding() *Error {
	return &Error{Status: 501, Code: "TRUNK501", Message: "Transfer codings other than chunked are not supported"}
}

// UnsupportedVersion is returned for HTTP/2 with prior knowledge, whose preface resembles a request (RFC 9113, section
// 3.4).
func UnsupportedVersion() *Error {
	return &Error{Status: 505, Code: "TRUNK505", Message: "HTTP/2 is not supported", Hint: "Send HTTP/1.1."}
}

// NotSelected is returned if a request orders by the name of something that it does not select.
func NotSelected(name string) *Error {
	return &Error{
		Status: 400, Code: "TRUNK400", Message: "Nothing in select is named '" + name + "'",
		Hint: "':name' in order refers to what select returns under that name. To order by a column, omit the colon.",
	}
}

// NotOrderedByEmbed is returned if a request orders by the name of an embed, or of a field of a to-many spread.
func NotOrderedByEmbed(name, embed string, toOne bool) *Error {
	e := &Error{
		Status: 400, Code: "TRUNK400", Message: "Rows cannot be ordered by '" + name + "'",
		Details: "It has a value for each row of '" + embed + "'.",
		Hint: "With url-extensions, order=" + embed + "(column) orders by the least value of a column in these rows, and " +
			"with desc by the greatest.",
	}
	if toOne {
		e.Details, e.Hint = "It is a row with several columns.", "Order by one of its columns: order="+embed+"(column)"
	}
	return e
}

// InvalidCursor is returned if the value of after is not a cursor.
func InvalidCursor() *Error {
	return &Error{
		Status: 400, Code: "TRUNK400", Message: "The value of 'after' is not a cursor",
		Hint: "Take the whole URL of the next page from the Link header, or begin with an empty 'after'.",
	}
}

// CursorOfAnotherOrder is returned if a cursor is used with a request whose rows are in another order.
func CursorOfAnotherOrder() *Error {
	return &Error{
		Status: 400, Code: "TRUNK400", Message: "The cursor in 'after' belongs to a different order",
		Hint: "A cursor continues the order that it was created for. For a different order, begin with an empty 'after'.",
	}
}

// RowsNotUnique is returned if a page ends between two rows that no cursor can tell apart.
func RowsNotUnique(relation string) *Error {
	return &Error{
		Status: 400, Code: "TRUNK400", Message: "No cursor can be made for the end of this page of '" + relation + "'",
		Details: "The next row has the same values in all terms of the order, including the primary key.",
		Hint:    "Add columns to 'order' that distinguish the rows.",
	}
}

// LinkTooLong is returned if the link to the next page would exceed the limit.
func LinkTooLong(limit int) *Error {
	return &Error{
		Status: 400, Code: "TRUNK400", Message: "The link to the next page is too long",
		Hint: "At most " + strconv.Itoa(limit) + " bytes are allowed (server-max-echo-size).",
	}
}

// KeysetNotPossible is returned if there can be no cursors for the rows of a request.
func KeysetNotPossible(reason string) *Error {
	return &Error{Status: 400, Code: "TRUNK400", Message: "Pagination with a cursor is not possible", Details: reason}
}

// LimitExceeded is returned if a request exceeds the limit of a configuration key, or with the key "" a fixed limit.
func LimitExceeded(what string, limit int, key string) *Error {
	e := &Error{
		Status: 400, Code: "TRUNK400", Message: "Too many " + what + " in one request",
		Details: "At most " + strconv.Itoa(limit) + " are allowed.",
	}
	if key != "" {
		e.Hint = "The limit is the configuration key " + key + "."
	}
	return e
}

// UnsafeWrite is returned if a PATCH or DELETE has no filter and db-safe-update is set.
func UnsafeWrite(deletes bool) *Error {
	method := "PATCH"
	if deletes {
		method = "DELETE"
	}
	return &Error{
		Status: 400, Code: "TRUNK400", Message: method + " without a filter is not allowed",
		Details: "It would affect all rows that the role may change.",
		Hint:    "Add a filter. To affect all rows, use one that is true for all of them, such as id=not.is.null. See the configuration key db-safe-update.",
	}
}

// UnacceptableQuery is the error if the body of a QUERY request has another media type than the accepted one, or does
// not say which (RFC 10008).
func UnacceptableQuery(media, accepted string) *Error {
	e := &Error{
		Status: 415, Code: "TRUNK415", Message: "A query in a body must be " + accepted,
		Details: "The Content-Type is " + media + ".",
		Headers: []Header{{"Accept-Query", accepted}},
	}
	if media == "" {
		e.Status, e.Code, e.Details = 400, "TRUNK400", "The Content-Type is missing."
	}
	return e
}

// InvalidCondition is returned if the value of a header with a condition is not "*" or a list of entity tags (RFC 9110,
// section 13.1).
func InvalidCondition(header string) *Error {
	return &Error{
		Status: 400, Code: "TRUNK400", Message: header + " is neither * nor a list of entity tags",
		Hint: "Send the whole value of the ETag header, including the quotes.",
	}
}

// ConditionNotPossible is returned if a request has a condition that it cannot have.
func ConditionNotPossible(condition, with string) *Error {
	return &Error{Status: 400, Code: "TRUNK400", Message: condition + " cannot be used with " + with}
}

// ConditionOnRows is returned if a write with If-Match finds several rows.
func ConditionOnRows() *Error {
	return &Error{
		Status: 400, Code: "TRUNK400", Message: "If-Match cannot be used for several rows",
		Details: "The filters of the request match more than one row. Nothing was written.",
		Hint:    "Filter by a key.",
	}
}

// RowsNotLockable is returned if a write with If-Match is to a view whose rows PostgreSQL cannot lock. cause is its error.
func RowsNotLockable(cause *Error) *Error {
	return &Error{
		Status: 400, Code: "TRUNK400", Message: "If-Match cannot be used for this view",
		Details: "Its rows cannot be locked, so that another client could change them before the write: " + cause.Message + ".",
		Hint:    "Write to a table, or to a view without outer joins, GROUP BY, DISTINCT, UNION, LIMIT and window functions.",
	}
}

// PreconditionFailed is returned if what If-Match lists does not include the current tag, or if there is no row. tag is
// the current one, or "".
func PreconditionFailed(tag string) *Error {
	e := &Error{Status: 412, Code: "TRUNK412", Message: "The row does not match If-Match: it has changed, or does not exist"}
	if tag != "" {
		e.Headers = []Header{{"ETag", tag}}
	}
	return e
}

// RowExists is returned if If-None-Match: * allows to create rows only, and one of them exists.
func RowExists() *Error {
	return &Error{Status: 412, Code: "TRUNK412", Message: "The row already exists, and If-None-Match allows only creating it"}
}

// InvalidIdempotencyKey is returned if the header Idempotency-Key has no key, or several.
func InvalidIdempotencyKey(reason string) *Error {
	return &Error{Status: 400, Code: "TRUNK400", Message: "The Idempotency-Key is invalid", Details: "The problem is that " + reason + "."}
}

// KeyInUse is returned while another request with the same Idempotency-Key is being executed.
func KeyInUse() *Error {
	return &Error{
		Status: 409, Code: "TRUNK409", Message: "A request with this Idempotency-Key is being executed",
		Hint:    "Repeat the request in a moment. It then gets the response of the first request or, if that has failed, is executed.",
		Headers: []Header{{"Retry-After", "1"}},
	}
}

// KeyOfAnotherRequest is returned if another request was executed with the same Idempotency-Key.
func KeyOfAnotherRequest() *Error {
	return &Error{
		Status: 422, Code: "TRUNK422", Message: "The Idempotency-Key was used for a different request",
		Details: "The method, path, query, body, relevant headers, or claims of the token differ.",
		Hint:    "Use a new key for each request that does not repeat another one.",
	}
}

// AnswerNotKept is returned if the answer of a request with an Idempotency-Key is too large to be kept. Nothing was
// written.
func AnswerNotKept(limit int) *Error {
	return tooLarge(413, "TRUNK413", "The response is too large to be kept for the Idempotency-Key", limit, "db-idempotency-max-answer")
}

// KeysNotInstalled is returned if Idempotency-Key counts but the database has no table of keys.
func KeysNotInstalled(cause error) *Error {
	return &Error{
		Status: 501, Code: "TRUNK501", Message: "The table for Idempotency-Key is not installed in the database",
		Hint: "Run trunkline idempotency install, or set db-idempotency = false.", Cause: cause,
	}
}

// BodyTooLarge is returned for a body with more bytes than server-max-body-size.
func BodyTooLarge(limit int) *Error {
	return tooLarge(413, "TRUNK413", "The request body is too large", limit, "server-max-body-size")
}

// ConvertedTooLarge is returned for a body that is converted to more bytes than server-max-body-memory.
func ConvertedTooLarge(limit int) *Error {
	return tooLarge(413, "TRUNK413", "The request body takes too much memory as JSON", limit, "server-max-body-memory")
}

// ResponseTooLarge is returned for a response that has to be in memory as a whole, and takes more bytes of it than
// server-max-body-memory. refusal is ConvertedTooLarge.
func ResponseTooLarge(refusal *Error) *Error {
	e := *refusal
	e.Message = "The response takes too much memory"
	return &e
}

// BatchTooLarge is returned for a batch whose answers have more than batch-max-answer bytes.
func BatchTooLarge(limit int) *Error {
	return tooLarge(413, "TRUNK413", "The responses of the batch are too large", limit, "batch-max-answer")
}

// NotInBatch is returned for an operation of a batch that has, or is, what no operation can.
func NotInBatch(what string) *Error {
	return &Error{Status: 400, Code: "TRUNK400", Message: what + " is not possible in a batch"}
}

// OperationFailed is returned for a batch in which a function has set an error as the status of an answer.
func OperationFailed(status int) *Error {
	return &Error{
		Status: status, Code: "TRUNK" + strconv.Itoa(status), Message: "An operation has status " + strconv.Itoa(status),
		Details: "No operation of the batch was carried out.",
	}
}

// RepeatsTooMuch is returned for CSV that would become much longer as JSON, because the names in its header are
// repeated in each row.
func RepeatsTooMuch(times int) *Error {
	return &Error{
		Status: 413, Code: "TRUNK413", Message: "The names in the header are too long for the rows",
		Details: "As JSON, CSV can have at most " + strconv.Itoa(times) + " times its size.",
	}
}

// URITooLong is returned for a request line with more bytes than server-max-request-line.
func URITooLong(limit int) *Error {
	return tooLarge(414, "TRUNK414", "The request line is too long", limit, "server-max-request-line")
}

// HeadersTooLarge is returned for headers with more bytes than server-max-header-size.
func HeadersTooLarge(limit int) *Error {
	return tooLarge(431, "TRUNK431", "The request headers are too large", limit, "server-max-header-size")
}

func tooLarge(status int, code, message string, limit int, key string) *Error {
	return &Error{
		Status: status, Code: code, Message: message,
		Details: "At most " + strconv.Itoa(limit) + " bytes are allowed.",
		Hint:    "The limit is the configuration key " + key + ".",
	}
}

// TooManyRequests is the error if a role, or a value of a claim, has sent more requests than the configuration key
// allows. The client should come again after some seconds.
func TooManyRequests(key string, seconds int) *Error {
	return &Error{
		Status: 429, Code: "TRUNK429", Message: "Too many requests",
		Hint:    "The limit is the configuration key " + key + ".",
		Headers: []Header{{"Retry-After", strconv.Itoa(seconds)}},
	}
}

// Overloaded is returned if as many requests are waiting as the configuration key allows. seconds is the value of
// Retry-After.
func Overloaded(key string, seconds int) *Error {
	return &Error{
		Status: 503, Code: "TRUNK503", Message: "Too many requests are waiting",
		Hint:    "The limit is the configuration key " + key + ".",
		Headers: []Header{{"Retry-After", strconv.Itoa(seconds)}},
	}
}

// KeysUnavailable is returned if a token cannot be verified because keys that are fetched have not been fetched yet, as
// after a start while the key server is away.
func KeysUnavailable() *Error {
	return &Error{
		Status: 503, Code: "TRUNK503", Message: "The keys to verify tokens are not available yet",
		Hint:    "They are fetched from jwt-jwks-uri or jwt-issuer, which has not responded.",
		Headers: []Header{{"Retry-After", "1"}},
	}
}
