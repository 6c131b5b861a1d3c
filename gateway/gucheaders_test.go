package gateway

import (
	"slices"
	"testing"
)

func TestResponseHeaders(t *testing.T) {
	for setting, want := range map[string][]field{
		`[]`:             {},
		`[{"X-A": "b"}]`: {{"X-A", "b"}},
		`[{"Set-Cookie": "a=b"}, {"Set-Cookie": "c=d"}]`:                             {{"Set-Cookie", "a=b"}, {"Set-Cookie", "c=d"}},
		`[{"X": "ä\t\"\\"}]`:                                                         {{"X", "ä\t\"\\"}},
		`[{"content-length": "9"}, {"Transfer-Encoding": "x"}, {"Connection": "y"}]`: {},
	} {
		if got, err := parseResponseHeaders([]byte(setting)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", setting, got, err)
		}
	}
	if got, err := parseResponseHeaders(nil); err != nil || got != nil {
		t.Errorf("unset: %v, %v", got, err)
	}
	for _, setting := range []string{
		``, `x`, `null`, `{}`, `{"X": "y"}`, `["X"]`, `[null]`, `[{}]`, `[{"X": "y", "Z": "a"}]`, `[{"X": 1}]`, `[{"X": null}]`,
		`[{"X": ["y"]}]`, `[{"X": "y"}] x`, `[{"X": "a\r\nb"}]`, `[{"X": "a\u0000b"}]`, `[{"X Y": "a"}]`, `[{"": "a"}]`,
		`[{"X:": "a"}]`, `[{"X\r\n": "a"}]`,
	} {
		if got, err := parseResponseHeaders([]byte(setting)); err == nil || err.Code != "PGRST111" {
			t.Errorf("%s: %v, %v", setting, got, err)
		}
	}
}

func TestResponseStatus(t *testing.T) {
	for setting, want := range map[string]int{"200": 200, "204": 204, "332": 332, "418 teapot": 418, "999": 999} {
		if got, err := parseResponseStatus([]byte(setting), 0); err != nil || got != want {
			t.Errorf("%s: %d, %v", setting, got, err)
		}
	}
	if got, err := parseResponseStatus(nil, 206); err != nil || got != 206 {
		t.Errorf("unset: %d, %v", got, err)
	}
	for _, setting := range []string{"", "x", " 200", "-200", "+200", "20", "100", "1000", "99999999999999999999"} {
		if got, err := parseResponseStatus([]byte(setting), 0); err == nil || err.Code != "PGRST112" {
			t.Errorf("%s: %d, %v", setting, got, err)
		}
	}
}
