package socket

import (
	"errors"
	"time"

	"trunkline/planner/apierr"
)

// The HTTP server is shown heads only: it treats every request as having no body. The body is received when the handler
// asks for it, so that a request can be refused before. Its buffer grows as bytes arrive, so that a claimed length
// costs nothing, and is taken from a budget shared by all bodies.

// ErrBudget is returned if a body was not received because other bodies use the whole budget.
var ErrBudget = errors.New("the bodies of other requests use the whole budget")

// body is the state of the body that a connection receives.
type body struct {
	// began is when the first byte was waited for, received the number of bytes received since.
	began    time.Time
	received int64
	// held is the size of the body's buffer in the budget.
	held int64
}

// firstBuffer is the size of a new buffer for a body if more than that is expected, otherwise leastBuffer: the handler
// reuses the buffers of small bodies.
const firstBuffer, leastBuffer = 32 << 10, 1 << 10

// BodySize returns the size in bytes of the last request's body, or -1 if it is not known yet.
func (c *Conn) BodySize() int64 { return c.framing.bodySize() }

// MaxBody returns the maximum size of a body, in bytes.
func (c *Conn) MaxBody() int { return c.open.o.MaxBody }

// BodyPending reports whether a part of that body, or its end, has not been received.
func (c *Conn) BodyPending() bool { return c.framing.inBody() }

// BodyArrived reports whether all of that body has arrived, as far as that is known without parsing it.
func (c *Conn) BodyArrived() bool {
	return !c.framing.chunked && c.framing.left <= int64(len(c.input.unread))
}

// ReceiveBody appends the body to dst until it ends or dst has limit bytes; [Conn.BodyPending] distinguishes these
// cases. The error is an [apierr.Error] if the body is malformed or too large, [ErrBudget], or a network error. What
// ReceiveBody allocates counts in the budget until [Conn.ReleaseBody].
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

// growBody makes room for more. Afterwards dst is at most half full, or the rest of the body fits.
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

// receiveLine receives the next line of the chunked coding.
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

// prepareToWait is called before more of a body is received. If that may block, a client that expects it is sent 100
// Continue (RFC 9110, section 10.1.1), and the deadline is set: the read timeout, plus the time that the bytes sent so
// far take at the least pace.
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

// ReserveBody takes n bytes of the budget for what the body is converted to, until [Conn.ReleaseBody]. The error is
// [ErrBudget], or an [apierr.Error] if the body would need more than the whole budget.
func (c *Conn) ReserveBody(n int64) error {
	switch budget := c.open.o.Bodies; {
	case c.body.held+n > budget.limit:
		return apierr.ConvertedTooLarge(int(budget.limit))
	case !budget.acquire(c.Context(), n):
		return ErrBudget
	}
	c.body.held += n
	return nil
}

// ReleaseBody must be called at the end of each request, when what ReceiveBody has allocated is not used any more.
func (c *Conn) ReleaseBody() {
	if c.body.held > 0 {
		c.open.o.Bodies.release(c.body.held)
	}
	c.body = body{}
}
