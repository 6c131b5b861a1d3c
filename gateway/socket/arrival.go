package socket

import (
	"context"
	"os"
	"sync/atomic"
	"time"
)

// arrival is the state of the body that a connection receives, as seen by other goroutines.
type arrival struct {
	// count grows by one for each body and for each byte of them.
	count atomic.Int64
	// awaited is set while waiting for the client, late when it has had enough time.
	awaited, late atomic.Bool
}

const (
	// paceInterval is the time between checks of the bodies that are being received, and paceLooks the number of checks
	// per second. Checks are counted instead of time, so that a pause of the whole process is not counted against
	// clients.
	paceInterval = 100 * time.Millisecond
	paceLooks    = 10
)

// pace is the progress of a body: its connection's count some checks ago.
type pace struct {
	count int64
	looks int
}

// EndSlowBodies checks the bodies that are being received until ctx ends. If less than the least pace of a body arrives
// in a second, its client is not waited for any more: [Conn.ReceiveBody] fails with a timeout.
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

// lookAtBodies returns the progress of the connections that wait for a body, and ends the waits that are too slow.
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

// endBodyWait ends the wait for the body. If another wait has just started, that one ends when it would block.
func (c *Conn) endBodyWait() {
	c.arrival.late.Store(true) // before the deadline, which the other goroutine may be about to set
	_ = c.SetReadDeadline(time.Unix(1, 0))
}

// beginBodyWait records that the client is waited for until the deadline.
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

// endBodyRead records that n more bytes of the body have been received.
func (c *Conn) endBodyRead(n int) {
	c.body.received += int64(n)
	if c.arrival.awaited.Load() {
		c.arrival.awaited.Store(false)
	}
	c.arrival.count.Add(int64(n))
}
