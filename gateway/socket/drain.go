package socket

import (
	"errors"
	"os"
	"runtime"
	"time"
)

// A client may send a request in the moment in which its connection is closed, and cannot know whether it was executed.
// So a set that drains leaves those that wait for their clients a moment, in which the next request is answered and the
// answer ends the connection. When the moment is over, a connection is shut down right after a last look for bytes.

// freshTime is how long a client that has sent nothing yet may take for its first byte while the set drains, keptTime
// how long another one may take for the next request. Clients on a machine without a processor to spare have been seen
// to take more than 100 ms.
const (
	freshTime = time.Second
	keptTime  = 500 * time.Millisecond
)

// The states of the wait for the next request. Only the goroutine that reads begins and ends it. The one that drains
// claims it before it changes the deadline, so that it never changes that of a request.
//
//	busy ⇄ resting ──▶ claimed ──▶ woken ──▶ busy
const (
	busy = iota
	resting
	claimed
	woken
)

// Drain closes the connections that wait for their clients without a goroutine, and those that wait for a moment only
// soon, unless a request arrives. What is accepted from then on is treated likewise.
func (s *Set) Drain() {
	s.draining.Store(true)
	s.idle.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.hurry()
	}
}

// hurry shortens the wait for the next request, if there is one.
func (c *Conn) hurry() {
	if c.wait.CompareAndSwap(resting, claimed) {
		c.waitBriefly()
		c.wait.Store(woken)
	}
}

func (c *Conn) waitBriefly() {
	grace := keptTime
	if !c.Used() {
		grace = freshTime
	}
	_ = c.Conn.SetReadDeadline(time.Now().Add(grace)) // an error means that it is closed
}

// rest waits for the next request.
func (c *Conn) rest() error {
	c.wait.Store(resting)
	if c.open.draining.Load() {
		c.waitBriefly()
	}
	err := c.input.fill()
	if !c.wait.CompareAndSwap(resting, busy) {
		for c.wait.Load() != woken { // for no longer than it takes to set a deadline
			runtime.Gosched()
		}
		c.wait.Store(busy)
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) || !c.open.draining.Load() || !c.lookAndEnd() {
		return err
	}
	if err := c.Conn.SetReadDeadline(time.Now().Add(c.open.o.ReadTimeout)); err != nil {
		return err
	}
	return c.input.fill()
}

// lookAndEnd reports whether the client has sent something. If it has not, the connection is shut down at once, so that
// nothing can arrive in between as far as possible.
func (c *Conn) lookAndEnd() (arrived bool) {
	if c.socket == nil {
		return false
	}
	_ = c.socket.Control(func(fd uintptr) { arrived = arrivedOrShutDown(int(fd)) })
	return arrived
}
