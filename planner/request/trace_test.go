package request

import "testing"

func TestPosition(t *testing.T) {
	for text, want := range map[string][2]int{
		"":         {1, 1},
		"abc":      {1, 4},
		"äß🎬":      {1, 4},
		"a\nbc":    {2, 3},
		"\t":       {1, 9},
		"abc\td":   {1, 10},
		"\t\tx\ny": {2, 2},
	} {
		line, column := position(text)
		wantEqual(t, text, [2]int{line, column}, want)
	}
}

func TestQuoting(t *testing.T) {
	for r, want := range map[rune][2]string{
		'a':     {`"a"`, `'a'`},
		'"':     {`"\""`, `'"'`},
		'\'':    {`"'"`, `'\''`},
		'\\':    {`"\\"`, `'\\'`},
		'\n':    {`"\n"`, `'\n'`},
		0:       {`"\NUL"`, `'\NUL'`},
		0x1f:    {`"\US"`, `'\US'`},
		0x7f:    {`"\DEL"`, `'\DEL'`},
		'é':     {`"\233"`, `'\233'`},
		0x1f3ac: {`"\127916"`, `'\127916'`},
	} {
		wantEqual(t, string(r), [2]string{quoteToken(r), quoteChar(r)}, want)
	}
}

// TestDetails words errors that the grammar makes rarely or never.
func TestDetails(t *testing.T) {
	for want, e := range map[string]parseError{
		"unknown parse error":                    {},
		"unexpected end of input":                {messages: []message{{systemUnexpected, ""}}},
		"expecting a":                            {messages: []message{{expected, "a"}}},
		"unexpected 'x' expecting a, b or c":     {messages: []message{{expected, "a"}, {ruleUnexpected, "'x'"}, {expected, "b"}, {expected, "a"}, {systemUnexpected, `"y"`}, {expected, "c"}}},
		"unexpected 'x' or 'y' expecting a or b": {messages: []message{{ruleUnexpected, "'x'"}, {expected, "a"}, {ruleUnexpected, "'y'"}, {expected, "b"}}},
	} {
		wantEqual(t, want, e.details(), want)
	}
}

// TestMergedErrors pins which of two errors counts.
func TestMergedErrors(t *testing.T) {
	known := func(pos int, text string) *parseError { return &parseError{pos, []message{{expected, text}}} }
	unknown := func(pos int) *parseError { return &parseError{pos: pos} }
	for _, tc := range []struct {
		name                 string
		earlier, later, want *parseError
	}{
		{"the further one", known(3, "a"), known(2, "b"), known(3, "a")},
		{"the further one, later", known(2, "a"), known(3, "b"), known(3, "b")},
		{"both", known(2, "a"), known(2, "b"), &parseError{2, []message{{expected, "a"}, {expected, "b"}}}},
		{"the known one", known(1, "a"), unknown(5), known(1, "a")},
		{"the known one, later", unknown(5), known(1, "a"), known(1, "a")},
		{"the further unknown one", unknown(5), unknown(1), unknown(5)},
	} {
		wantEqual(t, tc.name, tc.earlier.and(tc.later), tc.want)
	}
}
