package socket

import (
	"math"
	"net"
	"strings"
	"testing"
	"time"
)

// TestSlowBodies checks connections whose bodies arrive at different paces: the wait for those that are too slow
// ends, that for others does not.
func TestSlowBodies(t *testing.T) {
	for name, test := range map[string]struct {
		pace int
		// bytes are sent before each look.
		bytes int
		ended bool
	}{
		"nothing":               {0, 0, true},
		"something":             {0, 1, false},
		"less than the pace":    {100, 100/paceLooks - 1, true},
		"as much as the pace":   {100, 100 / paceLooks, false},
		"nothing, with a pace":  {100, 0, true},
		"much more, at a pace":  {100, 1000, false},
		"more, without another": {0, 1000, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{MaxBody: math.MaxInt, Bodies: NewBudget(math.MaxInt64), ReadTimeout: time.Hour, LeastPace: test.pace}
			c, client := pair(t, o)
			c.open.add(c)
			write(t, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
			readHead(t, c)
			failed := make(chan error, 1)
			go func() {
				_, err := c.ReceiveBody(nil, math.MaxInt)
				failed <- err
			}()
			awaitCount(t, c, 1)
			seen := c.open.lookAtBodies(nil)
			for sent := 0; sent < 3*paceLooks*test.bytes && !c.arrival.late.Load(); sent += test.bytes {
				write(t, client, strings.Repeat("x", test.bytes))
				awaitCount(t, c, int64(1+sent+test.bytes))
				seen = c.open.lookAtBodies(seen)
			}
			for range paceLooks {
				if test.ended {
					seen = c.open.lookAtBodies(seen)
				}
			}
			if c.arrival.late.Load() != test.ended {
				t.Fatalf("ended: %t, want %t", !test.ended, test.ended)
			}
			if !test.ended {
				_ = c.Conn.Close()
			}
			err := <-failed
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() != test.ended {
				t.Errorf("error %v", err)
			}
		})
	}
}

// awaitCount waits until a connection waits for more of its body, with a count.
func awaitCount(t *testing.T, c *Conn, count int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); c.arrival.count.Load() != count || !c.arrival.awaited.Load(); {
		if time.Now().After(deadline) {
			t.Fatalf("counted %d, want %d; waiting: %t", c.arrival.count.Load(), count, c.arrival.awaited.Load())
		}
		time.Sleep(time.Millisecond)
	}
}

// TestLateBodyEndsAtItsNextWait ends the wait for a body that has just been given another deadline.
func TestLateBodyEndsAtItsNextWait(t *testing.T) {
	c, client := pair(t, Options{MaxBody: 100, Bodies: NewBudget(1 << 20), ReadTimeout: time.Hour})
	write(t, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
	readHead(t, c)
	c.endBodyWait()
	_, err := c.ReceiveBody(nil, 2)
	if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
		t.Errorf("error %v", err)
	}
}
