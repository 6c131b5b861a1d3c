package load

import (
	"context"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"trunkline/bench/scenario"
)

// maxOutstanding bounds the requests that an open loop has under way. Those beyond it wait, and their wait is part of
// their latency.
const maxOutstanding = 4096

// Open sends requests at a fixed rate for a time. The latency of each counts from the moment at which it was due, so
// that a server that stalls is charged with the requests that could not be sent meanwhile.
func Open(
	ctx context.Context, addr string, requests []scenario.Concrete, perSecond float64, duration time.Duration,
) *Result {
	t := newTarget(addr, requests, maxOutstanding)
	defer t.close()
	interval := time.Duration(float64(time.Second) / perSecond)
	due := make(chan int, int(duration/interval)+1)
	var group sync.WaitGroup
	var mu sync.Mutex
	total := newResult()
	start := time.Now()

	for range min(maxOutstanding, max(int(perSecond), 1)) {
		group.Go(func() {
			own := newResult()
			response := fasthttp.AcquireResponse()
			defer fasthttp.ReleaseResponse(response)
			for i := range due {
				t.sendCopy(i, response, start.Add(time.Duration(i)*interval), own)
			}
			mu.Lock()
			defer mu.Unlock()
			total.merge(own)
		})
	}
	for i := 0; time.Duration(i)*interval < duration && ctx.Err() == nil; i++ {
		sleep(ctx, time.Until(start.Add(time.Duration(i)*interval)))
		due <- i
	}
	close(due)
	group.Wait()
	total.Elapsed = time.Since(start)
	return total
}

// sendCopy is send for requests that several goroutines may send at once.
func (t *target) sendCopy(i int, response *fasthttp.Response, since time.Time, into *Result) {
	request := fasthttp.AcquireRequest()
	defer fasthttp.ReleaseRequest(request)
	at := i % len(t.requests)
	t.requests[at].CopyTo(request)
	request.SetBodyRaw(t.expect[at].Body)
	own := target{client: t.client, requests: []*fasthttp.Request{request}, expect: t.expect[at : at+1]}
	own.send(0, response, since, into)
}
