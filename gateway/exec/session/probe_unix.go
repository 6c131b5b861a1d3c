//go:build unix

package session

import (
	"net"
	"syscall"
)

// probe detects whether the server has closed an idle connection.
type probe struct {
	socket syscall.RawConn // nil if the connection has no file descriptor
	tls    bool
	// look is called with the socket; hungUp is its result. It is created once, so that a call does not allocate.
	look   func(fd uintptr) bool
	hungUp bool
}

func (p *probe) init(conn net.Conn, tls bool) {
	if s, ok := conn.(syscall.Conn); ok {
		p.socket, _ = s.SyscallConn()
	}
	p.tls, p.look = tls, p.peek
}

// Stale reports whether the server has closed an idle session. It peeks without blocking. The system call is worth its
// cost: a write that is not sent to a closed connection can safely be sent on another.
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

// peek checks what the socket holds. It never waits for the socket to become readable.
func (p *probe) peek(fd uintptr) bool {
	var b [1]byte
	n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		p.hungUp = false
	case err != nil || n == 0:
		p.hungUp = true
	case p.tls:
		p.hungUp = true // encrypted data, most likely a closing alert
	default:
		p.hungUp = b[0] == 'E' // an error, not a changed setting or a notification
	}
	return true
}
