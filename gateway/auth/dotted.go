package auth

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
)

// dottedPath is the syntax for role claims of PostgREST before v16: .key, ."quoted key", [index], and as its last
// step a filter of strings, [?(@ == "text")].
type dottedPath []dottedStep

type dottedStep struct {
	key    string
	index  int
	kind   dottedKind
	match  func(s, text string) bool
	filter string
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

// parseDottedFilter reads what follows "[?(".
func parseDottedFilter(s string) (dottedStep, string, error) {
	s, ok := strings.CutPrefix(s, "@")
	if !ok {
		return dottedStep{}, "", errDotted
	}
	s = strings.TrimLeft(s, " \t")
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
		rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " \t"), `"`)
		text, after, closed := strings.Cut(rest, `"`)
		after, ended := strings.CutPrefix(after, ")]")
		if !ok || !closed || !ended {
			return dottedStep{}, "", errDotted
		}
		return dottedStep{kind: dottedFilter, match: op.match, filter: text}, after, nil
	}
	return dottedStep{}, "", errDotted
}

// find follows the path through decoded JSON.
func (p dottedPath) find(v any) (any, bool) {
	for _, step := range p {
		switch step.kind {
		case dottedKey:
			object, ok := v.(map[string]any)
			if !ok {
				return nil, false
			}
			if v, ok = object[step.key]; !ok {
				return nil, false
			}
		case dottedIndex:
			array, ok := v.([]any)
			if !ok || step.index >= len(array) {
				return nil, false
			}
			v = array[step.index]
		case dottedFilter:
			array, _ := v.([]any)
			return step.firstMatch(array)
		}
	}
	return v, true
}

func (step *dottedStep) firstMatch(array []any) (any, bool) {
	for _, element := range array {
		if s, ok := element.(string); ok && step.match(s, step.filter) {
			return s, true
		}
	}
	return nil, false
}
