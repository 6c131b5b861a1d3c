package exec

import (
	"context"
	"errors"
	"time"

	"trunkline/planner/apierr"
)

// acquire returns a connection. Whoever gets one must release it. For a write it looks whether the connection is
// still there: a read that was sent in vain can be sent again.
func (p *Pool) acquire(ctx context.Context, writes bool) (*conn, error) {
	g, err := p.acquireFor(ctx, applicant{writes: writes})
	return g.conn, err
}

// applicant is who wants a connection.
type applicant struct {
	// writes tells that it has to be looked whether the connection is still there.
	writes bool
	// again tells that it has waited before, and so is not refused, however many wait.
	again bool
	// job may ride on another's flush, then result gets its answer; nil if it may not. Record is that of its statement,
	// nil if it is known beforehand to be quick.
	job    *Job
	result *Result
	record *record
}

// acquireFor is acquire for all kinds of applicants.
func (p *Pool) acquireFor(ctx context.Context, a applicant) (grant, error) {
	if err := ctx.Err(); err != nil {
		return grant{}, apierr.Internal(err)
	}
	for {
		c, w, err := p.take(a)
		switch {
		case errors.Is(err, errFull):
			p.observe(Observation{Kind: Overflowed})
			return grant{}, apierr.Overloaded("db-pool-max-waiting")
		case err != nil:
			return grant{}, apierr.ConnectionFailed(connectError(err))
		case c == nil:
			return p.wait(ctx, w)
		case !a.writes || !c.stale():
			return grant{conn: c}, nil
		}
		c.broken = true
		p.observe(Observation{Kind: Lost, Err: errStale})
		p.release(c)
	}
}

var (
	// errClosed is what a closed pool answers.
	errClosed = errors.New("the connection pool is closed")
	// errFull tells that too many wait.
	errFull = errors.New("too many wait for a connection")
	// errStale is why an idle connection is closed that the server has hung up on.
	errStale = errors.New("the server closed an idle connection")
)

// take returns an idle connection, the one used last. If there is none, or if it pays to wait for a flight, it queues
// up. In the first case it has a connection opened if that is allowed.
func (p *Pool) take(a applicant) (*conn, *waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, errClosed
	}
	opens := p.open+p.opening < p.options.Size
	settings := p.settings.Load()
	if a.job != nil && (opens || len(p.idle) > 0) && p.waiters.count < settings.MaxWaiting {
		if now := time.Now(); p.flights.worthWaiting(now, p.waiters.count, settings.BatchDepth) {
			w := p.enqueue(a)
			w.since = now
			p.startInspecting()
			return nil, w, nil
		}
	}
	if last := len(p.idle) - 1; last >= 0 { // Fast path.
		c := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		if a.job != nil {
			p.flights.depart(c)
		}
		return c, nil, nil
	}
	if !opens && !a.again && p.waiters.count-p.opening >= settings.MaxWaiting {
		return nil, nil, errFull
	}
	w := p.enqueue(a)
	if opens {
		p.startOpening()
	}
	return nil, w, nil
}

// enqueue returns a waiter at the end of the queue. The pool is locked.
func (p *Pool) enqueue(a applicant) *waiter {
	w := p.newWaiter()
	w.job, w.result, w.record = a.job, a.result, a.record
	p.waiters.push(w)
	return w
}

// newWaiter returns a waiter whose time runs.
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

// wait waits until the waiter is granted a connection, gives up or is refused.
func (p *Pool) wait(ctx context.Context, w *waiter) (grant, error) {
	began := time.Now()
	for {
		select {
		case g := <-w.ready:
			return p.granted(w, g, began)
		case <-w.timer.C:
		case <-ctx.Done():
		}
		switch left, gone := p.withdraw(w), ctx.Err(); {
		case left == granted:
			return p.granted(w, <-w.ready, began)
		case left == boarding: // Slow path, a matter of microseconds
			time.Sleep(time.Millisecond)
			w.timer.Reset(0)
		case gone != nil:
			return p.denied(w, apierr.Internal(gone))
		case left == alighted:
			return p.granted(w, grant{again: true}, began)
		default:
			p.observe(Observation{Kind: TimedOut, Duration: time.Since(began)})
			return p.denied(w, apierr.AcquireTimeout())
		}
	}
}

// granted returns what a waiter was granted.
func (p *Pool) granted(w *waiter, g grant, began time.Time) (grant, error) {
	if g.err != nil {
		return p.denied(w, apierr.ConnectionFailed(g.err))
	}
	p.forgetWaiter(w)
	p.observe(Observation{Kind: Waited, Duration: time.Since(began)})
	return g, nil
}

// denied returns why a waiter gets nothing.
func (p *Pool) denied(w *waiter, err error) (grant, error) {
	p.forgetWaiter(w)
	return grant{}, err
}

// forgetWaiter makes a waiter one that can be used again.
func (p *Pool) forgetWaiter(w *waiter) {
	w.timer.Stop()
	w.job, w.result, w.record, w.rider, w.since = nil, nil, nil, nil, time.Time{}
	p.spare.Put(w)
}

// release gives a connection back: to who waits longest, or to the idle ones. One that is broken or old is closed.
func (p *Pool) release(c *conn) {
	if len(c.riders) > 0 && p.passOn(c) {
		return
	}
	c.forget()
	c.used, c.idleSince = true, time.Now()
	expired := !c.expires.IsZero() && c.idleSince.After(c.expires)
	p.mu.Lock()
	p.flights.arrive(c, c.idleSince)
	keep := c.reusable() && !expired && !p.closed
	if keep {
		p.place(c)
	} else {
		p.open--
		p.openForWaiters()
	}
	p.mu.Unlock()
	if keep {
		return
	}
	if c.close(); !c.broken {
		p.observe(Observation{Kind: Closed})
	}
}

// place gives a connection to who waits longest, or to the idle ones. The pool is locked.
func (p *Pool) place(c *conn) {
	if w := p.waiters.pop(); w != nil {
		p.invite(c, w)
		w.ready <- grant{conn: c}
		return
	}
	p.idle = append(p.idle, c)
}

// openForWaiters has a connection opened if there are waiters for whom none is being opened. The pool is locked.
func (p *Pool) openForWaiters() {
	if !p.closed && p.waiters.count > p.opening && p.open+p.opening < p.options.Size {
		p.startOpening()
	}
}

// startOpening has a connection opened in the background. The pool is locked and not closed.
func (p *Pool) startOpening() {
	p.opening++
	p.background.Go(p.openOne)
}

// openOne opens a connection. Should it fail, who waits longest is told.
func (p *Pool) openOne() {
	c, err := p.connect(p.life)
	p.mu.Lock()
	p.opening--
	useless := err == nil && p.closed
	switch {
	case err != nil:
		if w := p.waiters.pop(); w != nil {
			w.ready <- grant{err: err}
		}
		p.openForWaiters()
	case !useless:
		p.open++
		p.place(c)
	}
	p.mu.Unlock()
	if useless {
		p.closeAll([]*conn{c})
	}
}
