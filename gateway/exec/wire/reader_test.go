package wire

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// message returns a server's message of a type with a body.
func message(kind byte, body []byte) []byte {
	m := append([]byte{kind}, binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))...)
	return append(m, body...)
}

// TestReaderAfterLargeMessages reads small messages after ones for which the buffer had to grow: beyond its usual size,
// and beyond that to which it is kept.
func TestReaderAfterLargeMessages(t *testing.T) {
	var sent []byte
	sizes := []int{10, readBuffer - 3, readBuffer + 1, 0, KeptBuffer, KeptBuffer + 1, 5, 4 * KeptBuffer, 4 * KeptBuffer, 1}
	for i, size := range sizes {
		sent = append(sent, message(byte('a'+i), bytes.Repeat([]byte{byte(i)}, size))...)
	}
	r := NewReader(bytes.NewReader(sent))
	for i, size := range sizes {
		kind, got, err := r.Message()
		if err != nil || kind != byte('a'+i) || got != size {
			t.Fatalf("message %d is %q of %d bytes, %v; want %q of %d", i, kind, got, err, byte('a'+i), size)
		}
		body, err := r.Next(size)
		if err != nil || !bytes.Equal(body, bytes.Repeat([]byte{byte(i)}, size)) {
			t.Fatalf("the body of message %d is wrong: %v", i, err)
		}
	}
	if len(r.buf) > 4*KeptBuffer {
		t.Errorf("the buffer has grown to %d bytes", len(r.buf))
	}
}
