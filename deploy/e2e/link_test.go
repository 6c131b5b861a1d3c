package e2e

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// link is the network between a gateway and its database: a TCP port that passes connections on to a unix socket, and
// that can fail as networks do.
type link struct {
	t       *testing.T
	address string
	target  atomic.Pointer[string] // the socket's path
	// tears makes each tearing-th piece break off in the middle and end its connection; 0 for none.
	tears  atomic.Int64
	pieces atomic.Int64
	// delay is how long each piece takes, a time.Duration.
	delay atomic.Int64

	mu       sync.Mutex
	changed  sync.Cond // stalled, lost or closed has changed
	listener net.Listener
	stalled  bool
	pairs    map[*pair]struct{}
	group    sync.WaitGroup
}

// pair is a connection that is passed on.
type pair struct {
	client *net.TCPConn
	socket net.Conn
	lost   bool // nothing arrives any more, in either direction
	closed bool
}

// newLink opens a link to a socket. It is closed at the end of the test.
func newLink(t *testing.T, target string) *link {
	l := &link{t: t, pairs: map[*pair]struct{}{}, address: "127.0.0.1:" + freePort(t)}
	l.changed.L = &l.mu
	l.target.Store(&target)
	l.open()
	t.Cleanup(func() {
		l.refuse()
		l.cut()
		l.group.Wait()
	})
	return l
}

// port returns the TCP port.
func (l *link) port() string { return strings.TrimPrefix(l.address, "127.0.0.1:") }

// open accepts connections.
func (l *link) open() {
	listener, err := net.Listen("tcp", l.address)
	if err != nil {
		l.t.Error(err)
		return
	}
	l.mu.Lock()
	l.listener = listener
	l.mu.Unlock()
	l.group.Go(func() { l.accept(listener) })
}

// refuse refuses new connections, until open is called.
func (l *link) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.listener.Close()
}

// cut resets all connections.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.pairs {
		l.closeLocked(p)
	}
}

// stall holds everything back that is under way, until it is called with false.
func (l *link) stall(stalled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stalled = stalled
	l.changed.Broadcast()
}

// lose has what is sent on the present connections vanish, from now on. Nobody is told.
func (l *link) lose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.pairs {
		p.lost = true
	}
	l.changed.Broadcast()
}

func (l *link) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		socket, err := net.Dial("unix", *l.target.Load())
		if err != nil {
			_ = client.Close()
			continue
		}
		p := &pair{client: client.(*net.TCPConn), socket: socket}
		l.mu.Lock()
		l.pairs[p] = struct{}{}
		l.mu.Unlock()
		l.group.Go(func() { l.pass(p, p.client, socket) })
		l.group.Go(func() { l.pass(p, socket, p.client) })
	}
}

// pass passes one direction on until it ends, and closes both then.
func (l *link) pass(p *pair, from io.Reader, to io.Writer) {
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.closeLocked(p)
	}()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		piece := buffer[:n]
		time.Sleep(time.Duration(l.delay.Load()))
		if !l.arrives(p, false) {
			continue
		}
		if every := l.tears.Load(); every > 0 && l.pieces.Add(1)%every == 0 {
			_, _ = to.Write(piece[:n/2])
			return
		}
		if _, err := to.Write(piece[:n/2]); err != nil {
			return
		}
		if !l.arrives(p, true) {
			continue
		}
		if _, err := to.Write(piece[n/2:]); err != nil {
			return
		}
	}
}

// arrives reports whether what is under way arrives. It may wait while the link is stalled.
func (l *link) arrives(p *pair, wait bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for wait && l.stalled && !p.lost && !p.closed {
		l.changed.Wait()
	}
	return !p.lost
}

// closeLocked ends a connection: the client's end is reset.
func (l *link) closeLocked(p *pair) {
	if p.closed {
		return
	}
	p.closed = true
	_ = p.client.SetLinger(0)
	_, _ = p.client.Close(), p.socket.Close()
	delete(l.pairs, p)
	l.changed.Broadcast()
}
