package wire

import (
	"strings"
	"testing"
)

// Any bytes in an ErrorResponse are read to the end.
func FuzzParseError(f *testing.F) {
	f.Add([]byte("SERROR\x00VERROR\x00C42P01\x00Mno\x00D\x00Hhint\x00\x00"))
	f.Fuzz(func(t *testing.T, message []byte) {
		e := ParseError(message)
		if len(e.Message) > len(message) || e.HasHint && !strings.Contains(string(message), "H") {
			t.Errorf("%+v", e)
		}
	})
}

func TestParseError(t *testing.T) {
	e := ParseError([]byte("SFEHLER\x00VFATAL\x00C57P01\x00Mended\x00D\x00\x00"))
	if e.Code != "57P01" || e.Message != "ended" || !e.HasDetail || e.Detail != "" || e.HasHint || !e.Fatal() {
		t.Errorf("%+v", e)
	}
}
