package exec

import "time"

// waiter is a job that waits for a connection.
type waiter struct {
	// ready gets what it waited for. It has room for that, so that nobody who grants it blocks.
	ready chan grant
	timer *time.Timer
	// job may ride on the flush of another, then result gets its answer; nil if it may not. Record is that of its
	// statement, if it had to prove to be quick, and rider its place there.
	job    *Job
	result *Result
	record *record
	rider  *rider
	// since is when it began to wait for a flight although a connection was idle, or could have been opened; zero if
	// none could.
	since time.Time

	previous, next *waiter
	queued         bool
}

// grant is a connection, or why there is none.
type grant struct {
	conn *conn
	err  error
	// sent tells that the job has been sent on the connection, and that its answer comes next. Again tells that it was
	// sent, but that nobody waits for the answer any more.
	sent, again bool
}

// waiters is a queue, first in, first out. Those who give up leave it from anywhere.
type waiters struct {
	first, last *waiter
	count       int
}

func (q *waiters) push(w *waiter) {
	w.previous, w.next, w.queued = q.last, nil, true
	if q.last == nil {
		q.first = w
	} else {
		q.last.next = w
	}
	q.last = w
	q.count++
}

// pop takes the first waiter out; nil if nobody waits.
func (q *waiters) pop() *waiter {
	w := q.first
	if w != nil {
		q.remove(w)
	}
	return w
}

// remove takes a waiter out, and tells whether it was still in.
func (q *waiters) remove(w *waiter) bool {
	if !w.queued {
		return false
	}
	if w.previous == nil {
		q.first = w.next
	} else {
		w.previous.next = w.next
	}
	if w.next == nil {
		q.last = w.previous
	} else {
		w.next.previous = w.previous
	}
	w.previous, w.next, w.queued = nil, nil, false
	q.count--
	return true
}
