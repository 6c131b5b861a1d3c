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

func TestEndedByPooler(t *testing.T) {
	for message, want := range map[string]bool{
		"SFATAL\x00C08P01\x00Mserver conn crashed?\x00\x00":                  true,
		"SFATAL\x00VFATAL\x00C08P01\x00Mserver conn crashed?\x00\x00":        true,
		"SFATAL\x00VFATAL\x00C57P01\x00Mended\x00RProcessInterrupts\x00\x00": false,
		"SERROR\x00C57014\x00Mquery timeout\x00\x00":                         false,
	} {
		if got := ParseError([]byte(message)).EndedByPooler(); got != want {
			t.Errorf("%q: %v", message, got)
		}
	}
}
