package exec

import "time"

// flow is how quickly those who wait for a slot are served. From it follows whether a newcomer can be served in time: if
// not, it had better be told at once than when it has waited in vain. The pool's lock guards it.
type flow struct {
	// began is when somebody began to wait after nobody did; zero while nobody waits.
	began time.Time
	// timeout is how long somebody waits at most, span the time over which the flow is measured.
	timeout, span time.Duration
	// since is when the current span began, count how many were served in it, and before how many in the one before it; -1
	// if there was none.
	since         time.Time
	count, before int
}

const (
	// minFlowSpan and maxFlowSpan bound the span, which is half the timeout: slow statements end seldom.
	minFlowSpan, maxFlowSpan = 250 * time.Millisecond, 5 * time.Second
	// flowStart is the part of the timeout for which somebody must have been waiting before the flow counts: a burst after
	// silence says nothing of it.
	flowStart = 4
	// flowMargin is the part of the timeout that is left for what the flow does not foresee.
	flowMargin = 10
	// leastServed is how many must have been served in two spans for the flow to count.
	leastServed = 5
	// maxRetryAfter bounds what a client is told, in seconds.
	maxRetryAfter = 60
)

func newFlow(timeout time.Duration) flow {
	return flow{timeout: timeout, span: min(max(timeout/2, minFlowSpan), maxFlowSpan)}
}

// begin notes that somebody waits after nobody did, end that nobody waits any more.
func (f *flow) begin(now time.Time) { f.began, f.since, f.count, f.before = now, now, 0, -1 }

func (f *flow) end() { f.began = time.Time{} }

// served notes that n who waited were served.
func (f *flow) served(now time.Time, n int) {
	f.turn(now)
	f.count += n
}

// turn begins another span if it is time.
func (f *flow) turn(now time.Time) {
	switch age := now.Sub(f.since); {
	case age >= 2*f.span:
		f.since, f.count, f.before = now, 0, 0
	case age >= f.span:
		f.since, f.count, f.before = f.since.Add(f.span), 0, f.count
	}
}

// expected returns how long somebody waits behind count others, 0 if that is not known.
func (f *flow) expected(now time.Time, count int) time.Duration {
	if f.began.IsZero() || now.Sub(f.began) < f.timeout/flowStart {
		return 0
	}
	f.turn(now)
	served, span := f.count, now.Sub(f.since)
	if f.before >= 0 { // the part of the span before that still counts
		rest := f.span - span
		served += int(int64(f.before) * int64(rest) / int64(f.span))
		span = f.span
	}
	if served < leastServed {
		return 0
	}
	return time.Duration(int64(span) * int64(count) / int64(served))
}

// hopeless reports whether somebody behind count others cannot be served in time, and after how many seconds that
// would be different.
func (f *flow) hopeless(now time.Time, count int) (seconds int, hopeless bool) {
	wait := f.expected(now, count)
	return retryAfter(wait - f.timeout), f.timeout > 0 && wait > f.timeout-f.timeout/flowMargin
}

// retryAfter returns what a client is told that would have to wait too long by some time.
func retryAfter(excess time.Duration) int {
	return int(min(max((excess+time.Second-1)/time.Second, 1), maxRetryAfter))
}
