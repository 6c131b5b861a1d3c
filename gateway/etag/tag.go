package etag

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// Tag is a strong entity tag without its quotes: the first 128 bits of a SHA-256 hash. A client cannot make two
// representations that have the same tag, and all gateways make the same one.
type Tag [16]byte

// size is the number of bytes that Append appends.
const size = len(`""`) + 22

// Of returns the tag of a representation: a body of a media type, and what else a client is told about the body in
// headers. Different arguments have different tags.
func Of(body []byte, mediaType string, told ...string) (t Tag) {
	var buf [256]byte // usually suffices
	sum := sha256.Sum256(body)
	whole := appendText(append(buf[:0], sum[:]...), mediaType)
	for _, text := range told {
		whole = appendText(whole, text)
	}
	sum = sha256.Sum256(whole)
	copy(t[:], sum[:])
	return t
}

// appendText appends text behind its length, so that it is clear where it ends.
func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// Append appends the tag as in the header ETag.
func (t Tag) Append(dst []byte) []byte {
	dst = append(dst, '"')
	dst = base64.RawURLEncoding.AppendEncode(dst, t[:])
	return append(dst, '"')
}

// String returns the tag as in the header ETag.
func (t Tag) String() string { return string(t.Append(make([]byte, 0, size))) }
