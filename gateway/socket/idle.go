package socket

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// idleConns holds the connections whose clients have sent nothing for a moment. They have neither a goroutine nor a
// buffer, which would cost more than all else that a connection needs. The HTTP server takes such a connection for one
// that has ended; when its client sends something, it is served as one that has just been accepted.
//
//	         nothing came for awakeTime                 something came
//	served ──────────────────────────────▶ idle ───────────────────────────▶ served again
//	                                         └── its time is over, or the server drains ──▶ closed
type idleConns struct {
	serve func(net.Conn) // in a goroutine of its own; nil if none may become idle
	// awake is how long a connection waits for its client before it becomes idle.
	awake time.Duration

	// takes is set while connections are taken: there is a poller.
	takes  atomic.Bool
	mu     sync.Mutex
	poller *poller
	conns  map[int]*Conn
	sweep  *time.Timer // nil while there are none
}

const (
	// awakeTime is long enough for a client that sends one request after another to be back before.
	awakeTime = time.Second
	// sweepInterval is how often idle connections are looked through for those whose time is over.
	sweepInterval = time.Second
)

// open begins to take connections. Without a poller, none is taken: each keeps its goroutine while it waits.
func (i *idleConns) open() {
	if i.serve == nil {
		return
	}
	p, err := newPoller()
	if err != nil {
		return
	}
	i.mu.Lock()
	i.poller, i.conns = p, make(map[int]*Conn)
	i.takes.Store(true)
	i.mu.Unlock()
	go i.run(p)
}

// close closes the connections that are idle, and takes no more. Those that have something to read are served.
func (i *idleConns) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.poller == nil {
		return
	}
	i.poller.close()
	i.poller = nil
	i.takes.Store(false)
	i.closeIf(func(*Conn) bool { return true })
}

// add takes a connection, unless none is taken any more.
func (i *idleConns) add(c *Conn) (taken bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.poller == nil {
		return false
	}
	var err error
	controlErr := c.socket.Control(func(fd uintptr) {
		c.fd = int(fd)
		err = i.poller.watch(c.fd) // one who sends meanwhile is found, but i.mu is held
	})
	if err != nil || controlErr != nil {
		return false
	}
	i.conns[c.fd] = c
	if i.sweep == nil {
		i.sweep = time.AfterFunc(sweepInterval, i.closeExpired)
	}
	return true
}

// run serves the connections that have something to read, until the poller is closed.
func (i *idleConns) run(p *poller) {
	for {
		fds, err := p.wait()
		if err != nil {
			return
		}
		for _, fd := range fds {
			if c := i.remove(fd); c != nil {
				go i.serve(c)
			}
		}
	}
}

// remove returns the idle connection with a file descriptor and forgets it; nil if there is none, because it was closed
// when its client had just sent something. If another one has got its number meanwhile, it is served in vain and
// becomes idle again.
func (i *idleConns) remove(fd int) *Conn {
	i.mu.Lock()
	defer i.mu.Unlock()
	c := i.conns[fd]
	delete(i.conns, fd)
	if c != nil {
		_ = c.Conn.SetReadDeadline(time.Time{}) // a deadline has passed, or the connection would not be idle
	}
	return c
}

// closeExpired closes those that have been idle for too long.
func (i *idleConns) closeExpired() {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	i.closeIf(func(c *Conn) bool { return now.After(c.idleUntil) })
	if i.sweep = nil; len(i.conns) > 0 {
		i.sweep = time.AfterFunc(sweepInterval, i.closeExpired)
	}
}

// closeIf closes some, except those that have just got something to read, which are served. The caller holds i.mu.
func (i *idleConns) closeIf(pick func(*Conn) bool) {
	for fd, c := range i.conns {
		switch {
		case !pick(c):
			continue
		case c.lookAndEnd():
			_ = c.Conn.SetReadDeadline(time.Time{})
			go i.serve(c)
		default:
			c.open.remove(c)
			_ = c.Conn.Close()
		}
		delete(i.conns, fd)
	}
}

// idleness is what a connection keeps for the time between two requests.
type idleness struct {
	// idleUntil is until when the client may send nothing.
	idleUntil time.Time
	// leaves is set from when nothing has come until the HTTP server lets go of the connection.
	leaves atomic.Bool
	// fd is the file descriptor of one that is idle.
	fd int
}

// SetReadDeadline sets until when the client must have sent something. A connection on which nothing of a request has
// come yet does not wait that long in a goroutine.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if !c.between() {
		return c.Conn.SetReadDeadline(t)
	}
	c.idleUntil = t
	if c.socket != nil && c.open.idle.takes.Load() {
		if awake := time.Now().Add(c.open.idle.awake); awake.Before(t) {
			t = awake
		}
	}
	return c.Conn.SetReadDeadline(t)
}

// between reports whether nothing of a request has come that was not answered.
func (c *Conn) between() bool {
	return c.framing.state == expectRequestLine && len(c.framing.carry) == 0 && !c.framing.blank &&
		len(c.input.unread) == 0 && c.head.passed == 0
}

// becomesIdle reports whether a read that failed leaves the connection idle: nothing came, but something may yet.
func (c *Conn) becomesIdle(err error) bool {
	return c.between() && errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(c.idleUntil) &&
		!c.open.draining.Load()
}
