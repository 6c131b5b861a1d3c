// Package load sends requests and measures how they are answered: in a closed loop, where each client waits for its
// answer, for throughput; and in an open loop at a fixed rate, where a late answer does not delay the next request,
// for latency without coordinated omission.
package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are recorded from a microsecond to a minute with three significant digits.
const (
	lowest  = 1
	highest = int64(time.Minute / time.Microsecond)
	digits  = 3
)

// Result is what one run measured.
type Result struct {
	Requests int64         // answered
	Failed   int64         // wrong status or no answer
	Bytes    int64         // of bodies
	Elapsed  time.Duration // from the first request to the last answer
	// Latency holds microseconds.
	Latency *hdrhistogram.Histogram
	// FirstFailure says what the first failure was, "" if there was none.
	FirstFailure string
}

// Rate is the number of good answers in a second.
func (r *Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Requests-r.Failed) / r.Elapsed.Seconds()
}

// Percentile returns the latency that p percent of the requests did not exceed.
func (r *Result) Percentile(p float64) time.Duration {
	return time.Duration(r.Latency.ValueAtPercentile(p)) * time.Microsecond
}

func newResult() *Result { return &Result{Latency: hdrhistogram.New(lowest, highest, digits)} }

// merge adds what another client measured.
func (r *Result) merge(o *Result) {
	r.Requests += o.Requests
	r.Failed += o.Failed
	r.Bytes += o.Bytes
	r.Latency.Merge(o.Latency)
	if r.FirstFailure == "" {
		r.FirstFailure = o.FirstFailure
	}
}

// record adds one answer. Latencies beyond the range count as its end.
func (r *Result) record(took time.Duration) {
	value := min(max(took.Microseconds(), lowest), highest)
	if err := r.Latency.RecordValue(value); err != nil {
		panic("BUG: a latency within the range is refused: " + err.Error())
	}
}
