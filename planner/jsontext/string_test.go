package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAppendString(t *testing.T) {
	for _, s := range []string{"", "abc", `a"b\c`, "\x00\x01\x1f\x20\x7f", "a\nb\rc\td", "äö€😀", `"`, "longer than eight bytes\n"} {
		encoded := AppendString([]byte("x"), []byte(s))
		var decoded string
		if err := json.Unmarshal(encoded[1:], &decoded); err != nil || decoded != s {
			t.Errorf("%q became %s, %v", s, encoded, err)
		}
	}
}

func TestPlainRun(t *testing.T) {
	for _, special := range []byte{'"', '\\', 0, '\n', 0x1f} {
		for n := range 20 {
			text := append([]byte(strings.Repeat("é #[!]", 4)[:n]), special)
			text = append(text, strings.Repeat("x", 10)...)
			if got := PlainRun(text); got != n {
				t.Errorf("%q: %d, want %d", text, got, n)
			}
		}
	}
	if got := PlainRun([]byte(strings.Repeat("\x7f\u00ff #[", 7))); got != 42 {
		t.Errorf("without a special byte: %d, want 42", got)
	}
}
