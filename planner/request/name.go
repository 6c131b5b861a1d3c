package request

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a part of a scanner's text.
type span struct{ from, to int }

// fieldName parses the name of a column, relation or argument: quoted, or letters, digits, spaces, "_" and "$",
// separated by dashes. Spaces around the parts of an unquoted name are removed.
func (s *scanner) fieldName() (string, bool) {
	m := s.mark()
	name, ok := s.quoted()
	if !ok && s.pos == m.pos {
		name, ok = s.dashed(false)
	}
	return name, s.label(m, ok, "field name (* or [a..z0..9_$])")
}

// quoted reads a text in double quotes, in which a backslash escapes the next character.
func (s *scanner) quoted() (string, bool) {
	if !s.char('"') {
		return "", false
	}
	start := s.pos
	escaped := false
	for {
		s.noneOf(`\"`)
		if !s.char('\\') {
			break
		}
		escaped = true
		if !s.anyChar() {
			return "", false
		}
	}
	text := s.text[start:s.pos]
	if !s.char('"') {
		return "", false
	}
	if escaped {
		text = unescape(text)
	}
	return text, true
}

// anyChar matches one character of any kind.
func (s *scanner) anyChar() bool {
	if s.pos == len(s.text) {
		return s.run(0)
	}
	_, size := utf8.DecodeRuneInString(s.text[s.pos:])
	s.took(size)
	return true
}

// unescape removes the backslash before each escaped character.
func unescape(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// dashed parses parts separated by dashes: keys of a JSON path if jsonKey is set, otherwise identifiers. A dash before
// ">" belongs to an arrow.
func (s *scanner) dashed(jsonKey bool) (string, bool) {
	part, ok := s.part(jsonKey)
	if !ok {
		return "", false
	}
	whole := part
	var joined []byte // once spaces are dropped the name is no longer a part of the text
	for s.dash() {
		part, ok = s.part(jsonKey)
		if !ok {
			return "", false
		}
		switch {
		case joined == nil && whole.to+1 == part.from:
			whole.to = part.to
		case joined == nil:
			joined = []byte(s.text[whole.from:whole.to])
			fallthrough
		default:
			joined = append(append(joined, '-'), s.text[part.from:part.to]...)
		}
		s.again()
	}
	if joined != nil {
		return string(joined), true
	}
	return s.text[whole.from:whole.to], true
}

func (s *scanner) dash() bool {
	if s.cannot("-") {
		return false
	}
	m := s.mark()
	return s.try(m, s.char('-') && s.notBefore('>'))
}

func (s *scanner) part(jsonKey bool) (span, bool) {
	if jsonKey {
		return s.jsonKey()
	}
	return s.identifierSpan()
}

// identifier reads letters, digits, spaces, "_" and "$". Spaces around it are dropped.
func (s *scanner) identifier() (string, bool) {
	id, ok := s.identifierSpan()
	return s.text[id.from:id.to], ok
}

func (s *scanner) identifierSpan() (span, bool) {
	start := s.pos
	end := start
	for end < len(s.text) {
		n := identifierChar(s.text[end:])
		if n == 0 {
			break
		}
		end += n
	}
	ok := s.run(end-start, "letter", "digit")
	return s.trim(span{start, end}), ok
}

// identifierChar returns the size of the identifier character at the beginning of text, or 0.
func identifierChar(text string) int {
	c := text[0]
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', isDigit(c), c == '_', c == ' ', c == '$':
		return 1
	case c < utf8.RuneSelf:
		return 0
	}
	r, size := utf8.DecodeRuneInString(text)
	if !unicode.IsLetter(r) {
		return 0
	}
	return size
}

// trim drops white space at both ends of a span.
func (s *scanner) trim(p span) span {
	text := s.text[p.from:p.to]
	if text != "" && isGraphic(text[0]) && isGraphic(text[len(text)-1]) {
		return p // Fast path
	}
	trimmed := strings.TrimLeftFunc(text, isSpace)
	from := p.from + len(text) - len(trimmed)
	return span{from, from + len(strings.TrimRightFunc(trimmed, isSpace))}
}

// isGraphic reports whether c is a visible ASCII character.
func isGraphic(c byte) bool { return c > ' ' && c < 0x7f }

// field reads a column and a path into it, with blanks around.
func (s *scanner) field() (Field, bool) {
	s.blanks()
	name, ok := s.fieldName()
	if !ok {
		return Field{}, false
	}
	path, ok := s.jsonPath()
	if !ok {
		return Field{}, false
	}
	s.blanks()
	return Field{Name: name, Path: path}, true
}
