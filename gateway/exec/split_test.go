package exec

import (
	"encoding/binary"
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

func TestSplitRow(t *testing.T) {
	message := []byte{0, 3, 0, 0, 0, 1, 'a', 255, 255, 255, 255, 0, 0, 0, 0}
	row, err := splitRow(nil, message)
	if err != nil || len(row) != 3 || string(row[0]) != "a" || row[1] != nil || row[2] == nil {
		t.Errorf("%q, %v", row, err)
	}
	for n := range message {
		if row, err := splitRow(nil, message[:n]); err == nil {
			t.Errorf("%d bytes: %q", n, row)
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

func FuzzSplitRow(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 1, 'a'})
	f.Fuzz(func(t *testing.T, message []byte) {
		row, err := splitRow(nil, message)
		if err == nil && len(row) != int(binary.BigEndian.Uint16(message)) {
			t.Errorf("%d columns", len(row))
		}
	})
}

// An ErrorResponse of any bytes is read to its end.
func FuzzParseFault(f *testing.F) {
	f.Add([]byte("SERROR\x00VERROR\x00C42P01\x00Mno\x00D\x00Hhint\x00\x00"))
	f.Fuzz(func(t *testing.T, message []byte) {
		fault := parseFault(message)
		if len(fault.Message) > len(message) || fault.hasHint != strings.Contains(string(message), "H") && fault.hasHint {
			t.Errorf("%+v", fault)
		}
	})
}
