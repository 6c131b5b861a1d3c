package socket

import (
	"errors"
	"os"
	"time"

	"trunkline/planner/apierr"
)

// The HTTP server is shown a head when all of it has arrived. Its buffer has room for the largest head, so that each
// client that sends a few bytes and stops would cost as much memory as that. Until a head is complete, the connection
// keeps what has arrived, and takes what that costs from the budget of bodies.

// head is the state of the head that a connection receives.
type head struct {
	// held is what has arrived of a head that did not arrive at once, reserved its size in the budget.
	held     []byte
	reserved int64
	// passed is how much the server may read: of the end of held, or of the beginning of the input if nothing is held.
	passed int
	// failed is the error of a read, if the server was told that there is one.
	failed error
}

// freeHead is the size of a held head that is not taken from the budget: usual heads may come in pieces even while
// bodies use all of it.
const freeHead = 4 << 10

// The errors returned to the HTTP server when it must not read any more.
var (
	// errRefused stands for a refusal, which is in Conn.refusal.
	errRefused = errors.New("malformed request")
	// errUnread means that the connection cannot be reused: the body of an answered request follows, which was not
	// received.
	errUnread = errors.New("a body was not received")
)

// Read reads the next bytes of the heads of well-formed requests. It does not read beyond the end of a head, so that
// the server has sent all its answers before a body is waited for.
func (c *Conn) Read(p []byte) (int, error) {
	if c.head.passed == 0 {
		if err := c.receiveHead(); err != nil {
			return c.fail(p, err)
		}
	}
	return c.pass(p), nil
}

// receiveHead waits until the next head has arrived and was found well-formed.
func (c *Conn) receiveHead() error {
	switch {
	case c.head.failed != nil:
		return c.head.failed
	case c.framing.inBody():
		return errUnread
	}
	for {
		if err := c.await(); err != nil {
			return err
		}
		n, refusal := c.framing.feedHead(c.input.unread)
		switch complete := c.framing.complete(); {
		case refusal != nil:
			return c.refuse(refusal)
		case complete && len(c.head.held) == 0: // Fast path
			c.head.passed = n
			return nil
		}
		if err := c.hold(n); err != nil {
			return err
		}
		if c.framing.complete() {
			c.head.passed = len(c.head.held)
			return nil
		}
	}
}

// hold keeps the first n bytes of the input, which are part of a head. Its rest must arrive within the read timeout.
func (c *Conn) hold(n int) error {
	h := &c.head
	if len(h.held) == 0 {
		if err := c.Conn.SetReadDeadline(time.Now().Add(c.open.o.ReadTimeout)); err != nil {
			return err
		}
	}
	if size := len(h.held) + n; size > freeHead && size > cap(h.held) {
		// The framing keeps the last line a second time.
		size = max(size, 2*cap(h.held))
		if !c.open.o.Bodies.acquire(c.Context(), int64(2*size)-h.reserved) {
			return c.refuse(apierr.Overloaded("server-max-body-memory", 1))
		}
		h.reserved = int64(2 * size)
		h.held = append(make([]byte, 0, size), h.held...)
	}
	h.held = append(h.held, c.input.unread[:n]...)
	c.input.take(n)
	return nil
}

// pass moves the next bytes of a complete head to p.
func (c *Conn) pass(p []byte) int {
	h := &c.head
	if len(h.held) == 0 { // Fast path
		n := copy(p, c.input.unread[:h.passed])
		h.passed -= n
		c.input.take(n)
		return n
	}
	n := copy(p, h.held[len(h.held)-h.passed:])
	if h.passed -= n; h.passed == 0 {
		c.forgetHead()
	}
	return n
}

// forgetHead forgets what is held.
func (c *Conn) forgetHead() {
	if c.head.reserved > 0 {
		c.open.o.Bodies.release(c.head.reserved)
	}
	c.head.held, c.head.reserved = nil, 0
}

// refuse refuses the head that is being received.
func (c *Conn) refuse(why *apierr.Error) error {
	c.refusal, c.framing.state = why, refused
	return errRefused
}

// fail fails a read. The server does not answer a request of which it has read nothing: if a head is refused or too
// slow, it gets one byte, which is not a request, before the error.
func (c *Conn) fail(p []byte, err error) (int, error) {
	answers := errors.Is(err, errRefused) || errors.Is(err, os.ErrDeadlineExceeded) && c.framing.inHead()
	c.forgetHead()
	if c.head.failed == nil && answers && len(p) > 0 {
		c.head.failed = err
		p[0] = 'x'
		return 1, nil
	}
	return 0, err
}
