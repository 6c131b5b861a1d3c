package load

import (
	"context"
	"sync"
	"syscall"
	"time"
)

// DefaultOutstanding bounds the requests of an open loop that are under way, unless something else is asked for.
const DefaultOutstanding = 2048

// maxDue bounds how many requests that are due wait for somebody to send them without holding up the pacer.
const maxDue = 1 << 20

// openLoop sends requests at a fixed rate for a time. The latency of each counts from the moment at which it was due, so
// that a server that stalls is charged with the requests that could not be sent meanwhile. What nobody was free to
// send by the end of the time is counted as unsent.
func openLoop(ctx context.Context, o Options) *Result {
	t := newTarget(&o)
	defer t.close()
	due := make(chan int, min(max(o.offered(), 1), maxDue))
	start := time.Now()
	var group sync.WaitGroup
	for n := range o.connections() {
		group.Go(func() { t.client(n).follow(start, due) })
	}
	o.pace(ctx, start, due)
	group.Wait()
	total := t.total(time.Since(start))
	total.Offered = int64(o.offered())
	total.Unsent = max(total.Offered-total.Requests, 0)
	return total
}

// pace puts each request's number into due when it is due, then closes it.
func (o *Options) pace(ctx context.Context, start time.Time, due chan<- int) {
	defer close(due)
	for i := range o.offered() {
		waitUntil(ctx, start.Add(o.due(i)))
		if ctx.Err() != nil {
			return
		}
		due <- i
	}
}

// follow sends requests that are due, until the time is over and the last one could be taken.
func (c *client) follow(start time.Time, due <-chan int) {
	for i := range due {
		if time.Since(start) < c.Duration+precision {
			c.send(i, start.Add(c.due(i)))
		}
	}
}

// precision is more than Go's timers are late. A server would be charged with that.
const precision = 2 * time.Millisecond

// waitUntil waits for a moment, to some ten microseconds, unless ctx ends long before.
func waitUntil(ctx context.Context, moment time.Time) {
	if wait := time.Until(moment); wait > 2*precision {
		sleep(ctx, wait-precision)
	}
	for wait := time.Until(moment); wait > 0 && ctx.Err() == nil; wait = time.Until(moment) {
		rest := syscall.NsecToTimespec(wait.Nanoseconds())
		_ = syscall.Nanosleep(&rest, nil) // a signal may cut it short
	}
}
