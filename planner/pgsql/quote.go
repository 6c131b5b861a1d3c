package pgsql

import (
	"strings"
	"unicode/utf8"
)

// appendIdent appends name as a quoted identifier (PostgreSQL manual, Identifiers and Key Words): in double quotes,
// with double quotes inside doubled. It may contain any character except NUL, which is refused much earlier.
func appendIdent(dst []byte, name string) []byte {
	mustNotHoldNUL(name)
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(name, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, name[:i+1]...), '"')
		name = name[i+1:]
	}
	return append(append(dst, name...), '"')
}

// appendLiteral appends text as a string constant (PostgreSQL manual, String Constants) that does not depend on
// standard_conforming_strings.
func appendLiteral(dst []byte, text string) []byte {
	mustNotHoldNUL(text)
	if strings.IndexByte(text, '\\') >= 0 {
		dst = append(dst, 'E')
	}
	dst = append(dst, '\'')
	for i := range len(text) {
		if text[i] == '\'' || text[i] == '\\' {
			dst = append(dst, text[i])
		}
		dst = append(dst, text[i])
	}
	return append(dst, '\'')
}

// appendArray appends the text of an array (PostgreSQL manual, Array Input and Output Syntax) with every element
// quoted.
func appendArray(dst []byte, elements []string) []byte {
	dst = append(dst, '{')
	for i, e := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		if strings.IndexByte(e, '"') < 0 && strings.IndexByte(e, '\\') < 0 {
			dst = append(append(dst, e...), '"') // Fast path
			continue
		}
		for j := range len(e) {
			if e[j] == '"' || e[j] == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, e[j])
		}
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// arraySize returns the size of the text of an array, as far as nothing in it is escaped.
func arraySize(elements []string) int {
	size := 2 + 3*len(elements)
	for _, e := range elements {
		size += len(e)
	}
	return size
}

func mustNotHoldNUL(text string) {
	if strings.IndexByte(text, 0) >= 0 {
		panic("BUG: a name with a NUL was to be written as SQL")
	}
}

// mustBeType panics unless name consists of letters, digits, spaces, underscores and dollars, which suffice for
// unquoted names of types. The parser accepts nothing else.
func mustBeType(name string) {
	for i := range len(name) {
		if !isTypeByte(name[i]) {
			panic("BUG: a cast with other characters than those of a type was to be written as SQL")
		}
	}
}

// mustBeKey panics unless name can be written as it is.
func mustBeKey(name string) {
	if !textualName(name) {
		panic("BUG: a key that must be quoted was to be written as SQL")
	}
}

// isTypeByte reports whether b is a space or belongs to a word in PostgreSQL's lexer, for which every byte beyond ASCII
// is a letter.
func isTypeByte(b byte) bool {
	return b >= utf8.RuneSelf || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' ||
		b == '_' || b == '$' || b == ' '
}

// needsCatalog reports whether the name of a type, as written by format_type, has no schema and is not one of those
// with a special SQL syntax, which always refer to PostgreSQL's own.
func needsCatalog(name string) bool {
	end := strings.IndexAny(name, " ([.")
	if strings.HasPrefix(name, `"`) {
		end = len(name) - len(afterQuoted(name))
	}
	if end < 0 {
		end = len(name)
	}
	if strings.HasPrefix(name[end:], ".") {
		return false
	}
	switch name[:end] {
	case "bigint", "bit", "boolean", "character", "double", "integer", "interval", "numeric", "real", "smallint", "time",
		"timestamp":
		return false
	default:
		return true
	}
}

// afterQuoted returns what follows the quoted identifier at the beginning of text.
func afterQuoted(text string) string {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
		case strings.HasPrefix(text[i+1:], `"`):
			i++
		default:
			return text[i+1:]
		}
	}
	return ""
}
