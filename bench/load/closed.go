package load

import (
	"context"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"trunkline/bench/scenario"
)

// Closed has a number of clients send one request after the other for a time.
func Closed(
	ctx context.Context, addr string, requests []scenario.Concrete, clients int, think, duration time.Duration,
) *Result {
	t := newTarget(addr, requests, clients)
	defer t.close()
	ctx, cancel := context.WithTimeout(ctx, duration)
	defer cancel()

	results := make([]*Result, clients)
	start := time.Now()
	var group sync.WaitGroup
	for c := range clients {
		results[c] = newResult()
		group.Go(func() { t.loop(ctx, c*len(requests)/clients, think, results[c]) })
	}
	group.Wait()

	total := newResult()
	total.Elapsed = time.Since(start)
	for _, r := range results {
		total.merge(r)
	}
	return total
}

// loop is one client: it starts at the first-th request, so that clients do not march in step.
func (t *target) loop(ctx context.Context, first int, think time.Duration, into *Result) {
	// A request holds state of the client while it is sent, so each client has its own copies.
	own := *t
	own.requests = make([]*fasthttp.Request, len(t.requests))
	for i, r := range t.requests {
		own.requests[i] = fasthttp.AcquireRequest()
		r.CopyTo(own.requests[i])
		own.requests[i].SetBodyRaw(t.expect[i].Body)
	}
	response := fasthttp.AcquireResponse()
	defer fasthttp.ReleaseResponse(response)
	for i := first; ctx.Err() == nil; i++ {
		own.send(i, response, time.Now(), into)
		if think > 0 {
			sleep(ctx, think)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Once sends one request.
func Once(addr string, request scenario.Concrete) *Result {
	t := newTarget(addr, []scenario.Concrete{request}, 1)
	defer t.close()
	response := fasthttp.AcquireResponse()
	defer fasthttp.ReleaseResponse(response)
	r := newResult()
	t.send(0, response, time.Now(), r)
	return r
}
