package load

import (
	"context"
	"sync"
	"time"

	"trunkline/bench/scenario"
)

// Run sends a load: in an open loop if it has a rate, otherwise in a closed one.
func Run(ctx context.Context, o Options) *Result {
	if o.Rate > 0 {
		return openLoop(ctx, o)
	}
	return closedLoop(ctx, o)
}

// closedLoop runs clients that each send one request after the other for the given time.
func closedLoop(ctx context.Context, o Options) *Result {
	t := newTarget(&o)
	defer t.close()
	ctx, cancel := context.WithTimeout(ctx, o.Duration)
	defer cancel()

	start := time.Now()
	var group sync.WaitGroup
	for n := range o.Clients {
		group.Go(func() { t.client(n).loop(ctx, n*len(o.Requests)/o.Clients) })
	}
	group.Wait()
	return t.total(time.Since(start))
}

// loop starts at the request with index first, so that clients do not all send the same request at the same time.
func (c *client) loop(ctx context.Context, first int) {
	for i := first; ctx.Err() == nil; i++ {
		c.send(i, time.Now())
		if c.Think > 0 {
			sleep(ctx, c.Think)
		}
	}
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Once sends one request.
func Once(addr string, request scenario.Concrete) *Result {
	t := newTarget(&Options{Addr: addr, Requests: []scenario.Concrete{request}, Clients: 1})
	defer t.close()
	start := time.Now()
	t.client(0).send(0, start)
	return t.total(time.Since(start))
}
