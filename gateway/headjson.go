package gateway

import (
	"strings"

	"trunkline/planner/jsontext"
)

// appendHeaders appends the request's headers as a JSON object: what request.headers shows to the database. Cookies
// are left out, and of a repeated header the last counts.
func (h *head) appendHeaders(dst []byte) []byte {
	return appendObject(dst, h.fields, "cookie")
}

// appendCookies appends the request's cookies as a JSON object: what request.cookies shows to the database
// (RFC 6265, section 4.2.1). Of cookies of one name the last counts. Double quotes around a value are not part of it.
func (h *head) appendCookies(dst []byte) []byte {
	h.cookies = h.cookies[:0]
	for rest := h.cookie.Value; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, ";")
		if name, value, ok := strings.Cut(strings.TrimLeft(pair, " "), "="); ok || name != "" {
			h.cookies = append(h.cookies, field{name, unquoted(value)})
		}
	}
	return appendObject(dst, h.cookies, "")
}

// unquoted returns a cookie's value without the double quotes around it.
func unquoted(value string) string {
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		return value[1 : len(value)-1]
	}
	return value
}

// appendObject appends fields as a JSON object, without those called skip. Of several with one name the last counts.
func appendObject(dst []byte, fields []field, skip string) []byte {
	repeats := repeatFinder(fields)
	dst = append(dst, '{')
	for i, f := range fields {
		if f.name == skip && skip != "" || repeats(i) {
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = jsontext.AppendString(append(jsontext.AppendString(dst, []byte(f.name)), ':'), []byte(f.value))
	}
	return append(dst, '}')
}

// manyFields is the number of fields from which on a map finds repeated names quicker than comparing them all.
const manyFields = 32

// repeatFinder returns a function that reports whether the name of a field comes again later.
func repeatFinder(fields []field) func(i int) bool {
	if len(fields) > manyFields { // Slow path
		last := make(map[string]int, len(fields))
		for i, f := range fields {
			last[f.name] = i
		}
		return func(i int) bool { return last[fields[i].name] != i }
	}
	return func(i int) bool {
		for _, later := range fields[i+1:] {
			if later.name == fields[i].name {
				return true
			}
		}
		return false
	}
}
