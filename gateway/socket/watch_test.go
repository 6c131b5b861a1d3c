package socket

import (
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"
)

// TestWatcherForgets checks that connections without requests are not watched, and are watched again with the next.
func TestWatcherForgets(t *testing.T) {
	w := newWatcher()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	c := newConn(near, &Set{watcher: w})
	c.socket = noSocket{}
	var conns []*Conn
	for range 2 {
		c.Begin()
		c.Finish()
		if conns = w.round(append(conns, w.take()...)); len(conns) != 1 || !c.listed.Load() {
			t.Fatalf("%d connections are listed", len(conns))
		}
		for range watchRounds + 1 {
			conns = w.round(conns)
		}
		if len(conns) != 0 || c.listed.Load() || len(w.take()) != 0 {
			t.Fatalf("%d connections are still listed", len(conns))
		}
	}
	c.Begin()
	conns = w.round(w.round(w.take()))
	if len(conns) != 1 || c.life.Err() != nil {
		t.Errorf("%d connections, %v", len(conns), c.life.Err())
	}
}

// TestWatcherMissesNobody begins requests at the moment at which their connection is forgotten.
func TestWatcherMissesNobody(t *testing.T) {
	w := newWatcher()
	looks := make(chan struct{})
	c := newConn(nil, &Set{watcher: w})
	c.socket = noSocket{looks}
	ended := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for conns := []*Conn(nil); ; conns = w.round(append(conns, w.take()...)) {
			if len(conns) > 1 {
				t.Errorf("the connection is listed %d times", len(conns))
				return
			}
			select {
			case <-ended:
				return
			default:
			}
		}
	})
	defer watching.Wait()
	defer close(ended)
	for n := range 10_000 {
		c.Begin()
		select {
		case <-looks:
		case <-time.After(time.Minute):
			t.Fatalf("request %d is not checked", n)
		}
		c.Finish()
		for c.listed.Load() && n%3 > 0 && rand.IntN(1000) > 0 { // until it is forgotten, or about to be
			runtime.Gosched()
		}
	}
}

// noSocket is a socket whose peer is connected. It reports each check of it, if a channel is set.
type noSocket struct{ looks chan<- struct{} }

func (s noSocket) Control(func(uintptr)) error {
	select {
	case s.looks <- struct{}{}:
	default:
	}
	return nil
}

func (noSocket) Read(func(uintptr) bool) error  { return nil }
func (noSocket) Write(func(uintptr) bool) error { return nil }
