package request

import (
	"bytes"
	"unicode/utf8"

	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
)

// jsonBlanks is white space in JSON (RFC 8259, section 2).
const jsonBlanks = " \t\n\r"

// maxJSONDepth bounds the nesting of JSON bodies.
const maxJSONDepth = 10000

// jsonShape is what a write needs to know about a JSON body.
type jsonShape struct {
	object  bool // an object rather than an array
	empty   bool // an empty array, or neither object nor array
	uniform bool // all elements are objects with the same keys
	keys    []string
	refusal *apierr.Error // there is no memory for the keys
}

// scanJSON checks that a body is JSON (RFC 8259): UTF-8 without lone surrogates, nested at most maxJSONDepth deep. It
// reads every byte about once and allocates only for the keys of the first object.
func scanJSON(body []byte, reserve Reserve) (jsonShape, bool) {
	if !utf8.Valid(body) {
		return jsonShape{}, false
	}
	var names [linearKeys][]byte
	var seen [linearKeys]int
	s := jsonScanner{data: body, keys: keySet{names: names[:0], seen: seen[:0], reserve: reserve}}
	shape := jsonShape{uniform: true}
	ok := false
	switch s.blanks(); s.peek() {
	case '{':
		shape.object = true
		ok = s.row()
	case '[':
		ok = s.rows(&shape)
	default:
		shape.empty = true
		ok = s.value()
	}
	s.blanks()
	if !ok || s.pos != len(body) {
		return jsonShape{refusal: s.keys.refusal}, false
	}
	shape.uniform = shape.uniform && !s.keys.differ
	shape.keys = s.keys.sorted()
	return shape, true
}

// ValidJSON reports whether a text is JSON as bodies must be: UTF-8 without lone surrogates, and not nested too deeply.
func ValidJSON(text []byte) bool {
	s := jsonScanner{data: text}
	ok := utf8.Valid(text) && s.value()
	s.blanks()
	return ok && s.pos == len(text)
}

// jsonScanner scans JSON text. Its methods report whether the text is valid so far. They skip blanks before, but not
// after, what they scan.
type jsonScanner struct {
	data  []byte
	pos   int
	keys  keySet
	depth int
	// objects has a bit for each open object or array: 1 for an object.
	objects [maxJSONDepth/64 + 1]uint64
}

// rows reads an array and the keys of its objects.
func (s *jsonScanner) rows(shape *jsonShape) bool {
	if !s.open(false) {
		return false
	}
	if s.blanks(); s.peek() == ']' {
		shape.empty = true
		return s.close()
	}
	for {
		ok := false
		if s.blanks(); s.peek() == '{' {
			ok = s.row()
		} else {
			shape.uniform = false
			ok = s.value()
		}
		if !ok {
			return false
		}
		switch s.blanks(); s.peek() {
		case ',':
			s.pos++
		case ']':
			return s.close()
		default:
			return false
		}
	}
}

// row reads an object and its keys.
func (s *jsonScanner) row() bool {
	s.keys.beginRow()
	if !s.open(true) {
		return false
	}
	if s.blanks(); s.peek() == '}' {
		s.keys.endRow()
		return s.close()
	}
	for {
		start := s.pos + 1
		if !s.key() {
			return false
		}
		end := bytes.LastIndexByte(s.data[start:s.pos], '"') + start
		s.keys.add(s.data[start:end])
		if s.keys.refusal != nil || !s.value() {
			return false
		}
		switch s.blanks(); s.peek() {
		case ',':
			s.pos++
			s.blanks()
		case '}':
			s.keys.endRow()
			return s.close()
		default:
			return false
		}
	}
}

// value reads one value of any kind.
func (s *jsonScanner) value() bool {
	outer := s.depth
	for {
		complete, ok := s.begin()
		if !ok {
			return false
		}
		for complete && s.depth > outer {
			if complete, ok = s.next(); !ok {
				return false
			}
		}
		if complete {
			return true
		}
	}
}

// begin scans a scalar or an empty container, which are complete, or the start of a container up to its first value.
func (s *jsonScanner) begin() (complete, ok bool) {
	s.blanks()
	switch c := s.peek(); c {
	case '"':
		return true, s.str()
	case '{', '[':
		if !s.open(c == '{') {
			return false, false
		}
		if s.blanks(); s.peek() == c+2 { // the closing bracket
			return true, s.close()
		}
		return false, c == '[' || s.key()
	case 't':
		return true, s.literal("true")
	case 'f':
		return true, s.literal("false")
	case 'n':
		return true, s.literal("null")
	default:
		return true, s.number()
	}
}

// next scans what follows a value in the innermost container: its end, which completes it, or a comma and everything
// before the next value.
func (s *jsonScanner) next() (complete, ok bool) {
	object := s.inObject()
	s.blanks()
	switch c := s.peek(); {
	case c == '}' && object, c == ']' && !object:
		return true, s.close()
	case c == ',':
		s.pos++
		s.blanks()
		return false, !object || s.key()
	default:
		return false, false
	}
}

func (s *jsonScanner) open(object bool) bool {
	if s.depth == maxJSONDepth {
		return false
	}
	bit := uint64(1) << (s.depth % 64)
	if object {
		s.objects[s.depth/64] |= bit
	} else {
		s.objects[s.depth/64] &^= bit
	}
	s.depth++
	s.pos++
	return true
}

func (s *jsonScanner) close() bool {
	s.depth--
	s.pos++
	return true
}

func (s *jsonScanner) inObject() bool {
	return s.objects[(s.depth-1)/64]>>((s.depth-1)%64)&1 == 1
}

// key reads a string and a colon.
func (s *jsonScanner) key() bool {
	if s.peek() != '"' || !s.str() {
		return false
	}
	if s.blanks(); s.peek() != ':' {
		return false
	}
	s.pos++
	return true
}

// str reads a string that begins here.
func (s *jsonScanner) str() bool {
	s.pos++
	for {
		s.pos += jsontext.PlainRun(s.data[s.pos:])
		switch s.peek() {
		case '"':
			s.pos++
			return true
		case '\\':
			if !s.escape() {
				return false
			}
		default: // a control character or the end
			return false
		}
	}
}

// escape reads a backslash and what it escapes. Surrogates must come in pairs.
func (s *jsonScanner) escape() bool {
	if s.pos+1 == len(s.data) {
		return false
	}
	if s.data[s.pos+1] != 'u' {
		ok := bytes.IndexByte([]byte(`"\/bfnrt`), s.data[s.pos+1]) >= 0
		s.pos += 2
		return ok
	}
	high, ok := unicodeEscape(s.data[s.pos:])
	if !ok {
		return false
	}
	s.pos += 6
	if high < 0xd800 || high > 0xdfff {
		return true
	}
	low, ok := unicodeEscape(s.data[s.pos:])
	s.pos += 6
	return ok && high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff
}

// unicodeEscape returns the code unit that text begins with as \uXXXX.
func unicodeEscape(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit := rune(0)
	for _, c := range text[2:6] {
		if !isHex(c) {
			return 0, false
		}
		unit = unit<<4 | rune(hexValue(c))
	}
	return unit, true
}

// number reads a number.
func (s *jsonScanner) number() bool {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return false
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return false
		}
	}
	if s.peek()|0x20 == 'e' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		return s.digits()
	}
	return true
}

func (s *jsonScanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && isDigit(s.data[s.pos]) {
		s.pos++
	}
	return s.pos > start
}

func (s *jsonScanner) literal(word string) bool {
	ok := bytes.HasPrefix(s.data[s.pos:], []byte(word))
	s.pos += len(word)
	return ok
}

func (s *jsonScanner) blanks() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek returns the next byte, 0 at the end.
func (s *jsonScanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

// isText is validText for bytes.
func isText(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }
