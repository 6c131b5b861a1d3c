package request

import (
	"strings"
	"unicode/utf8"
)

// param is a parameter of a query string or a field of a form.
type param struct {
	key, value string
	hasValue   bool // an equals sign was there
	kind       paramKind
}

// splitParams appends the decoded parameters of a query string to dst. They are separated by ampersands and semicolons.
// It reports whether all text is valid UTF-8 without NUL.
func splitParams(dst []param, raw string) ([]param, bool) {
	for raw != "" {
		end := 0
		for end < len(raw) && raw[end] != '&' && raw[end] != ';' {
			end++
		}
		piece, rest := raw[:end], raw[min(end+1, len(raw)):]
		raw = rest
		var p param
		p.key, p.value, p.hasValue = strings.Cut(piece, "=")
		p.key, p.value = unescapeURL(p.key, true), unescapeURL(p.value, true)
		if !validText(p.key) || !validText(p.value) {
			return nil, false
		}
		dst = append(dst, p)
	}
	return dst, true
}

// unescapeURL decodes percent escapes, and plus signs as spaces if plus is set. A percent sign without two hexadecimal
// digits is kept. Text without escapes is returned unchanged.
func unescapeURL(s string, plus bool) string {
	i := 0
	for i < len(s) && s[i] != '%' && (s[i] != '+' || !plus) {
		i++
	}
	if i == len(s) {
		return s // Fast path
	}
	decoded := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+' && plus:
			decoded = append(decoded, ' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			decoded = append(decoded, hexValue(s[i+1])<<4|hexValue(s[i+2]))
			i += 2
		default:
			decoded = append(decoded, c)
		}
	}
	return string(decoded)
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// hexValue returns the value of a hexadecimal digit.
func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}

// validText reports whether s is text that PostgreSQL can store: UTF-8 without NUL.
func validText(s string) bool {
	for i := range len(s) {
		if s[i] == 0 || s[i] >= utf8.RuneSelf {
			return validUTF8(s[i:]) // Slow path
		}
	}
	return true
}

func validUTF8(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}
