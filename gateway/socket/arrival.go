package socket

import (
	"context"
	"os"
	"sync/atomic"
	"time"
)

// arrival is what a connection shows of the body that it receives, to those who look at it meanwhile.
type arrival struct {
	// count grows by one for each body and for each byte of them.
	count atomic.Int64
	// awaited is set while the client is waited for, late when it has had enough time.
	awaited, late atomic.Bool
}

const (
	// paceInterval is the time between two looks at the bodies that are being received, and paceLooks how many looks make a
	// second. Looks are counted instead of time: if the process itself was halted, no client is to blame.
	paceInterval = 100 * time.Millisecond
	paceLooks    = 10
)

// pace is what was seen of a body: what its connection had counted some looks ago.
type pace struct {
	count int64
	looks int
}

// EndSlowBodies looks at the bodies that are being received until ctx ends. The client of one of which less than the
// least pace arrives in a second is not waited for any more: [Conn.ReceiveBody] fails with a timeout.
func (s *Set) EndSlowBodies(ctx context.Context) {
	tick := time.NewTicker(paceInterval)
	defer tick.Stop()
	for seen := make(map[*Conn]pace); ; {
		seen = s.lookAtBodies(seen)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// lookAtBodies returns what is now seen of the connections that wait for a body, and ends the waits that make too little
// progress.
func (s *Set) lookAtBodies(before map[*Conn]pace) (now map[*Conn]pace) {
	least := int64(max(s.o.LeastPace, 1))
	now = make(map[*Conn]pace, len(before))
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if !c.arrival.awaited.Load() {
			continue
		}
		count, seen := c.arrival.count.Load(), before[c]
		switch {
		case seen.looks == 0, count-seen.count >= least:
			seen = pace{count, 1}
		case seen.looks < paceLooks:
			seen.looks++
		default:
			c.endBodyWait()
		}
		now[c] = seen
	}
	return now
}

// endBodyWait ends the wait for the body. If another one has just begun, that ends when it would have to wait.
func (c *Conn) endBodyWait() {
	c.arrival.late.Store(true) // before the deadline, which the other goroutine may be about to set
	_ = c.SetReadDeadline(time.Unix(1, 0))
}

// beginBodyWait notes that the client is waited for until the deadline.
func (c *Conn) beginBodyWait(deadline time.Time) error {
	c.arrival.awaited.Store(true)
	if err := c.SetReadDeadline(deadline); err != nil {
		return err
	}
	if c.arrival.late.Load() {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// endBodyRead notes that n more bytes of the body have been received.
func (c *Conn) endBodyRead(n int) {
	c.body.received += int64(n)
	if c.arrival.awaited.Load() {
		c.arrival.awaited.Store(false)
	}
	c.arrival.count.Add(int64(n))
}
