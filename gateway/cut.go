package gateway

import (
	"net"
	"time"
)

// Unread returns how many of the bytes that were sent the client has not received: see exec.Client. Those are still in
// the send buffer of the socket.
func (c *conn) Unread() (bytes int) {
	if c.socket != nil {
		_ = c.socket.Control(func(fd uintptr) { bytes = unsent(int(fd)) }) //nolint:gosec // it is a file descriptor
	}
	return bytes
}

// Cut closes the network connection, so that the server, which is writing to it, fails and gives its request up: see
// exec.Client. What the client has not received is not kept for it.
func (c *conn) Cut(stalled time.Duration) {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Conn.Close()
	if c.open.onCut != nil {
		c.open.onCut(c.RemoteAddr(), stalled)
	}
}
