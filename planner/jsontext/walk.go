package jsontext

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// Elements returns the elements of an array, without blanks around them. The text must be valid JSON; if it is not an
// array, there are none.
func Elements(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for at := open(text, '['); at >= 0; {
			from := skipBlanks(text, at)
			if text[from] == ']' { // of an empty array
				return
			}
			to := skipValue(text, from)
			if at = next(text, to); !yield(text[from:to:to]) {
				return
			}
		}
	}
}

// Members returns the members of an object, each with its name as it is written, in quotes, and its value without blanks
// around it. The text must be valid JSON; if it is not an object, there are none.
func Members(text []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for at := open(text, '{'); at >= 0; {
			name := skipBlanks(text, at)
			if text[name] == '}' { // of an empty object
				return
			}
			end := skipString(text, name)
			from := skipBlanks(text, skipBlanks(text, end)+1) // behind the colon
			to := skipValue(text, from)
			if at = next(text, to); !yield(text[name:end:end], text[from:to:to]) {
				return
			}
		}
	}
}

// Text returns the text of a string, which must be valid JSON, in quotes.
func Text(quoted []byte) (text string) {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) { // Fast path
		return string(inner)
	}
	_ = json.Unmarshal(quoted, &text) // it is valid
	return text
}

// open returns the index behind the bracket with which a text begins, or -1 if it begins with another character.
func open(text []byte, bracket byte) int {
	if at := skipBlanks(text, 0); at < len(text) && text[at] == bracket {
		return at + 1
	}
	return -1
}

// next returns the index behind the comma that follows an element, or -1 behind the last one.
func next(text []byte, at int) int {
	if at = skipBlanks(text, at); text[at] == ',' {
		return at + 1
	}
	return -1
}

func skipBlanks(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t') {
		at++
	}
	return at
}

// skipValue returns the end of the value at an index.
func skipValue(text []byte, at int) int {
	switch text[at] {
	case '"':
		return skipString(text, at)
	case '{', '[':
		return skipContainer(text, at)
	}
	for at < len(text) {
		switch text[at] {
		case ',', ']', '}', ' ', '\n', '\r', '\t':
			return at
		}
		at++
	}
	return at
}

// skipString returns the end of the string at an index.
func skipString(text []byte, at int) int {
	for at++; ; at += 2 { // an escape and what it escapes
		at += PlainRun(text[at:])
		if text[at] == '"' {
			return at + 1
		}
	}
}

// skipContainer returns the end of the object or array at an index.
func skipContainer(text []byte, at int) int {
	for depth := 0; ; at++ {
		switch text[at] {
		case '"':
			at = skipString(text, at) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
	}
}
