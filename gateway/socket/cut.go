package socket

import "time"

// Unread returns how many of the bytes that were sent the client has not received: see exec.Client. Those are still in
// the send buffer of the socket.
func (c *Conn) Unread() (bytes int) {
	if c.socket != nil {
		_ = c.socket.Control(func(fd uintptr) { bytes = unsent(int(fd)) })
	}
	return bytes
}

// Cut closes the network connection, so that the server, which is writing to it, fails and gives its request up: see
// exec.Client. What the client has not received is not kept for it.
func (c *Conn) Cut(stalled time.Duration) {
	c.ResetOnClose()
	_ = c.Conn.Close()
	if c.open.o.OnCut != nil {
		c.open.o.OnCut(c.RemoteAddr(), stalled)
	}
}
