package request

import (
	"slices"
	"strings"
)

// AppendCanonical appends the canonical form of a valid query string, which is used in Content-Location: parameters are
// sorted by name, those with the same name are joined with a comma, and everything except letters, digits and "-_.~" is
// percent-encoded (RFC 3986, section 2.3).
func AppendCanonical(dst []byte, rawQuery string) []byte {
	var buf [16]param
	params, _ := splitParams(buf[:0], rawQuery)
	slices.SortStableFunc(params, func(a, b param) int { return strings.Compare(a.key, b.key) })
	for i, p := range params {
		switch {
		case i > 0 && params[i-1].key == p.key:
			dst = append(dst, ',')
		default:
			if i > 0 {
				dst = append(dst, '&')
			}
			dst = append(AppendPercentEncoded(dst, p.key), '=')
		}
		dst = AppendPercentEncoded(dst, p.value)
	}
	return dst
}

// AppendPercentEncoded appends s with everything encoded except letters, digits and "-_.~" (RFC 3986, section 2.3).
func AppendPercentEncoded(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if isUnreserved(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&0xf])
		}
	}
	return dst
}

func isUnreserved(c byte) bool {
	switch {
	case c|0x20 >= 'a' && c|0x20 <= 'z', isDigit(c):
		return true
	default:
		return c == '-' || c == '_' || c == '.' || c == '~'
	}
}
