package socket

import (
	"errors"
	"time"

	"trunkline/planner/apierr"
)

// The HTTP server sees heads only: it takes every request for one without a body. The body is received when the handler
// asks for it, so that what can be refused without it is refused before. Its buffer grows as bytes arrive, so that a
// length that is only claimed costs nothing, and comes out of a budget that all bodies share.

// ErrBudget is why a body was not received: those of other requests hold all memory that there is for bodies.
var ErrBudget = errors.New("the bodies of other requests hold the memory")

// body is what a connection knows of the body that it receives.
type body struct {
	// began is when the first byte was waited for, received how many came since then.
	began    time.Time
	received int64
	// held is how much of the budget the body's buffer has.
	held int64
}

// firstBuffer is the size of a new buffer for a body, if more than that is to come, leastBuffer if less is: the handler uses
// the buffers of small bodies again.
const firstBuffer, leastBuffer = 32 << 10, 1 << 10

// BodySize returns the size in bytes of the body of the request that was read last, -1 if nobody knows it yet.
func (c *Conn) BodySize() int64 { return c.framing.bodySize() }

// BodyPending reports whether some of that body, or its end, has not been received.
func (c *Conn) BodyPending() bool { return c.framing.inBody() }

// ReceiveBody appends the body to dst until it ends or dst is limit bytes long: [Conn.BodyPending] tells which. The error
// is an [apierr.Error] if the body is malformed or too large, [ErrBudget], or one of the network. What ReceiveBody allocates belongs
// to the budget until [Conn.ReleaseBody].
func (c *Conn) ReceiveBody(dst []byte, limit int) ([]byte, error) {
	for c.framing.inBody() && len(dst) < limit {
		var err error
		switch most := c.open.o.MaxBody; {
		case int64(len(dst))+c.framing.left > int64(most):
			return dst, apierr.BodyTooLarge(most)
		case c.framing.left > 0:
			dst, err = c.receiveData(dst, limit)
		default:
			err = c.receiveLine()
		}
		if err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// receiveData appends data of the body or of a chunk.
func (c *Conn) receiveData(dst []byte, limit int) ([]byte, error) {
	if len(dst) == cap(dst) {
		var err error
		if dst, err = c.growBody(dst, limit); err != nil {
			return dst, err
		}
	}
	if err := c.prepareToWait(); err != nil {
		return dst, err
	}
	room := dst[len(dst):min(cap(dst), limit)]
	n, err := c.input.read(room[:min(int64(len(room)), c.framing.left)])
	c.endBodyRead(n)
	c.framing.skip(n)
	return dst[:len(dst)+n], err
}

// growBody makes room for more. Dst is at most half of what is then there, or what is known to come fits.
func (c *Conn) growBody(dst []byte, limit int) ([]byte, error) {
	size := min(max(firstBuffer, 2*cap(dst)), limit, c.open.o.MaxBody)
	if !c.framing.chunked {
		size = int(min(int64(size), max(leastBuffer, int64(len(dst))+c.framing.left)))
	}
	// The old buffer does not count any more: otherwise bodies as large as the budget could not be received.
	if !c.open.o.Bodies.acquire(c.Context(), int64(size)-c.body.held) {
		return dst, ErrBudget
	}
	c.body.held = int64(size)
	return append(make([]byte, 0, size), dst...), nil
}

// receiveLine receives the next line of what stands around chunks.
func (c *Conn) receiveLine() error {
	if len(c.input.unread) == 0 {
		if err := c.prepareToWait(); err != nil {
			return err
		}
		if err := c.input.fill(); err != nil {
			return err
		}
	}
	n, err := c.framing.feedLine(c.input.unread)
	c.endBodyRead(n)
	c.input.take(n)
	if err != nil {
		c.refusal = err
		return err
	}
	return nil
}

var continueLine = []byte("HTTP/1.1 100 Continue\r\n\r\n")

// prepareToWait is called before more of a body is received. If that may take long, a client that asked for it is told to
// go on (RFC 9110, section 10.1.1), and the time until which the client must have sent something is set: it has the read
// timeout, and as much more as what it sent takes at the least pace.
func (c *Conn) prepareToWait() error {
	if len(c.input.unread) > 0 {
		return nil
	}
	o := &c.open.o
	if c.body.began.IsZero() {
		c.body.began = time.Now()
		c.arrival.count.Add(1)
		if c.framing.expectsContinue {
			c.framing.expectsContinue = false
			if _, err := c.Write(continueLine); err != nil {
				return err
			}
		}
	}
	deadline := c.body.began.Add(o.ReadTimeout)
	if o.LeastPace > 0 {
		deadline = deadline.Add(time.Duration(c.body.received) * time.Second / time.Duration(o.LeastPace))
	}
	return c.beginBodyWait(deadline)
}

// ReleaseBody is called at the end of each request, when what ReceiveBody has allocated is not used any more.
func (c *Conn) ReleaseBody() {
	if c.body.held > 0 {
		c.open.o.Bodies.release(c.body.held)
	}
	c.body = body{}
}
