package socket

import (
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestHeadInPieces sends heads in pieces, one after another: each is read when all of it is there, and only to its end.
func TestHeadInPieces(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	long := "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 60_000) + "\r\nY: y\r\n\r\n"
	budget := NewBudget(1 << 20)
	c, client := pair(t, Options{MaxHeaders: 1 << 16, Bodies: budget, ReadTimeout: time.Minute})
	stream := get + long + get + get + long + get
	sent := make(chan error, 1)
	go func() {
		for len(stream) > 0 {
			n := min(len(stream), 1+len(stream)%5000)
			if _, err := client.Write([]byte(stream[:n])); err != nil {
				sent <- err
				return
			}
			stream = stream[n:]
			time.Sleep(time.Millisecond)
		}
		sent <- nil
	}()
	for i, want := range []string{get, long, get, get, long, get} {
		first := make([]byte, 1)
		if n, err := c.Read(first); n != 1 || err != nil {
			t.Fatalf("%d: %d bytes, %v", i, n, err)
		}
		if c.head.passed != len(want)-1 {
			t.Errorf("%d: bytes were passed on when %d bytes of %d had arrived", i, c.head.passed, len(want))
		}
		if head := string(first) + readHead(t, c); head != want {
			t.Fatalf("%d: %d bytes, want %d", i, len(head), len(want))
		}
		if n := held(budget); n != 0 || c.head.held != nil || cap(c.framing.carry) > keptCarry {
			t.Errorf("%d: %d bytes of the budget, %d held, %d carried", i, n, cap(c.head.held), cap(c.framing.carry))
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// TestBrokenHeads ends heads before they are complete. If the client can get an answer, the server gets one byte, so
// that it answers, and then the error.
func TestBrokenHeads(t *testing.T) {
	const get = "GET / HTTP/1.1\r\n"
	for name, test := range map[string]struct {
		message string
		o       Options
		stops   bool
		status  int // of the refusal, or 0 for none
	}{
		"refused":             {get + "Host: a\r\nX : y\r\n\r\n", Options{ReadTimeout: time.Minute}, false, 400},
		"TLS":                 {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Options{ReadTimeout: time.Minute}, false, 400},
		"too large":           {get + "X: " + strings.Repeat("x", 70_000), Options{ReadTimeout: time.Minute}, false, 431},
		"more than is left":   {get + "X: " + strings.Repeat("x", 20_000), Options{ReadTimeout: time.Minute, Bodies: NewBudget(30_000)}, false, 503},
		"too slow":            {get + "X: ", Options{ReadTimeout: 10 * time.Millisecond}, false, 0},
		"the client has gone": {get + "X: " + strings.Repeat("x", 20_000), Options{ReadTimeout: time.Minute}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			test.o.MaxHeaders = 1 << 16
			if test.o.Bodies == nil {
				test.o.Bodies = NewBudget(1 << 20)
			}
			c, client := pair(t, test.o)
			go func() {
				_, _ = client.Write([]byte(test.message))
				if test.stops {
					_ = client.Close()
				}
			}()
			p := make([]byte, 10)
			if n, err := c.Read(p); (n == 1 && err == nil) == test.stops {
				t.Fatalf("%d bytes, %v", n, err)
			}
			for range 2 {
				if n, err := c.Read(p); n != 0 || err == nil || errors.Is(err, errRefused) != (test.status != 0) {
					t.Errorf("%d bytes, %v", n, err)
				}
			}
			if why := c.Refusal(); why == nil && test.status != 0 || why != nil && why.Status != test.status {
				t.Errorf("refusal %v, want status %d", why, test.status)
			}
			if n := held(test.o.Bodies); n != 0 {
				t.Errorf("%d bytes of the budget are held", n)
			}
		})
	}
}

// TestSlowHeadsCostLittle has clients begin a head and stop. None of them makes the server hold a buffer for a whole
// one.
func TestSlowHeadsCostLittle(t *testing.T) {
	const clients, buffer, most = 200, 100 << 10, 10 << 10
	r := newIdleRig(t, time.Hour, time.Hour)
	r.http.ReadBufferSize = buffer
	before := heap()
	for range clients {
		c := r.dial()
		if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost")); err != nil {
			t.Fatal(err)
		}
	}
	r.until("all heads have begun", func() bool { return r.halfSent() == clients })
	if grown := heap() - before; grown > clients*most {
		t.Errorf("each costs %d bytes", grown/clients)
	}
}

// halfSent returns how many connections wait for the rest of a head.
func (r *idleRig) halfSent() (n int) {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	for c := range r.set.conns {
		if c.halfSent.Load() {
			n++
		}
	}
	return n
}

// heap returns the size of what is in use.
func heap() int64 {
	var stats runtime.MemStats
	for range 2 { // what pools hold is free after the second time
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// TestLingeringHoldsNoBuffer closes a connection whose client still sends: all of it is received, and nothing is held.
func TestLingeringHoldsNoBuffer(t *testing.T) {
	c, client := pair(t, Options{ReadTimeout: time.Minute})
	if _, err := client.Write([]byte("no request\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	c.Linger()
	closed := make(chan error, 1)
	go func() { closed <- c.Close() }()
	for range 100 {
		if _, err := client.Write(make([]byte, 20_000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Error(err)
	}
	if err := <-closed; err != nil || c.input.buffer != nil {
		t.Errorf("%v, buffer %p", err, c.input.buffer)
	}
}
