package exec

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"trunkline/gateway/exec/session"
)

// streamBuffer is the maximum part of the body that a stream holds, in bytes, besides the session's read buffer.
const streamBuffer = 64 << 10

var errStreamClosed = errors.New("the stream is closed")

// stream is the body of a large answer that is copied from the database connection. It keeps its slot until it is
// closed.
type stream struct {
	slot   *slot
	pool   *Pool
	body   *session.Body
	client Client      // nil if it is not watched
	stop   func() bool // of Watch; nil in a batch

	mu     sync.Mutex // held while the client is cut off, and while closed is set
	closed bool

	// written is the number of bytes written to the client, writing is set during a write.
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

// Read reads from the body. If the connection is lost before the end of the body, the error is not io.EOF.
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

// Close reads the rest of the answer and releases the slot. If much of the body was not read, it closes the connection
// instead, which ends the statement; a statement that is still returning rows is canceled. The error is that of the
// body, or of what follows it. If all of the body was read, the loss of the connection behind it is no error, nor is that
// the statement was canceled then: the answer is right, and its client can use its own connection again.
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
	if s.body.Sufficient() {
		return nil
	}
	if !Abandoned(err) {
		s.pool.observeReported(err)
	}
	return err
}

// Abandoned reports whether an error of Stream.Close means that the rest of the body was not wanted.
func Abandoned(err error) bool { return session.Abandoned(err) }
