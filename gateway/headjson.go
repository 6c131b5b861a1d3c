package gateway

import (
	"strings"

	"trunkline/planner/jsontext"
)

// appendHeaders appends the request's headers as a JSON object, for request.headers. Cookies are omitted. The last of
// repeated headers counts.
func (h *head) appendHeaders(dst []byte) []byte {
	return appendObject(dst, h.fields, "cookie")
}

// appendCookies appends the request's cookies as a JSON object, for request.cookies (RFC 6265, section 4.2.1). The last
// cookie of a name counts. Double quotes around a value are removed.
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

// appendObject appends fields as a JSON object, except those named skip. The last field of a name counts.
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

// manyFields is the number of fields from which a map finds repeated names faster than pairwise comparison.
const manyFields = 32

// repeatFinder returns a function that reports whether the name of a field is repeated later.
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
