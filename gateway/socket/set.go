package socket

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Options bound what connections may do.
type Options struct {
	// MaxRequestLine and MaxHeaders bound the parts of a request before its body, in bytes.
	MaxRequestLine, MaxHeaders int
	// MaxConnections bounds the open connections. TooMany is the whole answer to those beyond.
	MaxConnections int
	TooMany        []byte
	// MaxBody bounds a body, in bytes, and Bodies the memory of all of them.
	MaxBody int
	Bodies  *Budget
	// ReadTimeout is how long a client may take to send a body, and LeastPace how many bytes of it give it another second;
	// 0 for none.
	ReadTimeout time.Duration
	LeastPace   int
	// WriteTimeout is how long a client may take to accept each 256 KiB of an answer.
	WriteTimeout time.Duration
	// Serve is called, in a goroutine of its own, with a *Conn that was idle and has something to read; nil if none may
	// become idle.
	Serve func(net.Conn)
	// OnCut is called with the address of each client that was cut off, and how long it had not read; nil for nobody.
	OnCut func(client net.Addr, stalled time.Duration)
}

func (o *Options) limits() framingLimits {
	return framingLimits{requestLine: o.MaxRequestLine, headers: o.MaxHeaders}
}

// Set is the open connections of a server.
type Set struct {
	o       Options
	watcher *watcher
	idle    idleConns
	// draining is set when connections are ended as soon as their clients have no request.
	draining atomic.Bool

	mu    sync.Mutex
	conns map[*Conn]struct{}
	// totals are those of the connections that are closed, and the number of those that were accepted.
	totals Totals
	// aborted is set when requests may run no more.
	aborted bool
}

// NewSet returns a set without connections.
func NewSet(o Options) *Set {
	return &Set{
		o: o, watcher: newWatcher(), conns: make(map[*Conn]struct{}),
		idle: idleConns{serve: o.Serve, awake: awakeTime},
	}
}

// Watch looks after the clients of running requests and after idle connections until ctx ends.
func (s *Set) Watch(ctx context.Context) {
	s.idle.open()
	defer s.idle.close()
	s.watcher.run(ctx)
}

func (s *Set) add(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
	s.totals.Accepted++
	if s.aborted {
		c.life.end(errAborted)
	}
}

func (s *Set) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.conns[c]; open {
		s.totals.add(c)
		delete(s.conns, c)
	}
}

// Abort ends the contexts of the requests that run, and of those that would begin.
func (s *Set) Abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aborted = true
	for c := range s.conns {
		c.life.end(errAborted)
	}
}

// Len returns the number of open connections.
func (s *Set) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// CloseHalfSent closes the connections whose clients have sent the beginning of a head only. The goroutines that read
// from them notice, and end.
func (s *Set) CloseHalfSent() { s.closeIf(func(c *Conn) bool { return c.halfSent.Load() }) }

// CloseAll closes all connections.
func (s *Set) CloseAll() { s.closeIf(func(*Conn) bool { return true }) }

func (s *Set) closeIf(pick func(*Conn) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if pick(c) {
			_ = c.Conn.Close()
		}
	}
}

// WaitEmpty waits until all connections are closed, also those that the HTTP server has handed over and so forgotten.
// It returns the error of ctx if that ends before.
func (s *Set) WaitEmpty(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for s.Len() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
