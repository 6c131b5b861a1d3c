package socket

import (
	"context"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// watcher finds out which clients have gone while their requests run: the HTTP server does not read from a connection
// then, so it does not notice. One goroutine looks at the sockets in rounds.
//
// A request tells no more than that it begins and ends, by one number of its connection that nobody else writes. A
// timer for each request would be dearer: one that is nearer than all others wakes up the thread that waits for the
// network.
//
//	          a request begins                   the same request in two rounds
//	unlisted ──────────────────▶ listed: resting ──────────────────────────────▶ looked at in each round
//	    ▲                          │   ▲                                                     │
//	    └── no request for long ───┘   └───────────────── the request has ended ─────────────┘
type watcher struct {
	mu sync.Mutex
	// fresh are the connections that were listed since the last round; wake holds one if there are some.
	fresh []*Conn
	wake  chan struct{}

	// look is called with a socket and leaves in gone what it saw. Both are the watching goroutine's.
	look func(fd uintptr)
	gone bool
}

const (
	// watchInterval is the time between two rounds.
	watchInterval = 25 * time.Millisecond
	// watchRounds is how many rounds a connection stays listed without a request.
	watchRounds = 40
)

func newWatcher() *watcher {
	w := &watcher{wake: make(chan struct{}, 1)}
	w.look = func(fd uintptr) { w.gone = hungUp(int(fd)) }
	return w
}

// presence is what a connection keeps for the watcher.
type presence struct {
	// socket is for looking at; nil if there is no way to.
	socket syscall.RawConn
	// turns counts the beginnings and the ends of requests: it is odd while one runs.
	turns atomic.Uint32
	// listed is set when the watcher knows the connection, streaming when the request's answer is a stream.
	listed, streaming atomic.Bool

	// seen is turns in the last round, still for how many rounds it has been that. They are the watcher's.
	seen, still uint32
}

// Begin is called when a request begins to run, and Finish when its answer needs nothing of the database any more.
func (c *Conn) Begin() {
	c.turns.Add(1)
	if !c.listed.Load() && c.socket != nil { // Slow path
		c.open.watcher.add(c)
	}
}

// Finish is called when the request has ended, see Begin.
func (c *Conn) Finish() { c.turns.Add(1) }

// add lists a connection.
func (w *watcher) add(c *Conn) {
	if c.listed.Swap(true) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fresh = append(w.fresh, c)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns the connections that were listed since the last time.
func (w *watcher) take() []*Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := w.fresh
	w.fresh = nil
	return fresh
}

// run watches until ctx ends. It sleeps while there is nothing to watch.
func (w *watcher) run(ctx context.Context) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var conns []*Conn
	for {
		if len(conns) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-w.wake:
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			conns = w.round(append(conns, w.take()...))
		}
	}
}

// round looks after each connection, and returns those that stay listed.
func (w *watcher) round(conns []*Conn) []*Conn {
	kept := conns[:0]
	for _, c := range conns {
		if w.visit(c) {
			kept = append(kept, c)
		}
	}
	clear(conns[len(kept):])
	return kept
}

// visit looks after a connection, and reports whether it stays listed.
func (w *watcher) visit(c *Conn) bool {
	turns := c.turns.Load()
	switch {
	case turns != c.seen:
		c.seen, c.still = turns, 0
		return true
	case turns%2 == 1:
		return w.inspect(c)
	case c.still < watchRounds:
		c.still++
		return true
	}
	c.listed.Store(false)
	// A request that began just before has not seen that. If it was not listed because of it, it stays.
	return c.turns.Load() != turns && !c.listed.Swap(true)
}

// inspect looks whether the client of a running request has gone. While the watcher looks, nobody can close the socket
// and get its number for another one. A connection that is closed is not listed any more.
func (w *watcher) inspect(c *Conn) bool {
	w.gone = false
	if c.socket.Control(w.look) != nil {
		return false
	}
	if w.gone {
		c.abandon()
	}
	return true
}

// abandon ends the request whose client has gone. It may be called again for the same request. One whose answer is
// being sent may wait for the client to accept more, which no context ends.
func (c *Conn) abandon() {
	c.life.end(ErrClientGone)
	if c.streaming.Load() {
		_ = c.Conn.Close()
	}
}
