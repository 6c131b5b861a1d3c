package load

import (
	"context"
	"sync"
	"syscall"
	"time"
)

// DefaultOutstanding is the default bound on the concurrent requests of an open loop.
const DefaultOutstanding = 2048

// maxDue is how many due requests can wait to be sent without blocking the pacer.
const maxDue = 1 << 20

// openLoop sends requests at a fixed rate for the given time. Each latency counts from the moment at which the request
// was due, so that a stalled server is charged with the requests that could not be sent meanwhile. Requests that no
// client was free to send by the end are counted as unsent.
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

// pace sends each request's number to due at its time, then closes due.
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

// follow sends requests that are due until none are left.
func (c *client) follow(start time.Time, due <-chan int) {
	for i := range due {
		if time.Since(start) < c.Duration+precision {
			c.send(i, start.Add(c.due(i)))
		}
	}
}

// precision is more than the lateness of Go's timers, with which a server would otherwise be charged.
const precision = 2 * time.Millisecond

// waitUntil waits for a moment, with a precision of some ten microseconds, or until ctx ends.
func waitUntil(ctx context.Context, moment time.Time) {
	if wait := time.Until(moment); wait > 2*precision {
		sleep(ctx, wait-precision)
	}
	for wait := time.Until(moment); wait > 0 && ctx.Err() == nil; wait = time.Until(moment) {
		rest := syscall.NsecToTimespec(wait.Nanoseconds())
		_ = syscall.Nanosleep(&rest, nil) // a signal may interrupt it
	}
}
