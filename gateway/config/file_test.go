package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// writeFile writes a file below a fresh folder, or the folder of a path that exists, and returns its path.
func writeFile(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// evaluate returns what a file means.
func evaluate(t testing.TB, text string) (map[string]any, error) {
	t.Helper()
	f := fileProvider{
		path:      writeFile(t, t.TempDir(), "test.conf", text),
		lookupEnv: lookupIn([]string{"HOME=/home/joe", "EMPTY=", "EQUALS=a=b"}),
	}
	return f.Read()
}

func TestFile(t *testing.T) {
	tests := []struct {
		name, text string
		want       map[string]any
	}{
		{"nothing", "", map[string]any{}},
		{"comments only", "# one\n\n   # two", map[string]any{}},
		{"text", `key = "a value"`, map[string]any{"key": "a value"}},
		{"escapes", `key = "\"\\\n\t\r\u00e9\uD83D\uDE00"`, map[string]any{"key": "\"\\\n\t\ré😀"}},
		{"text of two lines", "key = \"one\ntwo\"", map[string]any{"key": "one\ntwo"}},
		{"not ASCII", `schlüssel = "Wert é"`, map[string]any{"schlüssel": "Wert é"}},
		{"a comment sign in text", `key = "a # b" # c`, map[string]any{"key": "a # b"}},
		{
			"booleans", "a = true\nb = false\nc = on\nd = off",
			map[string]any{"a": true, "b": false, "c": true, "d": false},
		},
		{"numbers", "a = 1\nb = 1.50\nc = 2e+3\nd = 12E-1", map[string]any{
			"a": number("1"), "b": number("1.50"), "c": number("2e+3"), "d": number("12E-1"),
		}},
		{"lists", "a = []\nb = [ 1, \"x\" , [true]\n , 2 ] # end", map[string]any{
			"a": []any{}, "b": []any{number("1"), "x", []any{true}, number("2")},
		}},
		{"value on the next line", "key =\n  # why not\n  1\nnext=2", map[string]any{"key": number("1"), "next": number("2")}},
		{"Windows line ends", "a = 1\r\nb = 2\r\n", map[string]any{"a": number("1"), "b": number("2")}},
		{"the last one wins", "a = 1\na = 2", map[string]any{"a": number("2")}},
		{"dotted keys", "app.settings.x = 1", map[string]any{"app.settings.x": number("1")}},
		{"groups", "app {\n settings { x = 1\n y = 2 }\n}\nz = 3", map[string]any{
			"app.settings.x": number("1"), "app.settings.y": number("2"), "z": number("3"),
		}},
		{"a key that starts like import", "important = 1\nimport = 2", map[string]any{
			"important": number("1"), "import": number("2"),
		}},
		{"a directive commented out", "#; a {\n x = 1\n}\nb = 2", map[string]any{"b": number("2")}},
		{"#; behind a value is a comment", "a = 1 #; b\nc = 2", map[string]any{"a": number("1"), "c": number("2")}},
		{"interpolation", "a = 12\nb = \"x$(a)y$(HOME)$(EMPTY)$(EQUALS)\"", map[string]any{
			"a": number("12"), "b": "x12y/home/joea=b",
		}},
		{"dollars", `a = "$$.role $$$$"`, map[string]any{"a": "$.role $$"}},
		{"interpolation of enclosing groups", "x = \"0\"\ng {\n x = \"1\"\n h { y = \"$(x)\" }\n}", map[string]any{
			"x": "0", "g.x": "1", "g.h.y": "1",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := evaluate(t, test.text)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
		})
	}
}

func TestFileMistakes(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"YAML", "yaml:\n  is: no", "test.conf:1:5: expected = or { after yaml"},
		{"no value", "a =", "1:4: expected a value"},
		{"bare text", "a = text", "1:5: expected a value"},
		{"negative number", "a = -1", "1:5: expected a value"},
		{"two on one line", "a = 1 b = 2", "1:7: expected the end of the line"},
		{"glued word", "a = truely", "1:9: expected the end of the line"},
		{"no digits after the point", "a = 1.", "1:7: expected digits after the decimal point"},
		{"no digits in the exponent", "a = 1e", "1:7: expected digits in the exponent"},
		{"no closing quote", "x = 1\né = \"b", "2:6: the text has no closing quote"},
		{"single quotes", "a = 'b'", "1:5: expected a value"},
		{"unknown escape", `a = "\x"`, `1:6: expected one of \n`},
		{"bad digits", `a = "\u00g0"`, "four hexadecimal digits"},
		{"short digits", `a = "\u0`, `expected one of`},
		{"half a surrogate pair", `a = "\uD83D"`, `expected one of`},
		{"wrong surrogates", `a = "\uD83D\u0041"`, "invalid surrogates"},
		{"open group", "a {\n b = 1\n", "expected } at the end of the group"},
		{"closing brace alone", "}", "1:1: expected a key"},
		{"open list", "a = [1", "expected , or ] in the list"},
		{"comma at the end of a list", "a = [1,]", "expected a value"},
		{"key with a digit first", "1a = 2", "1:1: expected a key"},
		{"key that ends in a dot", "a. = 2", "1:3: expected a key"},
		{"not UTF-8", "a = \"\xff\"", "1:6: the file is not UTF-8"},
		{"single dollar", "a = 1\nb = \"$x\"", "test.conf:2: b: expected $(NAME)"},
		{"dollar at the end", `a = "x$"`, "expected $(NAME)"},
		{"open interpolation", `a = "$(x"`, "expected $(NAME)"},
		{"empty interpolation", `a = "$()"`, "expected $(NAME)"},
		{"unknown variable", `a = "$(NOT_THERE)"`, "a: undefined variable NOT_THERE"},
		{"interpolated boolean", "a = true\nb = \"$(a)\"", "variable a is neither text nor a number"},
		{"import of nothing", `import "none.conf"`, "reading the configuration file"},
		{"import of itself", `import "test.conf"`, "imports itself"},
		{"endless groups", strings.Repeat("a {", 1000), "too many nested"},
		{"endless lists", "a = " + strings.Repeat("[", 1000), "too many nested"},
		{"endless comments", strings.Repeat("#;", 100000), "too many nested"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := evaluate(t, test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v and the error %v, want %q in it", got, err, test.want)
			}
		})
	}
}

func TestFileImport(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "parts/one.conf", "a = 1\nimport \"deeper/two.conf\"")
	writeFile(t, dir, "parts/deeper/two.conf", "b = \"$(a)\"")
	absolute := writeFile(t, t.TempDir(), "three.conf", "c = 3")
	f := fileProvider{path: writeFile(t, dir, "test.conf",
		"import \"parts/one.conf\"\ng {\n import \""+absolute+"\"\n}\nimport \"parts/one.conf\"")}
	got, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	if want := (map[string]any{"a": number("1"), "b": "1", "g.c": number("3")}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
	if want := filepath.Join(dir, "parts/deeper/two.conf") + ":1"; f.places["b"] != want {
		t.Errorf("b was set at %s, want %s", f.places["b"], want)
	}
}

func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{
		"a = 1", "a.b {\n c = \"$(x)\\u0041\" # d\n}", "#; a = [1, [true]]\nimport \"x\"", "a = \"\xff", "}{", "a=1e5",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		directives, err := parseFile("fuzz", text)
		if err != nil && len(directives) > 0 {
			t.Errorf("%q: both directives and the error %v", text, err)
		}
	})
}
