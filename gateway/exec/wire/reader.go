package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

// readBuffer is the size of a reader's buffer in bytes. The answers to small requests fit into it.
const readBuffer = 16 << 10

// Reader reads the messages of a server. It reads no more from its source than the caller requests and one buffer
// holds. It is not safe for concurrent use.
type Reader struct {
	src io.Reader
	buf []byte
	// buf[r:w] has been read from src but not yet by the caller.
	r, w int
	// received is set when src returns data.
	received bool
}

// NewReader returns a reader of src.
func NewReader(src io.Reader) Reader { return Reader{src: src, buf: make([]byte, readBuffer)} }

// ResetReceived makes [Reader.Received] return false until the source returns data.
func (r *Reader) ResetReceived() { r.received = false }

// Received reports whether the source has returned data since ResetReceived.
func (r *Reader) Received() bool { return r.received }

// Message reads the header of the next message: its type, and the size in bytes of its content, which the caller must
// read or discard.
func (r *Reader) Message() (kind byte, size int, err error) {
	header, err := r.Next(5)
	if err != nil {
		return 0, 0, err
	}
	size = int(int32(binary.BigEndian.Uint32(header[1:]))) - 4
	if size < 0 {
		return 0, 0, ProtocolError("a message of type %q has a length of %d", header[0], size+4)
	}
	return header[0], size, nil
}

// Next returns the next n bytes, which are valid until the next call of any method.
func (r *Reader) Next(n int) ([]byte, error) {
	if r.w-r.r < n {
		if err := r.fill(n); err != nil {
			return nil, err
		}
	}
	b := r.buf[r.r : r.r+n]
	r.r += n
	return b, nil
}

// fill reads until the buffer holds n unread bytes.
func (r *Reader) fill(n int) error {
	if r.r == r.w && len(r.buf) > KeptBuffer {
		r.buf, r.r, r.w = make([]byte, readBuffer), 0, 0
	}
	unread := r.buf[r.r:r.w]
	if n > len(r.buf) {
		r.buf = make([]byte, n)
	}
	r.r, r.w = 0, copy(r.buf, unread)
	for r.w < n {
		m, err := r.src.Read(r.buf[r.w:])
		r.w += m
		r.received = r.received || m > 0
		if err != nil && r.w < n {
			return err
		}
	}
	return nil
}

// Int32 reads an integer, such as the size of a column, where -1 means NULL.
func (r *Reader) Int32() (int, error) {
	b, err := r.Next(4)
	if err != nil {
		return 0, err
	}
	return int(int32(binary.BigEndian.Uint32(b))), nil
}

// Int16 reads an integer, such as the number of a row's columns.
func (r *Reader) Int16() (int, error) {
	b, err := r.Next(2)
	if err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint16(b)), nil
}

// ReadFull fills p, first from the buffer and then directly from the source.
func (r *Reader) ReadFull(p []byte) error {
	n := copy(p, r.buf[r.r:r.w])
	r.r += n
	if n == len(p) {
		return nil
	}
	_, err := io.ReadFull(r.src, p[n:])
	return err
}

// Read reads at most len(p) bytes and returns as soon as any are available. Small reads go through the buffer.
func (r *Reader) Read(p []byte) (int, error) {
	if r.r == r.w {
		if len(p) >= len(r.buf) {
			return r.src.Read(p)
		}
		if err := r.fill(1); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf[r.r:r.w])
	r.r += n
	return n, nil
}

// Holds reports whether n bytes can be read without waiting for the source.
func (r *Reader) Holds(n int) bool { return r.w-r.r >= n }

// Discard skips n bytes.
func (r *Reader) Discard(n int) error {
	for n > 0 {
		if r.r == r.w {
			if err := r.fill(1); err != nil {
				return err
			}
		}
		skipped := min(n, r.w-r.r)
		r.r += skipped
		n -= skipped
	}
	return nil
}

// ProtocolError returns an error for a message that violates the protocol.
func ProtocolError(format string, args ...any) error {
	return fmt.Errorf("protocol violation by the database: "+format, args...)
}
