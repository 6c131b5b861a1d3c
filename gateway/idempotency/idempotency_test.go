package idempotency

import (
	"bytes"
	"testing"
)

func TestParseKey(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   string // "" if it is refused
	}{
		{[]string{"a-b"}, "a-b"},
		{[]string{`"a-b"`}, "a-b"},
		{[]string{`"a\"b\\c"`}, `a"b\c`},
		{[]string{`a"b`}, `a"b`},
		{[]string{"12345678"}, "12345678"},
		{[]string{"123456789"}, ""},
		{[]string{`"12345678"`}, "12345678"},
		{[]string{"a", "b"}, ""},
		{[]string{""}, ""},
		{[]string{`""`}, ""},
		{[]string{`"a`}, ""},
		{[]string{`"a"b`}, ""},
		{[]string{`"a\b"`}, ""},
		{[]string{`"a\`}, ""},
		{[]string{"\xff"}, ""},
		{[]string{"a\tb"}, ""},
	} {
		got, err := ParseKey(c.values, 8)
		if got != c.want || err == nil != (c.want != "") {
			t.Errorf("%q: %q, %v, want %q", c.values, got, err, c.want)
		}
	}
}

// A new token of the same user changes neither id nor fingerprint; another user has another id, and what a token allows
// is part of the fingerprint.
func TestHashes(t *testing.T) {
	first := []byte(`{"exp":1,"iat":1,"jti":"a","role":"r","sub":"u","team":1}`)
	again := []byte(`{"exp":2,"iat":2,"jti":"b","role":"r","sub":"u","team":1}`)
	moved := []byte(`{"exp":2,"iat":2,"jti":"b","role":"r","sub":"u","team":2}`)
	other := []byte(`{"exp":1,"iat":1,"jti":"a","role":"r","sub":"v","team":1}`)
	if !bytes.Equal(ID("k", first), ID("k", again)) || !bytes.Equal(Fingerprint(first, "x"), Fingerprint(again, "x")) {
		t.Error("a new token counts")
	}
	if !bytes.Equal(ID("k", first), ID("k", moved)) || bytes.Equal(Fingerprint(first, "x"), Fingerprint(moved, "x")) {
		t.Error("other claims do not count, or in the key")
	}
	if bytes.Equal(ID("k", first), ID("k", other)) || bytes.Equal(ID("k", first), ID("l", first)) || bytes.Equal(ID("k", nil), ID("k", first)) {
		t.Error("users or keys share an id")
	}
	if bytes.Equal(Fingerprint(first, "a", "b"), Fingerprint(first, "ab", "")) || bytes.Equal(Fingerprint(nil, "a"), Fingerprint(nil, "a", "")) {
		t.Error("parts run together")
	}
}

func TestAnswers(t *testing.T) {
	for _, a := range []Answer{
		{Status: 204},
		{Status: 201, Headers: []Header{{"Location", "/a?b=eq.: c"}, {"X", ""}}, Body: []byte("a\n\nb: c\n")},
		{Status: 200, Body: []byte("\n")},
	} {
		got, err := ParseAnswer(a.Append(nil))
		if err != nil || got.Status != a.Status || !bytes.Equal(got.Body, a.Body) || len(got.Headers) != len(a.Headers) {
			t.Errorf("got %v, %v, want %v", got, err, a)
		}
		for i := range a.Headers {
			if got.Headers[i] != a.Headers[i] {
				t.Errorf("got %v, want %v", got.Headers[i], a.Headers[i])
			}
		}
	}
	for _, text := range []string{"", "200", "x\n\n", "200\nno header\n\n", "200\nA: b\n"} {
		if _, err := ParseAnswer([]byte(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}
