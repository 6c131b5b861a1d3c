package exec

import "time"

// flow is how quickly those who wait for a slot are served. From it follows whether a newcomer can be served in time: if
// not, it had better be told at once than when it has waited in vain. The pool's lock guards it.
type flow struct {
	// began is when somebody began to wait after nobody did; zero while nobody waits.
	began time.Time
	// timeout is how long somebody waits at most, span the time over which the flow is measured.
	timeout, span time.Duration
	// since is when the current span began, served how many were served in it, and before how many in the one before it; -1
	// if there was none.
	since          time.Time
	served, before int
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

// waitsLocked notes that somebody waits.
func (f *flow) waitsLocked(now time.Time) {
	if f.began.IsZero() {
		f.began, f.since, f.served, f.before = now, now, 0, -1
	}
	f.turnLocked(now)
}

// servedLocked notes that n who waited were served, and how many are left.
func (f *flow) servedLocked(now time.Time, n, left int) {
	f.turnLocked(now)
	f.served += n
	f.leftLocked(left)
}

// leftLocked notes how many are left who wait.
func (f *flow) leftLocked(left int) {
	if left == 0 {
		f.began = time.Time{}
	}
}

// turnLocked begins another span if it is time.
func (f *flow) turnLocked(now time.Time) {
	switch age := now.Sub(f.since); {
	case age >= 2*f.span:
		f.since, f.served, f.before = now, 0, 0
	case age >= f.span:
		f.since, f.served, f.before = f.since.Add(f.span), 0, f.served
	}
}

// expectedLocked returns how long somebody waits behind count others, 0 if that is not known.
func (f *flow) expectedLocked(now time.Time, count int) time.Duration {
	if f.began.IsZero() || now.Sub(f.began) < f.timeout/flowStart {
		return 0
	}
	f.turnLocked(now)
	served, span := f.served, now.Sub(f.since)
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

// hopelessLocked reports whether somebody behind count others cannot be served in time, and after how many seconds that
// would be different.
func (f *flow) hopelessLocked(now time.Time, count int) (seconds int, hopeless bool) {
	wait := f.expectedLocked(now, count)
	return retryAfter(wait - f.timeout), f.timeout > 0 && wait > f.timeout-f.timeout/flowMargin
}

// retryAfter returns what a client is told that would have to wait too long by some time.
func retryAfter(excess time.Duration) int {
	return int(min(max((excess+time.Second-1)/time.Second, 1), maxRetryAfter))
}
