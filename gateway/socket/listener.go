package socket

import (
	"net"
	"time"
)

// listener accepts connections for a set, up to its limit.
type listener struct {
	net.Listener
	open *Set
}

// Listener returns a listener that accepts from ln, up to the limit. Its connections are *[Conn] and belong to the set
// until they are closed.
func (s *Set) Listener(ln net.Listener) net.Listener { return &listener{ln, s} }

// Accept waits for the next connection. Those beyond the limit are answered at once and closed.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
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

// refuse answers a connection that is one too many. The answer fits into the socket's buffer.
func (l *listener) refuse(c net.Conn) {
	_ = c.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = c.Write(l.open.o.TooMany)
	_ = c.Close()
}
