package socket

import (
	"encoding/binary"
	"unicode/utf8"
)

// tokenBytes are the bytes of a token (RFC 9110, section 5.6.2).
const tokenBytes = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// tokenTable is true for those bytes.
var tokenTable = func() (table [256]bool) {
	for _, c := range []byte(tokenBytes) {
		table[c] = true
	}
	return table
}()

// IsToken reports whether b is a token, as names of headers and methods are.
func IsToken(b []byte) bool {
	for _, c := range b {
		if !tokenTable[c] {
			return false
		}
	}
	return len(b) > 0
}

// IsName reports whether b is name, which is in lower case, in any case.
func IsName(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i, c := range b {
		if Lower(c) != name[i] {
			return false
		}
	}
	return true
}

// Lower turns an ASCII letter into lower case.
func Lower(c byte) byte {
	if c-'A' < 26 {
		return c | 0x20
	}
	return c
}

// TrimBlanks returns b without spaces and tabs at its ends.
func TrimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

func isHex(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 && Lower(c)-'a' > 5 {
			return false
		}
	}
	return len(b) > 0
}

// textKind is what bytes in a request's head can be.
type textKind uint8

const (
	plainText   textKind = iota // valid UTF-8 without control characters but tab
	controlText                 // has a control character
	brokenText                  // is not valid UTF-8
)

// IsText reports whether b is valid UTF-8 without control characters but tab.
func IsText(b []byte) bool { return textOf(b) == plainText }

// textOf returns what kind of text b is.
func textOf(b []byte) textKind {
	rest := b
	for len(rest) >= 8 && graphic(binary.LittleEndian.Uint64(rest)) { // Fast path
		rest = rest[8:]
	}
	ascii := true
	for _, c := range rest {
		switch {
		case c < ' ' && c != '\t', c == 0x7f:
			return controlText
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if !ascii && !utf8.Valid(b) {
		return brokenText
	}
	return plainText
}

// graphic reports whether each of eight bytes is from 0x20 to 0x7e.
func graphic(word uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	belowSpace := (word - ones*' ') &^ word
	del := word ^ ones*0x7f
	isDel := (del - ones) &^ del
	return (word|belowSpace|isDel)&highs == 0
}
