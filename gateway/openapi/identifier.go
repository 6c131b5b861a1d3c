package openapi

import (
	"fmt"
	"strings"
)

// identifier encodes a name of the database as a part of a component's name or an operationId, which may contain
// letters, digits, "_", "-" and "." (OpenAPI 3.1, Components Object). Every other byte, and "-" and ".", which separate
// the parts of such names, is replaced by "." and its two hexadecimal digits. Different names have different
// identifiers.
func identifier(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; isWord(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, ".%02X", c)
		}
	}
	return b.String()
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
