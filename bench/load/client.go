package load

import (
	"fmt"
	"time"

	"github.com/valyala/fasthttp"

	"trunkline/bench/scenario"
)

// target is a server under load, with its requests prepared.
type target struct {
	client   *fasthttp.HostClient
	requests []*fasthttp.Request
	expect   []scenario.Concrete
}

// newTarget prepares requests for a server at host:port.
func newTarget(addr string, requests []scenario.Concrete, connections int) *target {
	t := &target{
		client: &fasthttp.HostClient{
			Addr: addr, MaxConns: connections, MaxIdemponentCallAttempts: 1,
			NoDefaultUserAgentHeader: true, ReadBufferSize: 64 << 10,
			ReadTimeout: time.Minute, WriteTimeout: time.Minute, MaxResponseBodySize: 1 << 30,
		},
		expect: requests,
	}
	for i := range requests {
		r := fasthttp.AcquireRequest()
		r.Header.SetMethod(requests[i].Method)
		r.SetRequestURI(requests[i].Path)
		r.Header.SetHost(addr)
		for _, h := range requests[i].Headers {
			r.Header.Set(h[0], h[1])
		}
		if len(requests[i].Body) > 0 {
			r.SetBodyRaw(requests[i].Body)
			if len(r.Header.ContentType()) == 0 {
				r.Header.SetContentType("application/json")
			}
		}
		t.requests = append(t.requests, r)
	}
	return t
}

func (t *target) close() { t.client.CloseIdleConnections() }

// send sends the i-th request, taken around, and records how it was answered. The latency is counted from since.
func (t *target) send(i int, response *fasthttp.Response, since time.Time, into *Result) {
	i %= len(t.requests)
	err := t.client.Do(t.requests[i], response)
	into.record(time.Since(since))
	into.Requests++
	into.Bytes += int64(len(response.Body()))
	switch {
	case err != nil:
		into.fail(fmt.Sprintf("%s %s: %v", t.expect[i].Method, t.expect[i].Path, err))
	case !t.expect[i].OK(response.StatusCode()):
		into.fail(fmt.Sprintf("%s %s: status %d: %.200s", t.expect[i].Method, t.expect[i].Path,
			response.StatusCode(), response.Body()))
	}
}

func (r *Result) fail(why string) {
	r.Failed++
	if r.FirstFailure == "" {
		r.FirstFailure = why
	}
}
