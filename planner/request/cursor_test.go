package request

import (
	"strings"
	"testing"
)

func TestCursors(t *testing.T) {
	c := Cursor{Order: "o", Values: []string{"vé,\"'<>\n", "n", "v"}}
	next := string(AppendNext(nil, "select=a%3Eb&limit=2&after=&x=%22&after=eq.1&&flag;or=(a.eq.1)", &c))
	head, value, _ := strings.Cut(next, "&after=W")
	wantEqual(t, "next", head, "select=a%3Eb&limit=2&x=%22&after=eq.1&flag&or=%28a.eq.1%29")
	q := mustQuery(t, "after=W"+value)
	wantEqual(t, "cursor", *q.After, c)
	wantEqual(t, "beginning", mustQuery(t, "after=").Keyset, true)
	wantEqual(t, "a column", len(mustQuery(t, "after=eq.1").Filters), 1)
	wantEqual(t, "an argument", mustParse(t, Input{Method: "GET", Path: "/rpc/f", RawQuery: "after=x"}).Query.Params, []Param{{"after", "x"}})
	for _, value := range []string{"x", "W10", "WyJhIl0", "WyJhIiwiIl0", "WyJhIiwieCJd", "bnVsbA", "WyJhIiwidlx1MDAwMCJd", "WyJhIiwidiJdA", "WyJhIiwidiJd=", "_w"} {
		if _, ok := parseCursor(value); ok {
			t.Errorf("%s is a cursor", value)
		}
	}
}

// FuzzCursor reads cursors, and writes again what it has read.
func FuzzCursor(f *testing.F) {
	f.Add("WyJhIiwidjEiLCJuIl0")
	f.Add("")
	f.Add("x'--")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := parseCursor(text)
		if !ok {
			return
		}
		for _, v := range c.Values {
			if value, ok := CursorValue(v); ok && !validText(value) {
				t.Errorf("%q", v)
			}
		}
		_, again, _ := strings.Cut(string(AppendNext(nil, "", c)), "after=")
		if back, ok := parseCursor(again); !ok || back.Order != c.Order || strings.Join(back.Values, "\x00") != strings.Join(c.Values, "\x00") {
			t.Errorf("%q: %v, again %v", text, c, back)
		}
	})
}
