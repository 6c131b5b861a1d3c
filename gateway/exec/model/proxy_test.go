package model

import (
	"net"
	"sync"
	"testing"
)

// proxy passes connections on to PostgreSQL, and cuts one on request.
type proxy struct {
	listener net.Listener
	target   string
	serving  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	// open are the connections by their port towards PostgreSQL.
	open map[int]*link
	// cut is what is to happen, nil for nothing, and left how many bytes may pass until then.
	cut  *cut
	left int
}

// link is a connection of the gateway and that to PostgreSQL.
type link struct{ client, server *net.TCPConn }

// newProxy returns a proxy that serves until it is closed.
func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, open: make(map[int]*link)}
	p.serving.Go(p.accept)
	return p
}

func (p *proxy) port() uint16 {
	return uint16(p.listener.Addr().(*net.TCPAddr).Port)
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for _, l := range p.open {
		l.close()
	}
	p.mu.Unlock()
	p.serving.Wait()
}

func (l *link) close() {
	_ = l.server.Close()
	_ = l.client.Close()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { p.serve(client.(*net.TCPConn)) })
	}
}

// serve copies data in both directions until either side closes.
func (p *proxy) serve(client *net.TCPConn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{client: client, server: server.(*net.TCPConn)}
	port := server.LocalAddr().(*net.TCPAddr).Port
	p.mu.Lock()
	p.open[port] = l
	if p.closed {
		l.close()
	}
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.forward(l, l.server, l.client, false) })
	both.Go(func() { p.forward(l, l.client, l.server, true) })
	both.Wait()
	p.mu.Lock()
	delete(p.open, port)
	p.mu.Unlock()
}

// forward copies data from one side to the other.
func (p *proxy) forward(l *link, to, from *net.TCPConn, down bool) {
	defer l.close()
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		pass, broken := p.pass(n, down)
		if pass > 0 {
			if _, err := to.Write(b[:pass]); err != nil {
				return
			}
		}
		if broken != nil {
			if broken.Reset {
				_ = l.client.SetLinger(0)
				_ = l.server.SetLinger(0)
			}
			return
		}
		if err != nil { // io.EOF, or the other side was closed
			return
		}
	}
}

// pass returns how many of n bytes may pass, and the cut if it is to happen then.
func (p *proxy) pass(n int, down bool) (int, *cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == nil || p.cut.Down != down {
		return n, nil
	}
	if p.left >= n {
		p.left -= n
		return n, nil
	}
	broken := p.cut
	p.cut = nil
	return p.left, broken
}

// arm has a connection cut; nil takes that back.
func (p *proxy) arm(c *cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut = c; c != nil {
		p.left = c.Bytes
	}
}

// ports are those of the connections to PostgreSQL.
func (p *proxy) ports() map[int]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	ports := make(map[int]bool, len(p.open))
	for port := range p.open {
		ports[port] = true
	}
	return ports
}
