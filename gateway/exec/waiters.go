package exec

import "time"

// applicant is what a job says of itself to get a slot.
type applicant struct {
	// writes is set if it has to be looked whether the connection is still there.
	writes bool
	// again is set for a job that has waited before, and so is not refused, however many wait.
	again bool
	// role is the session's role that the job would like best, share that role's share of the pool, nil if it has none.
	role  string
	share *share
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

	// number is how many had begun to wait when it did.
	number         uint64
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

// queue is a queue, first in, first out. Those who do not want to wait any longer leave it from anywhere.
type queue struct {
	first, last *waiter
	count       int
	flow        flow
}

func (q *queue) push(w *waiter, now time.Time) {
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

// remove takes a waiter out, which is in.
func (q *queue) remove(w *waiter) {
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
}

// waiters are all who wait: those whose roles have shares of the pool in queues of their own, see share.go, the others in
// a common one.
type waiters struct {
	common queue
	// count is how many wait, arrivals how many ever have.
	count    int
	arrivals uint64

	// limits are those of roles, nil if there are none, in a pool of some size.
	limits *RoleLimits
	size   int
	shares map[string]*share // by role
	ready  readyShares
	// takers is how many of those with shares could get connections now, inTurn how many of them wait for nothing else,
	// and flow is that of all together, known while there are shares.
	takers, inTurn int
	flow           flow
}

// of returns the queue of those with a share, or without one.
func (q *waiters) of(s *share) *queue {
	if s == nil {
		return &q.common
	}
	return &s.queue
}

func (q *waiters) push(w *waiter, now time.Time) {
	if q.count == 0 {
		q.flow.begin(now)
	}
	q.count++
	q.arrivals++
	w.number = q.arrivals
	q.of(w.share).push(w, now)
	if w.share != nil {
		q.refresh(w.share)
	}
}

// first returns who came first of those whose shares have room; nil if nobody waits for nothing but a connection.
func (q *waiters) first() *waiter {
	w := q.common.first
	if len(q.ready) > 0 {
		if other := q.ready[0].first; w == nil || other.number < w.number {
			return other
		}
	}
	return w
}

// firstFor returns who came first of those that may be members of a slot's batch: that the slot runs jobs of a role is
// reason enough for another one.
func (q *waiters) firstFor(s *slot) *waiter {
	w := q.first()
	for i := range s.holdings {
		other := s.holdings[i].share.first
		if other != nil && other.job != nil && (w == nil || other.number < w.number) {
			w = other
		}
	}
	return w
}

// pop takes out who is first; nil if there is nobody.
func (q *waiters) pop() *waiter {
	w := q.first()
	if w != nil {
		q.remove(w)
	}
	return w
}

// popAny takes anybody out, whether or not a share has room; nil if nobody waits.
func (q *waiters) popAny() *waiter {
	w := q.pop()
	for _, s := range q.shares {
		if w == nil && s.first != nil {
			w = s.first
			q.remove(w)
		}
	}
	return w
}

// remove takes a waiter out, and reports whether it was still in.
func (q *waiters) remove(w *waiter) bool {
	if !w.queued {
		return false
	}
	q.of(w.share).remove(w)
	if q.count--; q.count == 0 {
		q.flow.end()
	}
	if w.share != nil {
		q.refresh(w.share)
	}
	return true
}
