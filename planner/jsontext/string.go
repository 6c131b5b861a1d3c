// Package jsontext writes strings as JSON, and finds the parts of JSON texts that are valid. Everything else is done by a
// JSON library.
package jsontext

import (
	"encoding/binary"
	"math/bits"
)

// AppendString appends text as a JSON string (RFC 8259, section 7). It escapes only what must be escaped. The text must
// be valid UTF-8.
func AppendString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for {
		n := PlainRun(text)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return append(dst, '"')
		}
		switch c := text[n]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		text = text[n+1:]
	}
}

// StringSize returns the size of what AppendString appends for text, in bytes.
func StringSize(text []byte) int {
	size := len(text) + len(`""`)
	for {
		n := PlainRun(text)
		if n == len(text) {
			return size
		}
		switch text[n] {
		case '"', '\\', '\n', '\r', '\t':
			size++
		default:
			size += len(`u0000`)
		}
		text = text[n+1:]
	}
}

// PlainRun returns the length of the prefix of text that needs no escaping in a JSON string.
func PlainRun(text []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; n+8 <= len(text); n += 8 { // Fast path: eight bytes at a time
		w := binary.LittleEndian.Uint64(text[n:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		special := (w-ones*0x20)&^w | (quote-ones)&^quote | (slash-ones)&^slash
		if special &= highs; special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	for n < len(text) && text[n] >= 0x20 && text[n] != '"' && text[n] != '\\' {
		n++
	}
	return n
}
