package request

import (
	"strconv"
	"unicode/utf8"
)

// position returns the line and column at the end of text, counted in characters from 1. As in Parsec, a tab moves to
// the next multiple of eight.
func position(text string) (line, column int) {
	line, column = 1, 1
	for _, r := range text {
		switch r {
		case '\n':
			line++
			column = 1
		case '\t':
			column += 8 - (column-1)%8
		default:
			column++
		}
	}
	return line, column
}

// tokenAt quotes the character at pos like a Haskell string, or returns "" at the end.
func tokenAt(text string, pos int) string {
	if pos == len(text) {
		return ""
	}
	r, _ := utf8.DecodeRuneInString(text[pos:])
	return quoteToken(r)
}

// charAt quotes the character at pos as Haskell shows it.
func charAt(text string, pos int) string {
	r, _ := utf8.DecodeRuneInString(text[pos:])
	return quoteChar(r)
}

// quoteToken shows a character as Haskell shows a string of it.
func quoteToken(r rune) string {
	if r == '"' {
		return `"\""`
	}
	return `"` + escapeRune(r) + `"`
}

// quoteChar shows a character as Haskell does.
func quoteChar(r rune) string {
	if r == '\'' {
		return `'\''`
	}
	return "'" + escapeRune(r) + "'"
}

// escapeRune escapes a character as Haskell does (Haskell 2010 report, section 2.6).
func escapeRune(r rune) string {
	controls := [...]string{
		"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "a", "b", "t", "n", "v", "f", "r", "SO", "SI",
		"DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
	}
	switch {
	case int(r) < len(controls):
		return `\` + controls[r]
	case r == '\\':
		return `\\`
	case r < 0x7f:
		return string(r)
	case r == 0x7f:
		return `\DEL`
	default:
		return `\` + strconv.Itoa(int(r))
	}
}
