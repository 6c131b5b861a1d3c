package apierr

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-json"
)

// raised are the members of a JSON object in RAISE SQLSTATE 'PGRST'. Their names are case-sensitive, which those of the
// fields of a struct would not be, and the last of repeated members counts.
type raised map[string]json.RawMessage

// parseRaised parses an object. It returns nil if the text is not one.
func parseRaised(text string) (r raised) {
	if json.Unmarshal([]byte(text), &r) != nil {
		return nil
	}
	return r
}

// has reports whether there is a member that is not null.
func (r raised) has(name string) bool { return len(r[name]) > 0 && string(r[name]) != "null" }

// text sets dst to a member, which must be a string. A member that is missing or null is an error only if it is
// required.
func (r raised) text(dst *string, name string, required bool) bool {
	if !r.has(name) {
		return !required
	}
	return r[name][0] == '"' && json.Unmarshal(r[name], dst) == nil
}

// status returns the member status, which must be a whole number in any notation of JSON.
func (r raised) status() (int, bool) {
	if n, err := strconv.Atoi(string(r["status"])); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(string(r["status"]), 64)
	return int(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= math.MaxInt32
}

// headers returns the member headers, an object of strings, sorted by name.
func (r raised) headers() ([]Header, bool) {
	values := parseRaised(string(r["headers"]))
	if values == nil {
		return nil, false
	}
	var headers []Header
	for name := range values {
		h := Header{Name: name}
		if !values.text(&h.Value, name, true) {
			return nil, false
		}
		headers = append(headers, h)
	}
	slices.SortFunc(headers, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return headers, true
}

// fromRaise converts an answer that a function composed itself.
func fromRaise(pg *Postgres) *Error {
	e := &Error{}
	if !e.raisedMessage(parseRaised(pg.Message)) {
		return invalidRaise("Invalid JSON value for MESSAGE: '"+pg.Message+"'",
			"MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.")
	}
	const detailHint = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: " +
		"'status_text'."
	if !pg.HasDetail {
		return invalidRaise("DETAIL is missing in the RAISE statement", detailHint)
	}
	if !e.raisedDetail(parseRaised(pg.Detail)) {
		return invalidRaise("Invalid JSON value for DETAIL: '"+pg.Detail+"'", detailHint)
	}
	return e
}

// raisedMessage takes over the object in the message. It reports whether that is valid.
func (e *Error) raisedMessage(m raised) bool {
	var details, hint string
	if !m.text(&e.Code, "code", true) || !m.text(&e.Message, "message", true) ||
		!m.text(&details, "details", false) || !m.text(&hint, "hint", false) {
		return false
	}
	if m.has("details") {
		e.Details = details
	}
	if m.has("hint") {
		e.Hint = hint
	}
	return true
}

// raisedDetail takes over the object in the detail. It reports whether that is valid.
func (e *Error) raisedDetail(d raised) (ok bool) {
	if e.Status, ok = d.status(); !ok {
		return false
	}
	if e.Headers, ok = d.headers(); !ok {
		return false
	}
	return d.text(&e.StatusText, "status_text", false)
}

// InvalidRaiseHeader is PGRST121 for a header that would corrupt the response.
func InvalidRaiseHeader(name string) *Error {
	return invalidRaise("Invalid header in DETAIL: '"+name+"'",
		"The name of a header must be a token, and its value text without control characters.")
}

// invalidRaise is PGRST121: a RAISE SQLSTATE 'PGRST' with invalid content.
func invalidRaise(details, hint string) *Error {
	return &Error{
		Status: 500, Code: "PGRST121", Message: `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`,
		Details: details, Hint: hint,
	}
}
