package pgsql

import (
	"strings"
	"testing"
	"unicode/utf8"

	"trunkline/deploy/localpg/pgtest"
)

// nastyTexts are texts that break out of careless quoting.
func nastyTexts() []string {
	return []string{
		`a`, `A b`, `"`, `""`, `"""`, `a"b`, `"; drop table x; --`, `'`, `''`, `\`, `\'`, `\"`, `a\`, `$1`, `$$`, `$a$`, `/*`,
		`*/`, `--`, "\n", "\r\n", "\t", `é`, `日本`, `U&"\0041"`, `E'\x41'`, `select`, `;`, `:`, `?`, `%`, `{}`, `{"a",NULL}`, `null`,
		strings.Repeat(`"`, 40), strings.Repeat("ü", 31),
	}
}

// FuzzIdent reads every quoted name back as PostgreSQL's lexer does: one token, and nothing after it.
func FuzzIdent(f *testing.F) {
	for _, text := range nastyTexts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if strings.IndexByte(name, 0) >= 0 {
			mustPanic(t, func() { appendIdent(nil, name) })
			return
		}
		quoted := string(appendIdent([]byte("x"), name))
		got, rest := lexIdent(t, quoted[1:])
		if got != name || rest != "" {
			t.Errorf("%q is written as %q, which is read as %q and %q", name, quoted[1:], got, rest)
		}
	})
}

// lexIdent reads a quoted identifier as scan.l does (states xd and xqs): up to a quote that is not doubled.
func lexIdent(t *testing.T, text string) (name, rest string) {
	t.Helper()
	if text == "" || text[0] != '"' {
		t.Fatalf("%q does not begin with a quote", text)
	}
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
			name += text[i : i+1]
		case i+1 < len(text) && text[i+1] == '"':
			name += `"`
			i++
		default:
			return name, text[i+1:]
		}
	}
	t.Fatalf("%q does not end", text)
	return "", ""
}

// FuzzLiteral reads every string constant back as PostgreSQL's lexer does, with either setting of
// standard_conforming_strings.
func FuzzLiteral(f *testing.F) {
	for _, text := range nastyTexts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.IndexByte(text, 0) >= 0 {
			mustPanic(t, func() { appendLiteral(nil, text) })
			return
		}
		quoted := string(appendLiteral(nil, text))
		for _, conforming := range []bool{true, false} {
			got, rest := lexLiteral(t, quoted, conforming)
			if got != text || rest != "" {
				t.Errorf("%q is written as %q, which is read as %q and %q", text, quoted, got, rest)
			}
		}
	})
}

// lexLiteral reads a string constant as scan.l does (states xq, xe and xqs). Of the escapes only \\ is known, because
// no other may occur.
func lexLiteral(t *testing.T, text string, conforming bool) (value, rest string) {
	t.Helper()
	body, escapes := strings.CutPrefix(text, "E")
	escapes = escapes || !conforming
	if body == "" || body[0] != '\'' {
		t.Fatalf("%q does not begin with a quote", text)
	}
	for i := 1; i < len(body); i++ {
		switch {
		case body[i] == '\\' && escapes:
			if i++; i == len(body) || body[i] != '\\' {
				t.Fatalf("%q has an escape", text)
			}
			value += `\`
		case body[i] != '\'':
			value += body[i : i+1]
		case i+1 < len(body) && body[i+1] == '\'':
			value += `'`
			i++
		default:
			return value, body[i+1:]
		}
	}
	t.Fatalf("%q does not end", text)
	return "", ""
}

// TestQuotingInPostgreSQL sends names, constants and arrays to PostgreSQL, and compares what is returned.
func TestQuotingInPostgreSQL(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	for _, conforming := range []string{"on", "off"} {
		settings := "set standard_conforming_strings = " + conforming + "; set escape_string_warning = off"
		if _, err := conn.Exec(t.Context(), settings); err != nil {
			t.Fatal(err)
		}
		for _, text := range nastyTexts() {
			w := newWriter()
			w.text("SELECT ")
			w.literal(text)
			w.as(text)
			w.text(", (")
			w.array([]string{"x", text})
			w.text("::text[])[2]")
			r := run(t, conn, w.statement())
			if r.Err != nil {
				t.Fatalf("%q: %v", text, r.Err)
			}
			if name := r.FieldDescriptions[0].Name; name != text {
				t.Errorf("the name %q comes back as %q", text, name)
			}
			if literal, element := string(r.Rows[0][0]), string(r.Rows[0][1]); literal != text || element != text {
				t.Errorf("%q comes back as the constant %q and the element %q", text, literal, element)
			}
		}
	}
}

func TestCastType(t *testing.T) {
	for _, name := range []string{"text", "double precision", "_int4", "numeric$1", "État", " ", strings.Repeat("a", 100)} {
		w := newWriter()
		w.castType(name)
		if s := w.statement(); s.SQL != name {
			t.Errorf("the type %q becomes %q", name, s.SQL)
		}
	}
	for _, b := range []byte("\"'();,.[]{}\\/*-+:<>=~!@#%^&|`?\x00\n\t\r\v\f\x7f") {
		mustPanic(t, func() { newWriter().castType("int" + string(rune(b))) })
	}
}

// TestCastCharacters separates the characters that end a word in SQL from those that a type's name may have.
func TestCastCharacters(t *testing.T) {
	for b := range 256 {
		word := b >= utf8.RuneSelf || strings.IndexByte(
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$ ", byte(b)) >= 0
		if isTypeByte(byte(b)) != word {
			t.Errorf("isTypeByte(%q) = %t", byte(b), word)
		}
	}
}

func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "BUG: ") {
			t.Errorf("got %q, want a panic that says BUG", text)
		}
	}()
	f()
}

// TestNeedsCatalog has names as format_type writes them under an empty search path.
func TestNeedsCatalog(t *testing.T) {
	for name, want := range map[string]bool{
		"text": true, "text[]": true, "jsonb": true, `"char"`: true, `"char"[]`: true, "bpchar": true, "varbit(3)": true,
		"integer": false, "integer[]": false, "bit(3)": false, "bit varying(3)": false, "double precision": false,
		"character varying(20)": false, "numeric(3,1)": false, "timestamp with time zone": false, "timestamp(3) without time zone[]": false,
		"api.color": false, "api.text[]": false, `api."a.b"`: false, `"Odd ""schema"""."text"`: false, `"a.b".text`: false, `"x""y"`: true,
	} {
		if got := needsCatalog(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
