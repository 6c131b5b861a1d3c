package apierr

import "strings"

// The functions below add advice for a mistake that is often made to an error. Advice is sent as the hint where
// PostgREST has none. It depends only on the request and on what the answer says anyway, never on what the caller may
// not know.

// Advise sets the advice and returns the error.
func (e *Error) Advise(advice string) *Error {
	e.Advice = advice
	return e
}

// AdviseFilter adds what to write instead of a parameter that is no filter. call is set for a call of a function whose
// arguments are in the body.
func (e *Error) AdviseFilter(key, value string, call bool) *Error {
	column := key[strings.LastIndexByte(key, '.')+1:]
	switch {
	case e.Code != "PGRST100": // a limit was exceeded
		return e
	case call:
		return e.Advise("When a function is called with POST, its arguments belong in the body. Parameters in the URL filter its result.")
	case hasOperator(value):
		return e // it is not known what is meant
	case isPaging(column):
		return e.Advise("Use limit and offset for paging, such as limit=25&offset=25. Other parameters are filters on a " +
			"column and need an operator: " + shownText(key) + "=eq." + shownText(value))
	default:
		return e.Advise("A filter needs an operator before its value: " + shownText(key) + "=eq." + shownText(value))
	}
}

// isPaging reports whether a parameter's name is one by which other APIs ask for pages.
func isPaging(name string) bool {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "")) {
	case "page", "perpage", "pagesize", "pagenumber", "pageno", "skip":
		return true
	}
	return false
}

// hasOperator reports whether a value begins with what may be meant to be an operator: letters, perhaps with something
// in parentheses, and a dot.
func hasOperator(value string) bool {
	word := strings.TrimLeft(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
	if len(word) == len(value) {
		return false
	}
	if inner, found := strings.CutPrefix(word, "("); found {
		_, word, _ = strings.Cut(inner, ")")
	}
	return strings.HasPrefix(word, ".")
}

// maxAdvised is how many bytes of a text of the client advice repeats.
const maxAdvised = 64

// shownText returns a text of the client, shortened.
func shownText(s string) string {
	if len(s) <= maxAdvised {
		return s
	}
	return strings.ToValidUTF8(s[:maxAdvised], "") + "…"
}

// AdviseMedia adds how to send a body of a media type that is not accepted: bytes or something else.
func (e *Error) AdviseMedia(bytes bool) *Error {
	if bytes {
		return e.Advise(`Bytes are sent in JSON, as text in hexadecimal behind \x, such as {"column":"\\x68656c6c6f"}, or as they are to a ` +
			"function with one unnamed parameter of type bytea.")
	}
	return e.Advise("The body must be JSON, CSV or a form. If it is JSON, send Content-Type: application/json.")
}

// AdviseJSONForm adds that a body that was sent as a form is JSON, if the name of its first field is.
func (e *Error) AdviseJSONForm(name string) *Error {
	if !strings.HasPrefix(name, "{") && !strings.HasPrefix(name, "[") {
		return e
	}
	return e.Advise("The body looks like JSON, but was sent as a form. Send Content-Type: application/json.")
}

// AdvisePost adds that a function must be called by POST.
func (e *Error) AdvisePost() {
	e.Advice = "GET and HEAD call functions in a read-only transaction. Call this function with POST."
}

// AdviseQuotes adds that values of filters are not quoted.
func (e *Error) AdviseQuotes() {
	e.Advice = "Do not put the values of filters in single quotes: column=eq.value"
}

// AdviseSchemas adds how another schema is selected.
func (e *Error) AdviseSchemas(schema string, exposed []string, write bool) {
	header := "Accept-Profile"
	if write {
		header = "Content-Profile"
	}
	e.Advice = "This is the schema '" + schema + "', since the request selects none. The header " + header +
		" selects another one: " + strings.Join(exposed, ", ")
}

// AdviseRepresentation adds that the answer to a write needs a privilege that the role lacks.
func (e *Error) AdviseRepresentation() {
	e.Advice = "The role may write, but may not read what return=representation returns. Send Prefer: return=minimal, or grant SELECT."
}

// AdvisePolicies adds that policies may be the reason why nothing is found.
func (e *Error) AdvisePolicies() {
	e.Advice = "Row-level security is enabled. Rows that no policy allows the role to see count as missing."
}

// adviseDatabase adds advice to an error of the database that says by itself what was done wrong.
func (e *Error) adviseDatabase(authenticated bool) *Error {
	switch {
	case e.Code == "42501" && strings.HasPrefix(e.Message, "permission denied to set role"),
		e.Code == "22023" && unknownRole(e.Message):
		if authenticated {
			return e.Advise("The role in the token must exist, and must be granted to the role that the gateway logs in as.")
		}
	case e.Code == "22P02" && strings.HasSuffix(e.Message, "for type bytea"):
		return e.Advise(`A bytea is written in hexadecimal behind \x, such as "\\x68656c6c6f" in JSON.`)
	}
	return e
}

// ReadOnly reports whether the error is that a read-only transaction should write.
func (e *Error) ReadOnly() bool {
	return e.Code == "25006" && strings.HasSuffix(e.Message, "in a read-only transaction")
}

// Quoted returns the value that PostgreSQL could not read, if it is in single quotes.
func (e *Error) Quoted() (value string, ok bool) {
	if e.Code != "22P02" {
		return "", false
	}
	_, value, ok = strings.Cut(e.Message, `: "`)
	value, ended := strings.CutSuffix(value, `"`)
	ok = ok && ended && len(value) >= len("''") && strings.HasPrefix(value, "'") && strings.HasSuffix(value, "'")
	return value, ok
}

// NoRow reports whether a single object was requested and there is no row.
func (e *Error) NoRow() bool { return e.Code == "PGRST116" && e.Details == noRow }

// Denies reports whether the error is that the role lacks a privilege on a relation.
func (e *Error) Denies(relation string) bool {
	if e.Code != "42501" {
		return false
	}
	for _, kind := range [...]string{"table", "view", "foreign table", "materialized view"} {
		if e.Message == "permission denied for "+kind+" "+relation {
			return true
		}
	}
	return false
}
