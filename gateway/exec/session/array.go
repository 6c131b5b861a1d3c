package session

import (
	"errors"
	"strings"
)

var errArray = errors.New("malformed array")

// parseArray parses the text form of a one-dimensional text[] without NULLs (PostgreSQL manual, Array Input and Output
// Syntax).
func parseArray(text []byte) ([]string, error) {
	if len(text) < 2 || text[0] != '{' || text[len(text)-1] != '}' {
		return nil, errArray
	}
	text = text[1 : len(text)-1]
	var elements []string
	for len(text) > 0 {
		element, rest, ok := arrayElement(text)
		if !ok {
			return nil, errArray
		}
		elements, text = append(elements, element), rest
	}
	return elements, nil
}

// arrayElement splits off the first element and the comma that follows it.
func arrayElement(text []byte) (element string, rest []byte, ok bool) {
	var b strings.Builder
	quoted := text[0] == '"'
	if quoted {
		text = text[1:]
	}
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case ch == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case quoted && ch == '"':
			return b.String(), afterComma(text[i+1:]), true
		case !quoted && ch == ',':
			return b.String(), text[i+1:], true
		default:
			b.WriteByte(ch)
		}
	}
	return b.String(), nil, !quoted
}

func afterComma(text []byte) []byte {
	if len(text) > 0 && text[0] == ',' {
		return text[1:]
	}
	return text
}
