package socket

import (
	"errors"
	"net"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestNewConnectionsAreKeptAway holds a listener in the state in which its backlog is emptied before it is closed: what
// would arrive then would be reset.
func TestNewConnectionsAreKeptAway(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has the filter of sockets")
	}
	for name, address := range map[string]*Address{
		"TCP":       {Host: "127.0.0.1"},
		"same port": {Host: "127.0.0.1", ReusePort: true},
		"both":      {Host: "*"},
		"IPv6":      {Host: "::1"},
		"unix":      {Unix: filepath.Join(t.TempDir(), "socket"), Mode: 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := address.Listen(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			s := stoppable(ln)
			if s == nil {
				t.Fatal("the listener cannot be stopped")
			}
			keepAway(s)
			c, err := net.DialTimeout(ln.Addr().Network(), ln.Addr().String(), 200*time.Millisecond)
			if err == nil {
				_ = c.Close()
				t.Error("a new connection has arrived")
			}
		})
	}
}

// TestBacklogIsServed stops listeners whose backlogs have connections: all are accepted, and then there is no socket.
func TestBacklogIsServed(t *testing.T) {
	for name, address := range map[string]*Address{
		"TCP":        {Host: "127.0.0.1"},
		"same port":  {Host: "127.0.0.1", ReusePort: true},
		"IPv6":       {Host: "::1"},
		"unix":       {Unix: filepath.Join(t.TempDir(), "socket"), Mode: 0o600},
		"with pause": {Host: "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := address.Listen(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			set := NewSet(Options{MaxConnections: 1000})
			l := set.Listener(Patient(ln, func(error) {}))
			const waiting = 20
			for range waiting {
				c, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
			}
			l.Stop()
			if name == "with pause" { // the deadline has passed before the first Accept
				time.Sleep(2 * quietTime)
			}
			accepted := 0
			for ; ; accepted++ {
				c, err := l.Accept()
				if errors.Is(err, net.ErrClosed) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				_ = c.Close()
			}
			if accepted != waiting {
				t.Errorf("%d accepted, want %d", accepted, waiting)
			}
			if c, err := net.Dial(ln.Addr().Network(), ln.Addr().String()); err == nil {
				_ = c.Close()
				t.Error("the socket is open")
			}
		})
	}
}

// TestDrainAnswersWhatHasArrived begins to drain right after clients have sent a request, whether their connections
// were idle, waited in a goroutine, or were new.
func TestDrainAnswersWhatHasArrived(t *testing.T) {
	for round := range 60 {
		awake := []time.Duration{time.Millisecond, time.Hour}[round%2]
		r := newIdleRig(t, awake, time.Hour)
		var clients []*httpClient
		for n := range 10 {
			c := r.dial()
			if n > 2 {
				if err := c.ask("/first"); err != nil {
					t.Fatal(err)
				}
			}
			clients = append(clients, c)
		}
		r.until("all are accepted", func() bool { return r.set.Len() == len(clients) })
		if awake < time.Second {
			r.until("all are idle", func() bool { return r.idle() == len(clients) })
		}
		for _, c := range clients {
			if err := c.send("/second"); err != nil {
				t.Fatal(err)
			}
		}
		r.set.Drain()
		for _, c := range clients {
			if err := c.expect("/second"); err != nil {
				t.Error(err)
			}
		}
		r.until("all have ended", func() bool { return r.set.Len() == 0 })
	}
}

// TestDrainDuringRequests begins to drain while clients send one request after another. What was executed was answered.
func TestDrainDuringRequests(t *testing.T) {
	for range 20 {
		r := newIdleRig(t, time.Millisecond, time.Hour)
		var answered atomic.Int64
		var running sync.WaitGroup
		for range 10 {
			c := r.dial()
			running.Go(func() {
				for c.ask("/") == nil {
					answered.Add(1)
				}
			})
		}
		r.until("they are served", func() bool { return answered.Load() > 50 })
		r.set.Drain()
		running.Wait()
		if r.executed.Load() != answered.Load() {
			t.Errorf("%d requests were executed, %d answered", r.executed.Load(), answered.Load())
		}
	}
}
