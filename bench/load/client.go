package load

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/valyala/fasthttp"

	"trunkline/bench/scenario"
)

// target is a server under load, with its requests prepared.
type target struct {
	*Options
	host     *fasthttp.HostClient
	requests []*fasthttp.Request // without bodies
	shards   []*shard
}

// largeTimeout is how long a large answer may take.
const largeTimeout = 10 * time.Minute

// newTarget prepares requests for a server.
func newTarget(o *Options) *target {
	t := &target{Options: o, host: &fasthttp.HostClient{
		Addr: o.Addr, Dial: o.dial, MaxConns: o.connections(), MaxIdemponentCallAttempts: 1,
		NoDefaultUserAgentHeader: true, ReadBufferSize: 64 << 10,
		ReadTimeout: time.Minute, WriteTimeout: time.Minute, MaxResponseBodySize: 1 << 30,
	}}
	if o.Large {
		t.host.StreamResponseBody, t.host.ReadTimeout = true, largeTimeout
		t.host.MaxResponseBodySize = 0
	}
	for i := range o.Requests {
		t.requests = append(t.requests, prepare(o.host(), &o.Requests[i]))
	}
	for range min(o.connections(), maxShards) {
		t.shards = append(t.shards, &shard{result: newResult()})
	}
	return t
}

// prepare returns a request without a body, which all that send it share.
func prepare(host string, c *scenario.Concrete) *fasthttp.Request {
	r := fasthttp.AcquireRequest()
	r.Header.SetMethod(c.Method)
	r.SetRequestURI(c.Path)
	r.Header.SetHost(host)
	for _, h := range c.Headers {
		r.Header.Set(h[0], h[1])
	}
	if len(c.Body) > 0 && len(r.Header.ContentType()) == 0 {
		r.Header.SetContentType("application/json")
	}
	return r
}

func (t *target) close() { t.host.CloseIdleConnections() }

// client sends requests, one at a time.
type client struct {
	*target
	request  fasthttp.Request
	response fasthttp.Response
	into     *shard
}

// client returns the n-th client. Clients share the shards that they record to.
func (t *target) client(n int) *client { return &client{target: t, into: t.shards[n%len(t.shards)]} }

// send sends the i-th request, modulo their number, and records its answer. The latency is counted from since.
func (c *client) send(i int, since time.Time) {
	i %= len(c.requests)
	expect := &c.Requests[i]
	c.requests[i].CopyTo(&c.request)
	c.request.SetBodyRaw(expect.Body)
	c.response.SkipBody = false // a HEAD request sets it
	sent := time.Now()
	err := c.host.Do(&c.request, &c.response)
	size := int64(0)
	if err == nil && c.Large && expect.OK(c.response.StatusCode()) {
		size, err = c.skipBody()
	} else {
		size = int64(len(c.response.Body()))
	}
	now := time.Now()
	c.into.add(func(r *Result) {
		r.Bytes += size
		r.answer(c, expect, times{now.Sub(since), now.Sub(sent)}, err)
	})
	if c.Answered != nil {
		c.Answered.Add(1)
	}
}

// skipBody reads the body to its end and returns its size.
func (c *client) skipBody() (int64, error) {
	if !c.response.IsBodyStream() {
		return int64(len(c.response.Body())), nil
	}
	n, err := io.Copy(io.Discard, c.response.BodyStream())
	return n, errors.Join(err, c.response.CloseBodyStream())
}

// times are the durations of an answer, counted from when it was due and from when it was sent.
type times struct{ due, sent time.Duration }

// answer records one answer, or that there was none.
func (r *Result) answer(c *client, expect *scenario.Concrete, took times, err error) {
	r.Requests++
	switch status := c.response.StatusCode(); {
	case err != nil:
		r.fail(fmt.Sprintf("%s %s: %v", expect.Method, expect.Path, err))
	case expect.OK(status):
		record(r.Latency, took.due)
		record(r.Sent, took.sent)
	case c.Allow503 && status == fasthttp.StatusServiceUnavailable:
		r.Refused++
		record(r.Refusals, took.due)
		record(r.RefusalsSent, took.sent)
	default:
		r.fail(fmt.Sprintf("%s %s: status %d: %.200s", expect.Method, expect.Path, status, c.response.Body()))
	}
}

func (r *Result) fail(why string) {
	r.Failed++
	if r.FirstFailure == "" {
		r.FirstFailure = why
	}
}
