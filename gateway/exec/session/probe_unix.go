//go:build unix

package session

import (
	"net"
	"syscall"
)

// probe looks whether the server has hung up on an idle connection.
type probe struct {
	socket syscall.RawConn // nil if there is no way to look
	tls    bool
	// look is called with the socket; hungUp is what it saw. It is made once, so that a look allocates nothing.
	look   func(fd uintptr) bool
	hungUp bool
}

func (p *probe) init(conn net.Conn, tls bool) {
	if s, ok := conn.(syscall.Conn); ok {
		p.socket, _ = s.SyscallConn()
	}
	p.tls, p.look = tls, p.peek
}

// Stale reports whether the server has hung up on an idle session. It looks without reading and without waiting: a system
// call that spares writes the doubt about their fate, because what was not sent may be sent elsewhere.
func (s *Session) Stale() bool {
	p := &s.probe
	if p.socket == nil {
		return false
	}
	p.hungUp = false
	if err := p.socket.Read(p.look); err != nil {
		return true
	}
	return p.hungUp
}

// peek looks at what the socket holds. It never waits for it to become readable.
func (p *probe) peek(fd uintptr) bool {
	var b [1]byte
	n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		p.hungUp = false
	case err != nil || n == 0:
		p.hungUp = true
	case p.tls:
		p.hungUp = true // what it is cannot be seen; a closing alert most likely
	default:
		p.hungUp = b[0] == 'E' // not a changed setting or a notification
	}
	return true
}
