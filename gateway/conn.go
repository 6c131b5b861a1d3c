package gateway

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"trunkline/planner/apierr"
)

// conn is a client's connection. The HTTP server reads from it only what [framing] lets pass.
type conn struct {
	net.Conn
	life         lifeline // ends when nobody waits for the answer of the request that runs
	open         *connSet
	watcher      *watcher
	writeTimeout time.Duration
	framing      framing

	// refusal is why nothing more is read, nil while all is well. It belongs to the goroutine that reads.
	refusal *apierr.Error
	// used tells that the client has sent something, lingers that it may still be sending when the connection is
	// closed.
	used, lingers atomic.Bool

	presence
}

// newConn returns a connection of the server, which still is to be added to the open ones.
func newConn(c net.Conn, open *connSet, w *watcher, writeTimeout time.Duration, limits framingLimits) *conn {
	checked := &conn{Conn: c, open: open, watcher: w, writeTimeout: writeTimeout, framing: framing{limits: limits}}
	checked.life.init()
	if s, ok := c.(syscall.Conn); ok {
		checked.socket, _ = s.SyscallConn() // none: then the client's presence is not watched
	}
	return checked
}

// errRefused is what the HTTP server reads once the client broke the rules. The reason is in conn.refusal.
var errRefused = errors.New("malformed request")

// Read reads the next bytes that belong to well-formed requests.
func (c *conn) Read(p []byte) (int, error) {
	if c.refusal != nil {
		return c.refuse(p)
	}
	n, err := c.Conn.Read(p)
	if n == 0 {
		return 0, err //nolint:wrapcheck // the server looks at it
	}
	if !c.used.Load() {
		c.used.Store(true)
	}
	passed, refusal := c.framing.feed(p[:n])
	if refusal == nil {
		return n, err //nolint:wrapcheck // the server looks at it
	}
	if c.refusal = refusal; passed == 0 {
		return c.refuse(p)
	}
	return passed, nil
}

// refuse fails a read. The server does not answer what it has read nothing of: if the line that is refused is the first
// of its request, it gets one byte, which is no request.
func (c *conn) refuse(p []byte) (int, error) {
	if c.framing.state == expectRequestLine && len(p) > 0 {
		c.framing.state = refused
		p[0] = 'x'
		return 1, nil
	}
	return 0, errRefused
}

// writePart is how much of an answer a client has to accept within the write timeout.
const writePart = 256 << 10

// Write sends p. The write timeout is for each part of it, so that large answers to slow clients are not cut off.
func (c *conn) Write(p []byte) (int, error) {
	written := 0
	for {
		part := p[written:min(len(p), written+writePart)]
		if err := c.SetWriteDeadline(time.Now().Add(c.writeTimeout)); err != nil {
			return written, err //nolint:wrapcheck // the server looks at it
		}
		n, err := c.Conn.Write(part)
		if written += n; err != nil || written == len(p) {
			return written, err //nolint:wrapcheck // the server looks at it
		}
	}
}

// Close ends the connection.
func (c *conn) Close() error {
	if c.lingers.Swap(false) {
		c.drain()
	}
	c.open.remove(c)
	return c.Conn.Close() //nolint:wrapcheck // the server looks at it
}

// lingerTime bounds how long a refused client's bytes are still taken.
const lingerTime = 2 * time.Second

// drain says that the answer is complete and takes what the client still sends: a connection that is closed with
// unread bytes is reset, and the answer could be lost with it (RFC 9112, section 9.6).
func (c *conn) drain() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, c.Conn)
}

// connSet are the open connections of a server.
type connSet struct {
	mu    sync.Mutex
	conns map[*conn]struct{}
	// aborted tells that requests run no more.
	aborted bool
	// onCut is told of clients that were cut off; nil for nobody.
	onCut func(client net.Addr, stalled time.Duration)
}

func (s *connSet) add(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns = make(map[*conn]struct{})
	}
	s.conns[c] = struct{}{}
	if s.aborted {
		c.life.end(errAborted)
	}
}

// abort ends the requests that run, and those that would begin.
func (s *connSet) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aborted = true
	for c := range s.conns {
		c.life.end(errAborted)
	}
}

func (s *connSet) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

func (s *connSet) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// closeIf closes the network connections for which pick is true. Their goroutines notice, and end.
func (s *connSet) closeIf(pick func(*conn) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if pick(c) {
			_ = c.Conn.Close()
		}
	}
}
