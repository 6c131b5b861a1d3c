package exec

import "time"

// applicant is a job's request for a slot.
type applicant struct {
	// writes is set if the job must not get a connection that the server has closed.
	writes bool
	// again is set for a job that has waited before. It is not refused, however many wait.
	again bool
	// role is the preferred role of the session; share is the role's share of the pool, or nil.
	role  string
	share *share
	// job is set if it may share a flush with others; result then receives its answer. record is that of its statement,
	// or nil if the job is known to be quick.
	job    *Job
	result *Result
	record *record
}

// waiter is a waiting applicant.
type waiter struct {
	applicant
	// ready receives the grant. It is buffered, so that granting does not block.
	ready chan grant
	timer *time.Timer
	// member is the waiter's place in a batch, from being collected until the grant.
	member *member
	// since is when it started to wait for a batch although a connection was idle or could have been opened; otherwise
	// zero.
	since time.Time

	// number is the number of waiters before it.
	number         uint64
	previous, next *waiter
	queued         bool
}

// grant is a slot, or why there is none.
type grant struct {
	slot *slot
	err  error
	// member is set if the job has been sent on the slot's connection as a member of a batch, and its answer is next.
	member *member
	// again is set if the job was sent in a batch, but its answer is skipped and it has to be sent again.
	again bool
}

// queue is a FIFO queue from which waiters can be removed at any position.
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

// remove removes a waiter that is in the queue.
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

// waiters holds all waiters: those whose roles have limits in separate queues, see share.go, the others in a common
// one.
type waiters struct {
	common queue
	// count is the number of waiters, arrivals the number of all so far.
	count    int
	arrivals uint64

	// limits are the limits of roles, or nil if there are none.
	limits *RoleLimits
	size   int
	shares map[string]*share // by role
	ready  readyShares
	// takers is the number of waiters with shares that could get a connection now, inTurn the number of those that wait
	// for nothing else. flow is that of all together, measured while there are shares.
	takers, inTurn int
	flow           flow
}

// of returns the queue for a share, or the common one for nil.
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

// first returns the first waiter whose share has room, or nil.
func (q *waiters) first() *waiter {
	w := q.common.first
	if len(q.ready) > 0 {
		if other := q.ready[0].first; w == nil || other.number < w.number {
			return other
		}
	}
	return w
}

// firstFor returns the first waiter that may be a member of a slot's batch. A share that already counts the slot has
// room for another of its jobs in it.
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

// pop removes and returns the first waiter, or nil.
func (q *waiters) pop() *waiter {
	w := q.first()
	if w != nil {
		q.remove(w)
	}
	return w
}

// popAny removes any waiter, whether or not its share has room. It returns nil if there are none.
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

// remove removes a waiter, and reports whether it was still queued.
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
