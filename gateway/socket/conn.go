package socket

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"trunkline/planner/apierr"
)

// Conn is a client's connection. The HTTP server reads from it only what the framing accepts.
type Conn struct {
	net.Conn
	life    lifeline // ends when the answer of the running request is not wanted any more
	open    *Set
	framing framing
	input   input
	head    head
	body    body
	arrival arrival

	// refusal is why nothing more is read, or nil. It belongs to the goroutine that reads.
	refusal *apierr.Error
	// used is set when the client has sent something; halfSent while the rest of a head, or of a refused body, is
	// awaited; lingers if the client may still be sending while the connection is closed.
	used, halfSent, lingers atomic.Bool

	// wait is the state of the wait for the next request.
	wait atomic.Int32
	// sent is the number of bytes that were sent.
	sent atomic.Uint64

	presence
	idleness
}

// newConn returns a connection for the set, without adding it.
func newConn(c net.Conn, open *Set) *Conn {
	checked := &Conn{Conn: c, open: open, framing: framing{limits: open.o.limits()}}
	checked.life.init()
	checked.socket = rawConn(c)
	checked.input.init(c, checked.socket)
	return checked
}

// Context ends when the answer of the running request is not wanted any more: the client has disconnected
// ([ErrClientGone]) or the server has aborted its requests.
func (c *Conn) Context() context.Context { return &c.life }

// Used reports whether the client has sent anything.
func (c *Conn) Used() bool { return c.used.Load() }

// Refusal returns why nothing more is read, or nil. It must be called from the goroutine that reads.
func (c *Conn) Refusal() *apierr.Error { return c.refusal }

// Linger makes Close receive and discard what the client is still sending, so that the client receives the answer to a
// refused request. It has no effect if the client was too slow in sending a body.
func (c *Conn) Linger() { c.lingers.Store(!c.arrival.late.Load()) }

// SetStreaming sets whether the answer that is being sent is a stream. If the client of a stream disconnects, its
// connection is closed, because writing to it may block regardless of contexts.
func (c *Conn) SetStreaming(streaming bool) { c.streaming.Store(streaming) }

// ResetOnClose makes closing the connection tell the client that its answer is incomplete.
func (c *Conn) ResetOnClose() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// await waits until there is input that was not consumed. It drops an empty line before a request.
func (c *Conn) await() error {
	for len(c.input.unread) == 0 {
		inHead := c.framing.inHead()
		if inHead {
			c.halfSent.Store(true)
		}
		var err error
		if c.between() {
			err = c.rest()
		} else {
			err = c.input.fill()
		}
		if inHead {
			c.halfSent.Store(false)
		}
		if err != nil {
			c.leaves.Store(c.becomesIdle(err))
			return err
		}
		if !c.used.Load() {
			c.used.Store(true)
		}
		if n := c.framing.blankLine(c.input.unread); n > 0 {
			c.input.take(n)
			if err := c.Conn.SetReadDeadline(c.idleUntil); err != nil { // not idle any more
				return err
			}
		}
	}
	return nil
}

// writePart is how much of an answer a client must accept within the write timeout, in bytes.
const writePart = 256 << 10

// Write sends p. The write timeout applies to each part of it, so that large answers to slow clients are not
// interrupted.
func (c *Conn) Write(p []byte) (int, error) {
	written := 0
	for {
		part := p[written:min(len(p), written+writePart)]
		if err := c.SetWriteDeadline(time.Now().Add(c.open.o.WriteTimeout)); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(part)
		c.sent.Add(uint64(n))
		if written += n; err != nil || written == len(p) {
			return written, err
		}
	}
}

// Close ends the connection, unless it becomes an idle one.
func (c *Conn) Close() error {
	if c.leaves.Swap(false) && c.open.idle.add(c) {
		return nil
	}
	if c.lingers.Swap(false) {
		c.drain()
	}
	c.open.remove(c)
	return c.Conn.Close()
}

// A refused client's bytes are discarded for at most lingerTime, as long as some arrive within lingerTimeout.
const (
	lingerTime    = 30 * time.Second
	lingerTimeout = 2 * time.Second
)

// drain ends the answer and discards what the client still sends: a connection that is closed with unread bytes is
// reset, and the answer could be lost (RFC 9112, section 9.6).
func (c *Conn) drain() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	c.halfSent.Store(true) // a server that drains does not wait for it
	for end := time.Now().Add(lingerTime); time.Now().Before(end); {
		c.input.drop() // no buffer is held while waiting
		if c.Conn.SetReadDeadline(time.Now().Add(lingerTimeout)) != nil || c.input.fill() != nil {
			return
		}
	}
	c.input.drop()
}
