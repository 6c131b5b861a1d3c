package exec

import (
	"container/heap"
	"math"
	"slices"
	"strings"
	"time"
)

// The connections that run a role's jobs at once can be limited (RoleLimits). If a role has reached its limit, its jobs
// wait in a separate queue, so that jobs of other roles pass them. Among all jobs that may get a connection, the order
// of arrival is kept.
//
//	         less than its share is held        as much as its share is held
//	arrival ───────────────────────────▶ ready ─────────────────────────────▶ not ready
//	                                       │ ◀─────────────────────────────────  │
//	                                       ▼      a connection is given back     │ a flush that has the role already
//	                                 gets a slot, or is a member of a flush ◀────┘
//
// A flush with jobs of several roles counts once for each of them, until the last of the role's jobs has been answered
// or has left it. A job that is reading its answer, or a stream, is what the connection waits for at that time.

// RoleLimits bound the number of connections that roles hold at once.
type RoleLimits struct {
	// Default applies to the roles that are not in Roles; 0 means no limit.
	Default int
	Roles   map[string]int
}

// of returns the limit of a role, or math.MaxInt if it has none or one that a pool of this size cannot reach.
func (l *RoleLimits) of(role string, size int) int {
	most, named := l.Roles[role]
	if !named {
		most = l.Default
	}
	if most <= 0 || most >= size {
		return math.MaxInt
	}
	return most
}

func (l *RoleLimits) empty() bool { return l.Default == 0 && len(l.Roles) == 0 }

// share is a role's share of the pool: its limit, its use, and its waiters. It is guarded by the pool's lock.
type share struct {
	queue
	role string
	// most is the maximum number of connections that run jobs of the role, held the current number.
	most, held int
	// place is the share's index among the ready ones, or -1 if it is not ready: it has no waiters, or is full.
	place int
	// takers is the number of waiters that could get a connection now, and ready the number of waiters while it is
	// ready.
	takers, ready int
}

// full reports whether jobs of the role have to wait for each other. A nil share is never full.
func (s *share) full() bool { return s != nil && s.held >= s.most }

// room reports whether another job of the role could get a connection once those before it have theirs.
func (s *share) room() bool { return s == nil || s.held+s.count < s.most }

// crowded reports whether as many jobs wait as the share allows of those that may wait for the pool.
func (s *share) crowded(maxWaiting, size int) bool {
	return s != nil && s.most < size && s.count >= max(min(maxWaiting, 1), maxWaiting*s.most/size)
}

// keptShares is the number of unused shares that are kept.
const keptShares = 1000

// setLimits changes the limits of roles in a pool of the given size.
func (q *waiters) setLimits(limits RoleLimits, size int) {
	q.limits = nil
	if !limits.empty() {
		q.limits = &limits
	}
	q.size = size
	for role, s := range q.shares {
		s.most = limits.of(role, size)
		q.refresh(s)
	}
}

// share returns a role's share, or nil if the role has no limit.
func (q *waiters) share(role string) *share {
	if q.limits == nil { // Fast path.
		return nil
	}
	if s := q.shares[role]; s != nil {
		return s
	}
	most := q.limits.of(role, q.size)
	if most == math.MaxInt {
		return nil
	}
	s := &share{role: strings.Clone(role), most: most, place: -1}
	s.flow = newFlow(q.common.flow.timeout)
	q.keep(s)
	return s
}

func (q *waiters) keep(s *share) {
	if q.shares == nil {
		q.shares = make(map[string]*share)
	}
	q.shares[s.role] = s
}

// refresh must be called when a share has changed.
func (q *waiters) refresh(s *share) {
	ready := s.count > 0 && !s.full()
	switch {
	case ready && s.place < 0:
		heap.Push(&q.ready, s)
	case ready:
		heap.Fix(&q.ready, s.place)
	case s.place >= 0:
		heap.Remove(&q.ready, s.place)
	}
	takers, count := min(s.count, max(0, s.most-s.held)), 0
	if ready {
		count = s.count
	}
	q.takers += takers - s.takers
	q.inTurn += count - s.ready
	s.takers, s.ready = takers, count
	q.forgetUnused(s)
}

// forgetUnused forgets a share without use, if there are many or if roles have no limits any more.
func (q *waiters) forgetUnused(s *share) {
	if s != nil && s.count == 0 && s.held == 0 && (q.limits == nil || len(q.shares) > keptShares) {
		delete(q.shares, s.role)
	}
}

// readyShares is a heap of the ready shares, ordered by the arrival of their first waiters.
type readyShares []*share

func (r readyShares) Len() int           { return len(r) }
func (r readyShares) Less(i, j int) bool { return r[i].first.number < r[j].first.number }

func (r readyShares) Swap(i, j int) {
	r[i], r[j] = r[j], r[i]
	r[i].place, r[j].place = i, j
}

// Push implements heap.Interface.
func (r *readyShares) Push(x any) {
	s := x.(*share)
	s.place = len(*r)
	*r = append(*r, s)
}

// Pop implements heap.Interface.
func (r *readyShares) Pop() any {
	last := len(*r) - 1
	s := (*r)[last]
	s.place = -1
	(*r)[last] = nil
	*r = (*r)[:last]
	return s
}

// holding is a share that counts a slot, with the number of the slot's jobs of that share.
type holding struct {
	share *share
	jobs  int
}

// holdLocked counts a job that has got a slot.
func (p *Pool) holdLocked(s *slot, sh *share) {
	if sh == nil {
		return
	}
	if i := s.holds(sh); i >= 0 {
		s.holdings[i].jobs++
		return
	}
	s.holdings = append(s.holdings, holding{sh, 1})
	sh.held++
	p.waiters.refresh(sh)
}

// holds returns the index of a share in a slot's holdings, or -1.
func (s *slot) holds(sh *share) int {
	return slices.IndexFunc(s.holdings, func(h holding) bool { return h.share == sh })
}

// unholdLocked stops counting a job of a slot.
func (p *Pool) unholdLocked(s *slot, sh *share) {
	if sh == nil {
		return
	}
	i := s.holds(sh)
	if s.holdings[i].jobs--; s.holdings[i].jobs > 0 {
		return
	}
	s.holdings = slices.Delete(s.holdings, i, i+1)
	sh.held--
	p.waiters.refresh(sh)
}

// unholdAllLocked stops counting all jobs of a slot.
func (p *Pool) unholdAllLocked(s *slot) {
	s.reading = nil
	for _, h := range s.holdings {
		h.share.held--
		p.waiters.refresh(h.share)
	}
	clear(s.holdings)
	s.holdings = s.holdings[:0]
}

// resumeLocked counts the job of a detached member whose turn has come, because the connection now waits for it.
func (p *Pool) resumeLocked(s *slot, sh *share) *share {
	if sh == nil {
		return nil
	}
	if sh = p.waiters.share(sh.role); sh == nil { // it has no limit any more
		return nil
	}
	p.holdLocked(s, sh)
	return sh
}

// serveSharesLocked gives connections, idle or new, to jobs that could not get one because of their shares and now can.
// Jobs that wait for a batch although a connection is idle continue to wait.
func (p *Pool) serveSharesLocked() {
	q := &p.waiters
	for len(p.idle) > 0 && len(q.ready) > 0 {
		i := slices.IndexFunc(q.ready, func(s *share) bool { return s.first.since.IsZero() })
		if i < 0 {
			return
		}
		w := q.ready[i].first
		q.remove(w)
		p.grantLocked(p.takeIdleLocked(w.role), w)
	}
	if len(q.ready) > 0 {
		p.openForWaitersLocked()
	}
}

// forecast returns after how many seconds a new job with or without a share should be retried, and whether it would be
// served too late. It considers the jobs that wait for the same share, or all jobs if too few of those were served.
func (q *waiters) forecast(now time.Time, s *share) (seconds int, hopeless bool) {
	own := q.of(s)
	if own.flow.expected(now, own.count) == 0 && !s.full() && len(q.shares) > 0 {
		return q.flow.hopeless(now, q.common.count+q.inTurn)
	}
	return own.flow.hopeless(now, own.count)
}

// noteServed records that a waiter was served, together with members.
func (q *waiters) noteServed(now time.Time, w *waiter, members []*member) {
	if len(q.shares) == 0 { // Fast path.
		q.common.flow.served(now, 1+len(members))
		return
	}
	q.flow.served(now, 1+len(members))
	q.of(w.share).flow.served(now, 1)
	for _, m := range members {
		q.of(m.share).flow.served(now, 1)
	}
}
