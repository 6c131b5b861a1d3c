package exec

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"trunkline/gateway/exec/session"
)

// streamBuffer is what a stream holds of the body at most, in bytes, beside the session's read buffer.
const streamBuffer = 64 << 10

var errStreamClosed = errors.New("the stream is closed")

// stream is the body of a large answer, on its way from the connection to the database. It has its slot until it is
// closed.
type stream struct {
	slot   *slot
	pool   *Pool
	body   *session.Body
	client Client      // nil if it is not watched
	stop   func() bool // of Watch; nil in a batch

	mu     sync.Mutex // held while the client is cut off, and while closed is set
	closed bool

	// written is what the client was sent, writing is set while it is being sent more.
	written  atomic.Int64
	writing  atomic.Bool
	progress progress
}

// startStream makes the rest of the answer the result's stream.
func (p *Pool) startStream(s *slot, t *session.Try, job *Job, result *Result, stop func() bool) {
	st := &stream{slot: s, pool: p, body: s.session.Body(t), client: job.Client, stop: stop}
	result.Stream = st
	p.watchStream(st)
}

// Read reads from the body. That the connection is lost before the body's end is an error, never io.EOF.
func (s *stream) Read(p []byte) (int, error) {
	if s.closed {
		return 0, errStreamClosed
	}
	return s.body.Read(p)
}

// WriteTo writes the rest of the body, in pieces of at most streamBuffer.
func (s *stream) WriteTo(w io.Writer) (written int64, err error) {
	size := int64(streamBuffer)
	if left := s.body.Size(); left >= 0 {
		size = min(left, size)
	}
	for buf := make([]byte, max(size, 1)); ; {
		n, err := s.Read(buf)
		if errors.Is(err, io.EOF) {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		s.writing.Store(true)
		n, err = w.Write(buf[:n])
		s.writing.Store(false)
		s.written.Add(int64(n))
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
}

// Close reads the end of the answer and gives the slot back. If much of the body was not read, the connection is closed
// instead, which ends the statement; one that is still making rows is canceled. The error says what went wrong, in the
// body or behind it.
func (s *stream) Close() error {
	if s.closed {
		return nil
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	defer s.pool.forgetStream(s)
	err := s.body.Finish(s.stop, len(s.slot.batch.members) > 0)
	s.pool.finish(s.slot, err)
	return err
}

// Abandoned reports whether an error of Stream.Close means that nobody wanted the rest of the body.
func Abandoned(err error) bool { return session.Abandoned(err) }
