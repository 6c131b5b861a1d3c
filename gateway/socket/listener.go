package socket

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// Listener accepts connections for a set, up to its limit.
type Listener struct {
	net.Listener
	open *Set
	// ending is set when accepting ends, before what ends the wait.
	ending atomic.Bool
}

// quietTime is how long new connections are kept from arriving before the socket is closed: handshakes that have begun
// end meanwhile. A client whose SYN was dropped sends it again a second later.
const quietTime = 50 * time.Millisecond

// Listener returns a listener that accepts from ln, up to the limit. Its connections are *[Conn] and belong to the set
// until they are closed.
func (s *Set) Listener(ln net.Listener) *Listener { return &Listener{Listener: ln, open: s} }

// Accept waits for the next connection. Those beyond the limit are answered at once and closed.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.next()
		if err != nil {
			return nil, err
		}
		if l.open.Len() >= l.open.o.MaxConnections {
			l.refuse(c)
			continue
		}
		checked := newConn(c, l.open)
		l.open.add(checked)
		return checked, nil
	}
}

// next returns the next connection of the socket. At the end it closes the socket, and returns [net.ErrClosed].
func (l *Listener) next() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil || !l.ending.Load() {
		return c, err
	}
	if s := stoppable(l.Listener); s != nil {
		if c := acceptWaiting(s); c != nil {
			return c, nil
		}
	}
	_ = l.Close()
	return nil, net.ErrClosed
}

// Stop ends accepting, and closes the socket. A socket that is closed resets the connections in its backlog, whose
// clients take them for established. So new ones are kept from arriving for a moment, and those in the backlog are
// accepted.
func (l *Listener) Stop() {
	l.ending.Store(true)
	s := stoppable(l.Listener)
	if s != nil {
		keepAway(s)
	}
	if s == nil || s.SetDeadline(time.Now().Add(quietTime)) != nil {
		_ = l.Close()
	}
}

// Leave ends accepting at once, and leaves the socket to another process.
func (l *Listener) Leave() error {
	if s := stoppable(l.Listener); s != nil {
		return Leave(s)
	}
	return l.Close()
}

// Leave closes a listening socket in this process only: another one accepts from it. The file of a unix socket stays.
func Leave(ln net.Listener) error {
	if u, ok := ln.(*unixListener); ok {
		u.keepFile()
	}
	return ln.Close()
}

// stoppableListener is what the listeners of package net have.
type stoppableListener interface {
	net.Listener
	syscall.Conn
	SetDeadline(t time.Time) error
}

// stoppable returns the socket of a listener, or nil if that is of an unknown kind.
func stoppable(ln net.Listener) stoppableListener {
	if p, ok := ln.(*patient); ok {
		ln = p.Listener
	}
	s, _ := ln.(stoppableListener)
	return s
}

// refuse answers a connection that is one too many. The answer fits into the socket's buffer.
func (l *Listener) refuse(c net.Conn) {
	_ = c.SetWriteDeadline(time.Now().Add(time.Second))
	n, _ := c.Write(l.open.o.TooMany)
	_ = c.Close()
	l.open.countRefused(n)
}
