//go:build unix

package exec

import "syscall"

// stale tells whether the server has hung up on an idle connection. It looks without reading and without waiting: a
// system call that spares writes the doubt about their fate, because what was not sent may be sent elsewhere.
func (c *conn) stale() bool {
	if c.socket == nil {
		return false
	}
	c.probed = false
	if err := c.socket.Read(c.probe); err != nil {
		return true
	}
	return c.probed
}

// look is called with the socket by stale. It never waits for it to become readable.
func (c *conn) look(fd uintptr) bool {
	var b [1]byte
	n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR: //nolint:errorlint // a system call's own error
		c.probed = false
	case err != nil || n == 0:
		c.probed = true
	case c.tls:
		c.probed = true // what it is cannot be seen; a closing alert most likely
	default:
		c.probed = b[0] == 'E' // not a changed setting or a notification
	}
	return true
}
