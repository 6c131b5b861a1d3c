package exec

import "time"

// flow measures how fast waiting jobs are served. It predicts whether a new job can be served in time; if not, the job
// is refused at once instead of waiting in vain. It is guarded by the pool's lock.
type flow struct {
	// began is when the queue was last empty; zero while it is empty.
	began time.Time
	// timeout is the maximum time to wait, span the time over which the flow is measured.
	timeout, span time.Duration
	// since is the start of the current span, count the number of jobs served in it, and before the number in the
	// previous span, or -1 if there was none.
	since         time.Time
	count, before int
}

const (
	// minFlowSpan and maxFlowSpan bound the span, which is half the timeout because slow statements end rarely.
	minFlowSpan, maxFlowSpan = 250 * time.Millisecond, 5 * time.Second
	// flowStart is the fraction of the timeout for which jobs must have been waiting before the flow is used: a burst
	// after a pause says nothing about it.
	flowStart = 4
	// flowMargin is the fraction of the timeout that is kept as a margin.
	flowMargin = 10
	// leastServed is how many jobs must have been served in two spans for the flow to be used.
	leastServed = 5
	// maxRetryAfter is the maximum value of Retry-After, in seconds.
	maxRetryAfter = 60
)

func newFlow(timeout time.Duration) flow {
	return flow{timeout: timeout, span: min(max(timeout/2, minFlowSpan), maxFlowSpan)}
}

// begin is called when the first job starts to wait, end when no job waits any more.
func (f *flow) begin(now time.Time) { f.began, f.since, f.count, f.before = now, now, 0, -1 }

func (f *flow) end() { f.began = time.Time{} }

// served records that n waiting jobs were served.
func (f *flow) served(now time.Time, n int) {
	f.turn(now)
	f.count += n
}

// turn starts another span when the current one is over.
func (f *flow) turn(now time.Time) {
	switch age := now.Sub(f.since); {
	case age >= 2*f.span:
		f.since, f.count, f.before = now, 0, 0
	case age >= f.span:
		f.since, f.count, f.before = f.since.Add(f.span), 0, f.count
	}
}

// expected returns how long a job waits behind count others, or 0 if that is not known.
func (f *flow) expected(now time.Time, count int) time.Duration {
	if f.began.IsZero() || now.Sub(f.began) < f.timeout/flowStart {
		return 0
	}
	f.turn(now)
	served, span := f.count, now.Sub(f.since)
	if f.before >= 0 { // the part of the previous span that still counts
		rest := f.span - span
		served += int(int64(f.before) * int64(rest) / int64(f.span))
		span = f.span
	}
	if served < leastServed {
		return 0
	}
	return time.Duration(int64(span) * int64(count) / int64(served))
}

// hopeless reports whether a job behind count others cannot be served in time, and after how many seconds it could.
func (f *flow) hopeless(now time.Time, count int) (seconds int, hopeless bool) {
	wait := f.expected(now, count)
	return retryAfter(wait - f.timeout), f.timeout > 0 && wait > f.timeout-f.timeout/flowMargin
}

// retryAfter returns the value of Retry-After for a wait that is too long by excess.
func retryAfter(excess time.Duration) int {
	return int(min(max((excess+time.Second-1)/time.Second, 1), maxRetryAfter))
}
