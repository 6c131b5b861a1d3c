package request

import "testing"

// TestDetails words errors that the grammar makes rarely or never.
func TestDetails(t *testing.T) {
	x, y := message{ruleUnexpected, "'x'"}, message{ruleUnexpected, "'y'"}
	a, b, c := message{expected, "a"}, message{expected, "b"}, message{expected, "c"}
	for want, messages := range map[string][]message{
		"unknown parse error":                    nil,
		"unexpected end of input":                {{systemUnexpected, ""}},
		`unexpected "x"`:                         {{systemUnexpected, `"x"`}, {systemUnexpected, `"y"`}},
		"expecting a":                            {a},
		"unexpected 'x' expecting a, b or c":     {a, x, b, a, {systemUnexpected, `"y"`}, c},
		"unexpected 'x' or 'y' expecting a or b": {x, a, y, b, x},
	} {
		wantEqual(t, want, parseError{messages: &messages}.details(), want)
	}
}

// TestMergedErrors pins which of two errors counts.
func TestMergedErrors(t *testing.T) {
	known := func(pos int, texts ...string) parseError {
		messages := make([]message, len(texts))
		for i, text := range texts {
			messages[i] = message{expected, text}
		}
		return parseError{pos, true, &messages}
	}
	unknown := func(pos int) parseError { return parseError{pos: pos} }
	for _, tc := range []struct {
		name                 string
		earlier, later, want parseError
	}{
		{"the further one", known(3, "a"), known(2, "b"), known(3, "a")},
		{"the further one, later", known(2, "a"), known(3, "b"), known(3, "b")},
		{"both", known(2, "a"), known(2, "b"), known(2, "a", "b")},
		{"the known one", known(1, "a"), unknown(5), known(1, "a")},
		{"the known one, later", unknown(5), known(1, "a"), known(1, "a")},
		{"the further unknown one", unknown(5), unknown(1), unknown(5)},
		{"the later unknown one", unknown(1), unknown(5), unknown(5)},
	} {
		wantEqual(t, tc.name, tc.earlier.and(tc.later), tc.want)
	}
}
