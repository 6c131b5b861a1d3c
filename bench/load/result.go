// Package load sends requests and measures how they are answered: in a closed loop, where each client waits for its
// answer, for throughput; and in an open loop at a fixed rate, where a late answer does not delay the next request,
// for latency without coordinated omission and for what happens beyond a server's capacity.
package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are recorded from a microsecond to a minute with three significant digits.
const (
	lowest  = 1
	highest = int64(time.Minute / time.Microsecond)
	digits  = 3
)

// maxShards bounds the histograms of one run. Each takes some hundred kilobytes.
const maxShards = 16

// Result is what one run measured.
type Result struct {
	Requests int64         // good, refused or failed
	Refused  int64         // answered with 503 where that is allowed
	Failed   int64         // wrong status or no answer
	Bytes    int64         // of bodies
	Elapsed  time.Duration // from the first request to the last answer
	// Offered is the number of requests that were due in an open loop, Unsent those of them that no client was free to
	// send.
	Offered, Unsent int64
	// Latency holds the microseconds of good answers, Refusals those of refusals, in an open loop counted from when
	// each was due. Sent and RefusalsSent count from when it was sent.
	Latency, Refusals, Sent, RefusalsSent *hdrhistogram.Histogram
	// FirstFailure describes the first failure. It is empty if there was none.
	FirstFailure string
}

// Rate returns the number of good answers per second.
func (r *Result) Rate() float64 { return r.PerSecond(r.Requests - r.Refused - r.Failed) }

// PerSecond turns a number of answers into a rate.
func (r *Result) PerSecond(answers int64) float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(answers) / r.Elapsed.Seconds()
}

// Percentile returns the latency that p percent of the good answers did not exceed.
func (r *Result) Percentile(p float64) time.Duration { return Percentile(r.Latency, p) }

// Percentile returns the latency that p percent of the entries of a histogram of a [Result] did not exceed.
func Percentile(h *hdrhistogram.Histogram, p float64) time.Duration {
	return time.Duration(h.ValueAtPercentile(p)) * time.Microsecond
}

func newResult() *Result {
	empty := func() *hdrhistogram.Histogram { return hdrhistogram.New(lowest, highest, digits) }
	return &Result{Latency: empty(), Refusals: empty(), Sent: empty(), RefusalsSent: empty()}
}

// merge adds the measurements of o.
func (r *Result) merge(o *Result) {
	r.Requests += o.Requests
	r.Refused += o.Refused
	r.Failed += o.Failed
	r.Bytes += o.Bytes
	r.Latency.Merge(o.Latency)
	r.Refusals.Merge(o.Refusals)
	r.Sent.Merge(o.Sent)
	r.RefusalsSent.Merge(o.RefusalsSent)
	if r.FirstFailure == "" {
		r.FirstFailure = o.FirstFailure
	}
}

// record adds one latency. Latencies beyond the range count as its maximum.
func record(h *hdrhistogram.Histogram, took time.Duration) {
	value := min(max(took.Microseconds(), lowest), highest)
	if err := h.RecordValue(value); err != nil {
		panic("BUG: a latency within the range is refused: " + err.Error())
	}
}

// shard is a result that several clients record to.
type shard struct {
	mu     sync.Mutex
	result *Result
}

func (s *shard) add(answer func(*Result)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(s.result)
}

// total returns the sum of the shards. All clients must have ended.
func (t *target) total(elapsed time.Duration) *Result {
	total := newResult()
	total.Elapsed = elapsed
	for _, s := range t.shards {
		total.merge(s.result)
	}
	return total
}
