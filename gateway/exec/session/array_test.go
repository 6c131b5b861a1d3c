package session

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseArray(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                 `[]`,
		`{a}`:                `["a"]`,
		`{a=eq.1,b=is.null}`: `["a=eq.1" "b=is.null"]`,
		`{"",a}`:             `["" "a"]`,
		`{"a,b","c\"d\\e"}`:  `["a,b" "c\"d\\e"]`,
		`{"{x}",ü}`:          `["{x}" "ü"]`,
	} {
		got, err := parseArray([]byte(text))
		if s := fmt.Sprintf("%q", got); err != nil || s != want {
			t.Errorf("%s: %s, %v; want %s", text, s, err, want)
		}
	}
	for _, text := range []string{"", "{", "}", "a", `{"a`, `{"a\"}`} {
		if got, err := parseArray([]byte(text)); err == nil {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// Whatever PostgreSQL's way of quoting gives back, the elements are what they were.
func FuzzParseArray(f *testing.F) {
	f.Add("a", `b"\,{}`)
	f.Fuzz(func(t *testing.T, a, b string) {
		quote := func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }
		got, err := parseArray([]byte("{" + quote(a) + "," + quote(b) + "}"))
		if err != nil || len(got) != 2 || got[0] != a || got[1] != b {
			t.Errorf("%q, %v; want %q and %q", got, err, a, b)
		}
		_, _ = parseArray([]byte(a)) // must not panic
	})
}
