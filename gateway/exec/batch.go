package exec

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"trunkline/planner/pgsql"
)

// When quick jobs (see record.go) wait for a connection (also because it pays, see flight.go), one that becomes free takes
// several of them in one flush: who waits longest leads, those next in the queue ride along. Each has a transaction of
// its own, up to its own Sync. The connection then goes from hand to hand: everybody reads the answer to their own job,
// which mostly lies in the buffer, and passes it on. That saves system calls and context switches on both sides of the
// socket.
//
//	              a flush takes it along    it is sent           its turn comes
//	in the queue ──────────────────────▶ boarding ─────▶ riding ────────────────▶ reads its answer
//	    │ the connection is for it                         │
//	    ▼                                                  │ its turn is late, or its client has gone
//	leads the flush, or is alone                           ▼
//	                                                     alights: its answer is skipped; it tries again, alone
//
// Slow jobs never ride, and what holds up the one before, such as the lock of a DDL command, holds up a rider for no
// longer than boardingTime. Whatever happens on a shared flush but success or the database's refusal leads to a try
// alone: all jobs here are reads. If the client goes whose answer is being read, all riders alight before its statement
// is canceled, so that none of theirs is hit, and the connection is closed.

// boardingTime is how long a rider waits for its turn. Reading a row takes a hundredth of it.
const boardingTime = 20 * time.Millisecond

// maxShared bounds the texts and parameters of the jobs in a flush. What comes behind the leader is sent while nobody
// reads the riders' answers, so that it has to fit into the network's buffers. The rest of keptBuffer is for what
// cleans up and closes statements.
const maxShared = keptBuffer / 4 * 3

// rider is a job on the flush of another.
type rider struct {
	waiter   *waiter // nil if it has alighted
	job      *Job
	result   *Result
	record   *record // nil if it did not have to prove to be quick
	exchange exchange
	// sent tells that the job is in the flush, so that job and result are not looked at again before its turn.
	sent atomic.Bool
}

// shares tells whether a job may share a flush. What it sends must be small, for it is copied; a pre-request may take its
// time; and it may not be dynamic, for nobody looks at the prepared statements before the next one in the flush (see
// tamper.go). If that depends on how quick its statement proves to be, r is the record of it.
func (p *Pool) shares(job *Job, result *Result) (r *record, quick bool) {
	able := job.ReadOnly && !job.Dynamic && job.PreRequest.Empty() && result != nil
	if !able || !job.Quick && !provable(job) || p.settings.Load().BatchDepth < 2 {
		return nil, false
	}
	if !small(job.Session.Params) || !small(job.Main.Params) {
		return nil, false
	}
	if job.Quick {
		return nil, true
	}
	return p.records.find(job.Main.SQL, time.Now())
}

// provable tells whether it is worth knowing what the statement of a job takes.
func provable(job *Job) bool {
	return job.Provable && job.Explain.Empty() && !job.Lines &&
		!job.Main.Once && job.Main.Rows == pgsql.OneRow && len(job.Main.SQL) <= maxRecordText
}

func small(params []pgsql.Param) bool {
	for i := range params {
		if len(params[i].Value) >= largeValue {
			return false
		}
	}
	return true
}

// runQuick runs a job that may share a flush.
func (p *Pool) runQuick(ctx context.Context, job *Job, mains []pgsql.Statement, result *Result, r *record) error {
	g, err := p.acquireFor(ctx, applicant{job: job, result: result, record: r})
	if err != nil {
		return err
	}
	c := g.conn
	switch {
	case g.again:
	case g.sent || len(c.riders) > 0:
		if err, done := p.share(ctx, g, job, mains, result); done {
			return err
		}
	case r != nil:
		return p.timed(ctx, c, job, mains, result, r)
	default:
		return p.work(ctx, c, job, mains, result, nil)
	}
	if g, err = p.acquireFor(ctx, applicant{again: true}); err != nil {
		return err
	}
	return p.work(ctx, g.conn, job, mains, result, nil)
}

// share leads a flush, or reads the answer of a rider. It is not done if the job has to be tried again.
func (p *Pool) share(
	ctx context.Context, g grant, job *Job, mains []pgsql.Statement, result *Result,
) (err error, done bool) { //nolint:revive // the error is the job's, not the call's
	c, settings, panicked := g.conn, p.settings.Load(), true
	stop := onEnd(ctx, c.cancelShared)
	defer func() {
		if panicked { // The check did.
			c.unwatchShared(stop)
			c.broken = true
			p.release(c)
		}
	}()
	var v verdict
	if g.sent {
		v, err = c.conclude(c.readAnswers())
	} else {
		c.renew(p.generation.Load())
		c.exchange.start(job, result, nil, settings)
		v, err = c.try(mains)
	}
	panicked = false
	if c.unwatchShared(stop) {
		if v == streaming { // nobody reads it
			v, err = lost, ctx.Err()
		}
		p.finish(c, settings, ctx.Err())
		return failure(ctx, job, v, err), true
	}
	switch v {
	case streaming:
		p.startStream(c, nil)
		return nil, true
	case succeeded, refused:
		p.finish(c, settings, err)
		return failure(ctx, job, v, err), true
	case outdated:
		c.statements.forgetAll()
	case tampered:
		c.broken = true
	}
	p.finish(c, settings, err)
	return nil, false
}

// unwatchShared ends the watch for the end of a job's context, and tells whether that has come. Then a cancel request
// may still be under way, so that the connection is of no use any more.
func (c *conn) unwatchShared(stop func() bool) (canceled bool) {
	if stop == nil || stop() {
		return false
	}
	c.answered <- struct{}{}
	<-c.canceled
	c.broken = true
	return true
}

// cancelShared has what runs on a connection canceled, after all riders have alighted. Those that are not sent yet
// cannot, and need not, but are about to be.
func (p *Pool) cancelShared(c *conn) {
	for range 10 {
		if p.evict(c) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	c.requestCancel()
}

// evict has all riders that were sent try again, and tells whether nobody is left.
func (p *Pool) evict(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.evict()
	return !slices.ContainsFunc(c.riders, func(r *rider) bool { return r.waiter != nil })
}

// Rides returns how many jobs were sent in the flush of another.
func (p *Pool) Rides() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flights.rides
}

// invite takes quick jobs along in the flush of the waiter that gets the connection. The pool is locked.
func (p *Pool) invite(c *conn, leader *waiter) {
	if leader.job == nil {
		return
	}
	p.flights.depart(c)
	c.turn, c.record = c.departed, leader.record
	if c.suspect || c.dirty {
		return
	}
	size := leader.job.size()
	for depth := p.settings.Load().BatchDepth; len(c.riders) < depth-1; {
		w := p.waiters.first
		if w == nil || w.job == nil {
			break
		}
		if size += w.job.size(); size > maxShared {
			break
		}
		p.waiters.remove(w)
		r := c.newRider()
		r.waiter, r.job, r.result, r.record, w.rider = w, w.job, w.result, w.record, r
		c.riders = append(c.riders, r)
	}
	p.flights.rides += uint64(len(c.riders))
	if c.shared = len(c.riders) > 0; c.shared {
		p.startInspecting()
	}
}

// evict has all riders that were sent try again. The pool is locked.
func (c *conn) evict() {
	for _, r := range c.riders {
		if w := r.waiter; w != nil && r.sent.Load() {
			r.waiter, w.rider = nil, nil
			w.ready <- grant{again: true}
		}
	}
}

// newRider returns a rider that nobody uses.
func (c *conn) newRider() *rider {
	last := len(c.spare) - 1
	if last < 0 {
		return new(rider)
	}
	r := c.spare[last]
	c.spare = c.spare[:last]
	return r
}

// board encodes what the riders want behind what the leader wants.
func (c *conn) board(settings *Settings) error {
	for _, r := range c.riders {
		x := &r.exchange
		x.start(r.job, r.result, nil, settings)
		mains := [1]pgsql.Statement{r.job.Main}
		x.script.write(r.job, mains[:], &c.cleaning, false)
		if err := x.script.resolve(0, &c.statements, settings, 1+len(c.riders)); err != nil {
			return err
		}
		x.script.encode(0, &c.encoder)
		x.trips, x.sent = 1, c.encoder.size()
		r.sent.Store(true)
	}
	return nil
}

// withdrawal is what becomes of a waiter that does not want to wait any more.
type withdrawal uint8

const (
	withdrawn withdrawal = iota // it has left the queue
	granted                     // it is too late: the grant is there
	boarding                    // it cannot leave yet: its job is being encoded
	alighted                    // its job was sent, but nobody waits for the answer
)

// withdraw takes a waiter out.
func (p *Pool) withdraw(w *waiter) withdrawal {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.waiters.remove(w):
		return withdrawn
	case w.rider == nil:
		return granted
	case !w.rider.sent.Load():
		return boarding
	}
	w.rider.waiter, w.rider = nil, nil
	return alighted
}

// passOn gives a connection to the next rider, and tells whether there is anything more to read. If the connection is of
// no use, the riders are told to try again.
func (p *Pool) passOn(c *conn) bool {
	c.forget()
	now := time.Now()
	if c.record != nil {
		p.records.answered(c.record, now, now.Sub(c.turn))
	}
	c.turn = now
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.broken || c.estranged || p.closed {
		c.broken = true // what is left on it belongs to nobody
		for len(c.riders) > 0 {
			if w := c.nextRider(); w != nil {
				w.ready <- grant{again: true}
			}
		}
		c.exchange = &c.own
		return false
	}
	if w := c.nextRider(); w != nil {
		w.ready <- grant{conn: c, sent: true}
	} else {
		p.background.Go(func() { p.skip(c) })
	}
	return true
}

// nextRider makes the first rider's exchange the connection's, and returns who waits for it, nil for nobody.
func (c *conn) nextRider() *waiter {
	r := c.riders[0]
	c.riders = append(c.riders[:0], c.riders[1:]...)
	c.exchange, c.record = &r.exchange, r.record
	w := r.waiter
	if w != nil {
		w.rider = nil
	}
	r.waiter, r.job, r.result, r.record = nil, nil, nil, nil
	r.sent.Store(false)
	c.spare = append(c.spare, r)
	return w
}

// skip reads the answer that nobody waits for.
func (p *Pool) skip(c *conn) {
	stop := context.AfterFunc(p.life, func() { _ = c.network.Close() })
	defer stop()
	x := c.exchange
	x.job, x.result, x.mistake = nil, nil, errAbandoned
	err := c.readAnswers()
	c.broken = err != nil
	c.dirty = true // nobody looked
	p.finish(c, p.settings.Load(), err)
}
