package auth

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// dottedPath is the syntax of role claims in PostgREST before v16: .key, ."quoted key", [index], and as its last step a
// filter of strings, [?(@ == "text")].
type dottedPath []dottedStep

type dottedStep struct {
	kind  dottedKind
	key   string
	index int
	// match is the function of the filter's operator, operator its text, and filter its operand.
	match    func(s, text string) bool
	operator string
	filter   string
}

type dottedKind uint8

const (
	dottedKey dottedKind = iota
	dottedIndex
	dottedFilter
)

var errDotted = errors.New("expected .key, [index] or a final [?(@ == \"text\")]")

func parseDotted(text string) (dottedPath, error) {
	var path dottedPath
	for rest := text; rest != ""; {
		step, after, err := parseDottedStep(rest)
		if err != nil {
			return nil, err
		}
		if step.kind == dottedFilter && after != "" {
			return nil, errDotted
		}
		path = append(path, step)
		rest = after
	}
	if len(path) == 0 {
		return nil, errDotted
	}
	return path, nil
}

func parseDottedStep(s string) (dottedStep, string, error) {
	switch {
	case strings.HasPrefix(s, "[?("):
		return parseDottedFilter(s[len("[?("):])
	case strings.HasPrefix(s, "["):
		digits, rest, ok := strings.Cut(s[1:], "]")
		n, err := strconv.ParseUint(digits, 10, 31)
		if !ok || err != nil {
			return dottedStep{}, "", errDotted
		}
		return dottedStep{kind: dottedIndex, index: int(n)}, rest, nil
	case strings.HasPrefix(s, `."`):
		key, rest, ok := strings.Cut(s[2:], `"`)
		if !ok {
			return dottedStep{}, "", errDotted
		}
		return dottedStep{kind: dottedKey, key: key}, rest, nil
	case strings.HasPrefix(s, "."):
		end := strings.IndexFunc(s[1:], func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_$@", r)
		})
		if end < 0 {
			end = len(s) - 1
		}
		if end == 0 {
			return dottedStep{}, "", errDotted
		}
		return dottedStep{kind: dottedKey, key: s[1 : 1+end]}, s[1+end:], nil
	default:
		return dottedStep{}, "", errDotted
	}
}

// parseDottedFilter parses what follows "[?(".
func parseDottedFilter(s string) (dottedStep, string, error) {
	s, ok := strings.CutPrefix(s, "@")
	if !ok {
		return dottedStep{}, "", errDotted
	}
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	operators := []struct {
		text  string
		match func(s, text string) bool
	}{
		{"==^", strings.HasSuffix},
		{"==", func(s, text string) bool { return s == text }},
		{"!=", func(s, text string) bool { return s != text }},
		{"^==", strings.HasPrefix},
		{"*==", strings.Contains},
	}
	for _, op := range operators {
		rest, ok := strings.CutPrefix(s, op.text)
		if !ok {
			continue
		}
		rest, ok = strings.CutPrefix(strings.TrimLeftFunc(rest, unicode.IsSpace), `"`)
		text, after, closed := strings.Cut(rest, `"`)
		after, ended := strings.CutPrefix(after, ")]")
		if !ok || !closed || !ended {
			return dottedStep{}, "", errDotted
		}
		return dottedStep{kind: dottedFilter, match: op.match, operator: op.text, filter: text}, after, nil
	}
	return dottedStep{}, "", errDotted
}

// String returns the path with its keys in quotes and its filter with single spaces: .roles[?(@=="x")] becomes
// ."roles"[?(@ == "x")].
func (p dottedPath) String() string {
	var out strings.Builder
	for i := range p {
		switch step := &p[i]; step.kind {
		case dottedKey:
			out.WriteString(`."` + step.key + `"`)
		case dottedIndex:
			out.WriteString("[" + strconv.Itoa(step.index) + "]")
		case dottedFilter:
			out.WriteString("[?(@ " + step.operator + ` "` + step.filter + `")]`)
		}
	}
	return out.String()
}

// jsonPath returns the equivalent JSON Path (RFC 9535).
func (p dottedPath) jsonPath() string {
	out := []byte("$")
	for i := range p {
		switch step := &p[i]; step.kind {
		case dottedKey:
			out = appendMember(out, step.key)
		case dottedIndex:
			out = append(strconv.AppendInt(append(out, '['), int64(step.index), 10), ']')
		case dottedFilter:
			out = append(step.appendFilter(append(out, "[?"...)), ']')
		}
	}
	return string(out)
}

// appendMember appends a selector of an object's member, quoted only if necessary.
func appendMember(dst []byte, name string) []byte {
	for i, c := range []byte(name) {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return append(appendQuoted(append(dst, '['), name), ']')
		}
	}
	return append(append(dst, '.'), name...)
}

// appendFilter appends the condition of a filter. Operators that JSON Path does not have become searches.
func (step *dottedStep) appendFilter(dst []byte) []byte {
	pattern := regexp.QuoteMeta(step.filter)
	switch step.operator {
	case "^==":
		pattern = "^" + pattern
	case "==^":
		pattern += "$"
	case "*==":
	default:
		return appendQuoted(append(append(append(dst, "@ "...), step.operator...), ' '), step.filter)
	}
	return append(appendQuoted(append(dst, "search(@, "...), pattern), ')')
}

// appendQuoted appends a string literal with the escapes of JSON.
func appendQuoted(dst []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic("BUG: a string does not marshal: " + err.Error())
	}
	return append(dst, quoted...)
}

// find follows the path and returns the node that it selects, or nil.
func (p dottedPath) find(n *node) *node {
	for i := range p {
		switch step := &p[i]; step.kind {
		case dottedKey:
			n = n.member(step.key)
		case dottedIndex:
			n = n.element(step.index)
		case dottedFilter:
			n = step.firstMatch(n)
		}
		if n == nil {
			return nil
		}
	}
	return n
}

// firstMatch returns the first string of an array that the filter matches.
func (step *dottedStep) firstMatch(n *node) *node {
	if _, ok := n.value.([]any); !ok {
		return nil
	}
	for _, element := range n.children {
		if s, ok := element.value.(string); ok && step.match(s, step.filter) {
			return element
		}
	}
	return nil
}
