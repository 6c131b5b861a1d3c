package socket

import "time"

// Unread returns how many of the sent bytes the client has not received, -1 if that is not known: see exec.Client. They
// are in the send buffer of the socket.
func (c *Conn) Unread() (bytes int) {
	bytes = -1
	if c.socket != nil {
		_ = c.socket.Control(func(fd uintptr) { bytes = unsent(int(fd)) })
	}
	return bytes
}

// Cut closes the network connection, so that the server's write to it fails: see exec.Client. What the client has not
// received is discarded.
func (c *Conn) Cut(stalled time.Duration) {
	c.ResetOnClose()
	_ = c.Conn.Close()
	if c.open.o.OnCut != nil {
		c.open.o.OnCut(c.RemoteAddr(), stalled)
	}
}
