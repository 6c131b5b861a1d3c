package request

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSONValidity(t *testing.T) {
	for _, valid := range []string{
		"0", "-0", "10", "-1.5", "1e5", "1E+05", "0.1e-9", "true", "false", "null", `""`, `"\"\\\/\b\f\n\r\t\u00e9"`,
		`"é🎬` + "\x7f" + `"`, `"\ud83c\udfac"`, "[]", "[[],[[]]]", `[1,"x",{"a":[]}]`, `{"a":{"b":{"c":[{}]}}}`, " \t\r\n1 \n",
		`{"" : 1 , "a":2}`, `{"a":"` + strings.Repeat("x", 100) + `\n"}`,
	} {
		if _, ok := scanJSON([]byte(valid), nil); !ok || !json.Valid([]byte(valid)) {
			t.Errorf("%s is not valid", valid)
		}
	}
	for _, invalid := range []string{
		"", " ", "01", "1.", ".5", "+1", "-", "1e", "1e+", "0x1", "--1", "nul", "nulll", "True", "'x'", `"`, `"x`, `"\x"`, `"\u12g4"`,
		`"\u12`, `"\`, "\"\n\"", "\"\x00\"", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}", `{"a"`, `{"a":`, `{"a":1`,
		`{"a":1,`, `{"a":1,}`, `{,}`, `{a:1}`, `{1:1}`, `{"a" 1}`, `{"a":1 "b":2}`, `[}`, `{]`, `[{"a":[}]`, `{"a":[1}`, "1 2", "[] []",
		"\ufeff{}", "\f1", "// x", `[1]x`, `{"a":{"b"}}`, `{"a":{"b":1]}`, "NaN", "Infinity",
	} {
		if _, ok := scanJSON([]byte(invalid), nil); ok || json.Valid([]byte(invalid)) {
			t.Errorf("%q is valid", invalid)
		}
	}
}

// TestLoneSurrogates shows that they are refused: PostgreSQL could not store them, and encoding/json changes them.
func TestLoneSurrogates(t *testing.T) {
	for _, text := range []string{
		`"\ud83c"`, `"\udfac"`, `"\ud83c\u0041"`, `"\ud83cx"`, `"\udfac\ud83c"`, `"\ud83c\ud83c"`, `"\ud83c\`, `{"\udfac":1}`,
	} {
		if _, ok := scanJSON([]byte(text), nil); ok {
			t.Errorf("%s is valid", text)
		}
	}
	if _, ok := scanJSON([]byte("\"\xff\""), nil); ok {
		t.Error("broken UTF-8 is valid")
	}
}

func TestJSONDepth(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat(`[{"a":`, n/2) + "1" + strings.Repeat("}]", n/2)) }
	if _, ok := scanJSON(nested(maxJSONDepth), nil); !ok {
		t.Errorf("depth %d is not valid", maxJSONDepth)
	}
	if _, ok := scanJSON(nested(maxJSONDepth+2), nil); ok {
		t.Errorf("depth %d is valid", maxJSONDepth+2)
	}
}
