package exec

import (
	"context"
	"errors"
	"time"

	"trunkline/planner/apierr"
)

var (
	// errClosed is returned by a closed pool.
	errClosed = errors.New("the connection pool is closed")
	// errStale is the reason for closing an idle connection that the server has closed.
	errStale = errors.New("the server closed an idle connection")
)

// acquire returns a slot, which must be released, or a grant which says that the job is a member of a batch.
func (p *Pool) acquire(ctx context.Context, a applicant) (grant, error) {
	p.trace(Asked, nil)
	g, err := p.find(ctx, a)
	if g.slot != nil {
		p.trace(Used, g.slot)
		p.trace(Borrowed, g.slot)
	}
	return g, err
}

// find is acquire. For a write it checks that the connection is still open; a read that was sent in vain can be sent
// again.
func (p *Pool) find(ctx context.Context, a applicant) (grant, error) {
	if err := ctx.Err(); err != nil {
		return grant{}, apierr.Internal(err)
	}
	for {
		s, w, err := p.take(a)
		if err != nil {
			return grant{}, p.refused(a.role, err)
		}
		g := grant{slot: s}
		if s == nil {
			if g, err = p.wait(ctx, w); err != nil {
				return grant{}, err
			}
		}
		if !a.writes || !g.slot.session.Stale() {
			return g, nil
		}
		g.slot.session.Break()
		p.observe(Lost, errStale)
		p.release(g.slot)
		a.again = true
	}
}

// take returns an idle slot. If there is none, or if waiting for a batch is better, it enqueues the job. In the first
// case it starts opening a connection if that is allowed.
func (p *Pool) take(a applicant) (*slot, *waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, errClosed
	}
	a.share = p.waiters.share(a.role)
	opens, idle := p.open+p.opening < p.options.Size && a.share.room(), len(p.idle) > 0 && !a.share.full()
	settings := p.settings.Load()
	if a.job != nil && (opens || idle) && p.waiters.count < settings.MaxWaiting {
		inTurn := p.waiters.common.count + p.waiters.inTurn
		if now := time.Now(); p.running.worthWaitingLocked(now, inTurn, settings.BatchDepth) {
			w := p.enqueueLocked(a, now)
			w.since = now
			p.startInspectingLocked()
			return nil, w, nil
		}
	}
	if idle { // Fast path.
		s := p.takeIdleLocked(a.role)
		s.reading = a.share
		p.holdLocked(s, a.share)
		if a.job != nil {
			p.running.beginLocked(s)
		}
		return s, nil, nil
	}
	now := time.Now()
	if !opens && !a.again {
		if err := p.refuseLocked(now, a.share, settings.MaxWaiting); err != nil {
			p.waiters.forgetUnused(a.share)
			return nil, nil, err
		}
	}
	w := p.enqueueLocked(a, now)
	if opens {
		p.startOpeningLocked()
	}
	return nil, w, nil
}

// refusal is why a job may not wait: the key of the limit that was reached, and after how many seconds it may be
// possible. limited is set if it is the limit of a role.
type refusal struct {
	key     string
	seconds int
	limited bool
}

func (r *refusal) Error() string { return "too many wait for a connection: " + r.key }

const (
	keyMaxWaiting = "db-pool-max-waiting"
	keyTimeout    = "db-pool-acquisition-timeout"
	keyMaxPerRole = "db-pool-max-per-role"
)

// refuseLocked returns why a job with or without a share may not wait, or nil if it may.
func (p *Pool) refuseLocked(now time.Time, s *share, maxWaiting int) error {
	seconds, hopeless := p.waiters.forecast(now, s)
	switch {
	case s.crowded(maxWaiting, p.options.Size):
		return &refusal{keyMaxPerRole, seconds, true}
	case p.waiters.count-p.opening >= maxWaiting:
		return &refusal{keyMaxWaiting, 1, false}
	case hopeless && s.full():
		return &refusal{keyMaxPerRole, seconds, true}
	case hopeless:
		return &refusal{keyTimeout, seconds, false}
	default:
		return nil
	}
}

// refused returns the client's error for a failed take, and reports it to the observer.
func (p *Pool) refused(role string, err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return apierr.ConnectionFailed(err)
	}
	if r.limited {
		p.observeLimited(role)
	}
	return apierr.Overloaded(r.key, r.seconds)
}

// timeout returns the client's error for a waiter that has timed out, and reports it to the observer.
func (p *Pool) timeout(w *waiter) error {
	p.mu.Lock()
	seconds, _ := p.waiters.forecast(time.Now(), w.share)
	full := w.share.full()
	p.mu.Unlock()
	if full {
		p.observeLimited(w.role)
	} else {
		p.observe(TimedOut, nil)
	}
	return apierr.AcquireTimeout(seconds)
}

// roleLook is the number of idle slots that are searched for a session with a job's role.
const roleLook = 4

// takeIdleLocked takes the most recently used idle slot, or a slightly older one whose session has the role.
func (p *Pool) takeIdleLocked(role string) *slot {
	last := len(p.idle) - 1
	chosen := last
	for i := last; i >= 0 && i > last-roleLook; i-- {
		if p.idle[i].session.Role() == role {
			chosen = i
			break
		}
	}
	s := p.idle[chosen]
	copy(p.idle[chosen:], p.idle[chosen+1:])
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return s
}

// enqueueLocked appends a new waiter to the queue.
func (p *Pool) enqueueLocked(a applicant, now time.Time) *waiter {
	w := p.newWaiter()
	w.applicant = a
	p.waiters.push(w, now)
	return w
}

// newWaiter returns a waiter with a running timer.
func (p *Pool) newWaiter() *waiter {
	w, ok := p.spare.Get().(*waiter)
	if !ok {
		w = &waiter{ready: make(chan grant, 1), timer: time.NewTimer(time.Hour)}
	}
	if p.options.AcquireTimeout > 0 {
		w.timer.Reset(p.options.AcquireTimeout)
	} else {
		w.timer.Stop()
	}
	return w
}

// wait waits until the waiter is granted something, times out or is canceled.
func (p *Pool) wait(ctx context.Context, w *waiter) (grant, error) {
	select {
	case g := <-w.ready:
		return p.granted(w, g)
	case <-w.timer.C:
	case <-ctx.Done():
	}
	switch left, gone := p.withdraw(w), ctx.Err(); {
	case left == tooLate:
		return p.granted(w, <-w.ready)
	case gone != nil:
		return p.denied(w, apierr.Internal(gone))
	case left == detached:
		return p.granted(w, grant{again: true})
	default:
		return p.denied(w, p.timeout(w))
	}
}

// granted returns what a waiter was granted.
func (p *Pool) granted(w *waiter, g grant) (grant, error) {
	if g.err != nil {
		return p.denied(w, apierr.ConnectionFailed(g.err))
	}
	p.forgetWaiter(w)
	return g, nil
}

// denied returns the error of a waiter that gets nothing.
func (p *Pool) denied(w *waiter, err error) (grant, error) {
	p.forgetWaiter(w)
	return grant{}, err
}

// forgetWaiter makes a waiter available for reuse.
func (p *Pool) forgetWaiter(w *waiter) {
	w.timer.Stop()
	w.applicant, w.member, w.since = applicant{}, nil, time.Time{}
	p.spare.Put(w)
}

// withdrawal is the result of withdrawing a waiter.
type withdrawal uint8

const (
	withdrawn withdrawal = iota // it has left the queue
	detached                    // it was already sent in a batch, and has left it
	tooLate                     // it had been granted something
)

// withdraw removes a waiter from the queue or from its batch.
func (p *Pool) withdraw(w *waiter) withdrawal {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiters.remove(w) {
		return withdrawn
	}
	if m := w.member; m != nil && !m.sent { // the job is being encoded, which takes microseconds
		p.mu.Unlock()
		m.slot.batch.awaitSending()
		p.mu.Lock()
	}
	if w.member == nil {
		return tooLate
	}
	p.detachLocked(w.member)
	p.serveSharesLocked()
	return detached
}

// release returns a slot: it goes to the first waiter, or becomes idle. A connection that is broken or too old is
// closed.
func (p *Pool) release(s *slot) {
	if len(s.batch.members) > 0 && p.passOn(s) {
		return
	}
	s.try.Reset()
	s.session.Rest()
	s.idleSince = time.Now()
	if s.session.Reusable() {
		p.trace(Returned, s)
	}
	p.mu.Lock()
	s.batch.recycleCurrentLocked()
	p.running.endLocked(s, s.idleSince)
	p.unholdAllLocked(s)
	keep := s.keep(s.idleSince, p.epoch.Load()) && !p.closed
	if keep {
		p.placeLocked(s)
	} else {
		p.open--
		p.openForWaitersLocked()
	}
	p.serveSharesLocked()
	p.mu.Unlock()
	if !keep {
		p.close(s, s.ending(s.idleSince))
	}
}

// placeLocked gives a slot to the first waiter, or makes it idle.
func (p *Pool) placeLocked(s *slot) {
	if w := p.waiters.pop(); w != nil {
		p.grantLocked(s, w)
		return
	}
	p.idle = append(p.idle, s)
}

// grantLocked gives a slot to a waiter that has left its queue, together with others that can share its flush.
func (p *Pool) grantLocked(s *slot, w *waiter) {
	s.reading = w.share
	p.holdLocked(s, w.share)
	p.collectLocked(s, w)
	p.waiters.noteServed(time.Now(), w, s.batch.members)
	w.ready <- grant{slot: s}
}

// openForWaitersLocked starts opening a connection if there are waiters for whom none is being opened.
func (p *Pool) openForWaitersLocked() {
	if !p.closed && p.waiters.common.count+p.waiters.takers > p.opening && p.open+p.opening < p.options.Size {
		p.startOpeningLocked()
	}
}

// startOpeningLocked starts opening a connection in the background. The pool must not be closed.
func (p *Pool) startOpeningLocked() {
	p.opening++
	p.background.Go(p.openOne)
}

// openOne opens a connection. If that fails, the first waiter gets the error.
func (p *Pool) openOne() {
	s, err := p.connect(p.life)
	p.mu.Lock()
	p.opening--
	useless := err == nil && (p.closed || p.waiters.count == 0 && s.epoch != p.epoch.Load())
	switch {
	case err != nil:
		if w := p.waiters.pop(); w != nil {
			w.ready <- grant{err: err}
		}
		p.openForWaitersLocked()
	case useless:
	default:
		p.open++
		p.placeLocked(s)
	}
	p.mu.Unlock()
	if useless {
		p.close(s, Released)
	}
}
