package exec

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// streamBuffer is what a stream holds of the body at most, beside the connection's read buffer.
	streamBuffer = 64 << 10
	// leftover is how much of a body that is not wanted is read, so that the connection can be used again.
	leftover = 256 << 10
)

var errStreamClosed = errors.New("the stream is closed")

// stream is the body of a large answer, on its way from the connection to the database.
type stream struct {
	conn     *conn
	pool     *Pool
	settings *Settings
	client   Client      // nil if it is not watched
	stop     func() bool // of watch
	left     int64       // of the body, or of the row's body if there are many
	rows     *rows       // nil if there is one
	err      error       // why reading failed
	// abandoned tells that a statement was canceled because nobody reads its rows any more.
	abandoned bool

	mu     sync.Mutex // held while the client is cut off, and while closed is set
	closed bool

	// written is what the client was sent, writing tells that it is being sent more.
	written  atomic.Int64
	writing  atomic.Bool
	progress progress
}

// Read reads from the body. That the connection is lost before the body's end is an error, never io.EOF.
func (s *stream) Read(p []byte) (int, error) {
	switch {
	case s.closed:
		return 0, errStreamClosed
	case s.err != nil:
		return 0, s.err
	case s.left == 0 && s.rows == nil:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	case s.rows != nil:
		return s.readRows(p)
	}
	n, err := s.conn.reader.some(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if err != nil {
		if errors.Is(err, io.EOF) { // This is not the body's end.
			err = io.ErrUnexpectedEOF
		}
		s.conn.broken = true
		s.err = &ConnectionError{Trouble: Broken, Err: fmt.Errorf("%d bytes before the end of the body: %w", s.left, err)}
		if n == 0 {
			return 0, s.err
		}
	}
	return n, nil
}

// WriteTo writes the rest of the body, in pieces of at most streamBuffer.
func (s *stream) WriteTo(w io.Writer) (written int64, err error) {
	size := int64(streamBuffer)
	if s.rows == nil {
		size = min(s.left, size)
	}
	buf := make([]byte, size)
	for s.left > 0 || s.rows != nil {
		n, err := s.Read(buf)
		if errors.Is(err, io.EOF) {
			break
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
	return written, nil
}

// Close reads the end of the answer and gives the connection back. If much of the body was not read, the connection
// is closed instead, which ends the statement; one that is still making rows is canceled. The error tells what went
// wrong, in the body or behind it.
func (s *stream) Close() error {
	if s.closed {
		return nil
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	defer s.pool.forgetStream(s)
	c := s.conn
	err := s.err
	if err == nil || s.answers() {
		err = s.drain()
	}
	c.broken = c.broken || err != nil
	c.dirty = c.dirty || len(c.exchange.refusals) > 0
	if f := c.exchange.fault; err == nil && f != nil {
		err, c.dirty = f, true
	}
	if s.abandoned {
		err = errAbandoned
	}
	c.unwatch(s.stop)
	s.pool.finish(c, s.settings, err)
	return err
}

// drain reads what is left of the answer.
func (s *stream) drain() error {
	if s.rows != nil && !s.rows.complete {
		return s.abandon()
	}
	if s.left > leftover {
		return errAbandoned
	}
	_ = s.conn.network.SetReadDeadline(time.Now().Add(patience))
	defer func() { _ = s.conn.network.SetReadDeadline(time.Time{}) }()
	if err := s.conn.reader.discard(int(s.left)); err != nil {
		return err
	}
	return s.conn.readAnswers()
}
