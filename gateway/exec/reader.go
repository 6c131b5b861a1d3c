package exec

import (
	"encoding/binary"
	"fmt"
	"io"
)

// readBuffer is the size of a connection's read buffer: the answers to small requests fit into it.
const readBuffer = 16 << 10

// reader reads backend messages. Nothing is read beyond what the caller asks for and one buffer holds.
type reader struct {
	src io.Reader
	buf []byte
	// buf[r:w] is what was read from src and not yet from here.
	r, w int
	// received tells that src yielded something since it was last set to false.
	received bool
}

func newReader(src io.Reader) reader { return reader{src: src, buf: make([]byte, readBuffer)} }

// message reads the header of the next message: its type, and the size of what follows.
func (r *reader) message() (kind byte, size int, err error) {
	header, err := r.next(5)
	if err != nil {
		return 0, 0, err
	}
	size = int(int32(binary.BigEndian.Uint32(header[1:]))) - 4 //nolint:gosec // a negative size is refused
	if size < 0 {
		return 0, 0, protocolError("a message of type %q has a length of %d", header[0], size+4)
	}
	return header[0], size, nil
}

// next returns the next n bytes. They are valid until the next call.
func (r *reader) next(n int) ([]byte, error) {
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
func (r *reader) fill(n int) error {
	if r.r == r.w && len(r.buf) > keptBuffer {
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

// int32 reads a number, such as the size of a column.
func (r *reader) int32() (int, error) {
	b, err := r.next(4)
	if err != nil {
		return 0, err
	}
	return int(int32(binary.BigEndian.Uint32(b))), nil //nolint:gosec // NULL is -1
}

// int16 reads a number, such as that of columns.
func (r *reader) int16() (int, error) {
	b, err := r.next(2)
	if err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint16(b)), nil
}

// read fills p, from the buffer first and then straight from the source.
func (r *reader) read(p []byte) error {
	n := copy(p, r.buf[r.r:r.w])
	r.r += n
	if n == len(p) {
		return nil
	}
	_, err := io.ReadFull(r.src, p[n:])
	return err
}

// some reads at most len(p) bytes and returns as soon as there are any. Small reads go through the buffer.
func (r *reader) some(p []byte) (int, error) {
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

// holds tells whether n bytes can be read without waiting.
func (r *reader) holds(n int) bool { return r.w-r.r >= n }

// discard skips n bytes.
func (r *reader) discard(n int) error {
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

// protocolError is an answer that the protocol does not allow for. The connection is of no use after it.
func protocolError(format string, args ...any) error {
	return fmt.Errorf("protocol violation by the database: "+format, args...)
}
