package socket

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// inputSize is how much is received at once, in bytes.
const inputSize = 16 << 10

// inputs are the buffers that no connection holds.
var inputs = sync.Pool{New: func() any { return new([inputSize]byte) }}

// input is what has been received of a connection and was not taken yet. Its buffer is taken when there is something to
// receive, and given back when all of it was taken: a connection that waits for its client holds none.
type input struct {
	network net.Conn
	raw     syscall.RawConn // nil if there is none: then a buffer is held while the connection waits
	receive func(fd uintptr) bool

	buffer *[inputSize]byte
	unread []byte // the part of the buffer that was not taken yet
	err    error  // of the last receive

	// received is the number of bytes that were received.
	received atomic.Uint64
}

func (in *input) init(network net.Conn, raw syscall.RawConn) {
	in.network, in.raw = network, raw
	in.receive = in.tryReceive
}

// fill waits until there is more to take than before. What is there already must leave room in the buffer.
func (in *input) fill() error {
	if in.raw == nil {
		n, err := in.network.Read(in.room())
		in.grow(n)
		if n > 0 {
			return nil
		}
		return err
	}
	in.err = nil
	if err := in.raw.Read(in.receive); err != nil {
		return err
	}
	return in.err
}

// room returns the free part of the buffer, behind what is unread.
func (in *input) room() []byte {
	if in.buffer == nil {
		in.buffer = inputs.Get().(*[inputSize]byte)
	}
	return in.buffer[copy(in.buffer[:], in.unread):]
}

// grow notes that n bytes were received behind those that are unread.
func (in *input) grow(n int) {
	in.received.Add(uint64(n))
	in.unread = in.buffer[:len(in.unread)+n]
	in.take(0)
}

// tryReceive receives what is there, and reports whether there was anything, the end or an error included. It must not
// block.
func (in *input) tryReceive(fd uintptr) bool {
	n, err := readSocket(int(fd), in.room())
	switch {
	case errors.Is(err, syscall.EAGAIN):
		in.grow(0)
		return false
	case err != nil:
		in.err = &net.OpError{Op: "read", Net: in.network.LocalAddr().Network(), Addr: in.network.RemoteAddr(), Err: err}
	case n == 0:
		in.err = io.EOF
	}
	in.grow(max(n, 0))
	return true
}

// take takes the first n bytes of what is unread. The buffer is given back with the last.
func (in *input) take(n int) {
	if in.unread = in.unread[n:]; len(in.unread) == 0 {
		in.drop()
	}
}

// drop forgets what is unread.
func (in *input) drop() {
	if in.buffer != nil {
		inputs.Put(in.buffer)
	}
	in.buffer, in.unread = nil, nil
}

// read moves what is unread to p; if there is nothing, it waits for the network.
func (in *input) read(p []byte) (int, error) {
	if len(in.unread) == 0 {
		n, err := in.network.Read(p)
		in.received.Add(uint64(n))
		return n, err
	}
	n := copy(p, in.unread)
	in.take(n)
	return n, nil
}
