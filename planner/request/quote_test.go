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
