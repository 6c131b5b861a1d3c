package exec

import "time"

// applicant is what a job says of itself to get a slot.
type applicant struct {
	// writes is set if it has to be looked whether the connection is still there.
	writes bool
	// again is set for a job that has waited before, and so is not refused, however many wait.
	again bool
	// role is the session's role that the job would like best.
	role string
	// job is set if it may share a flush with others; result then gets its answer. Record is that of its statement, nil if
	// it is known beforehand to be quick.
	job    *Job
	result *Result
	record *record
}

// waiter is an applicant that waits.
type waiter struct {
	applicant
	// ready gets what it waited for. It has room for that, so that nobody who grants it blocks.
	ready chan grant
	timer *time.Timer
	// member is the waiter's place in a batch, from when it was collected until it is granted something.
	member *member
	// since is when it began to wait for a batch although a connection was idle, or could have been opened; zero if none
	// could.
	since time.Time

	previous, next *waiter
	queued         bool
}

// grant is a slot, or why there is none.
type grant struct {
	slot *slot
	err  error
	// member is set if the job has been sent on the slot's connection as a member of a batch, and its answer comes next.
	member *member
	// again is set if the job was sent in a batch, but nobody waits for the answer any more.
	again bool
}

// waiters is a queue, first in, first out. Those who do not want to wait any longer leave it from anywhere.
type waiters struct {
	first, last *waiter
	count       int
	flow        flow
}

func (q *waiters) push(w *waiter, now time.Time) {
	if q.count == 0 {
		q.flow.begin(now)
	}
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

// remove takes a waiter out, and reports whether it was still in.
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
	if q.count--; q.count == 0 {
		q.flow.end()
	}
	return true
}
