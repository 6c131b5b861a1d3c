package exec

import (
	"context"
	"sync"
	"time"

	"trunkline/gateway/exec/session"
	"trunkline/gateway/exec/wire"
)

// When quick jobs (see record.go) wait for a slot, possibly because waiting is better (see running.go), a slot that
// becomes free takes several of them in one flush: a batch. The first waiter leads it, and those next in the queue are
// its members. Jobs with the same statement share a transaction and its Sync; all others have their own. The slot then
// passes from one to the next: each job reads its own answer, which is usually in the buffer already, and passes the
// slot on. This saves system calls and context switches on both sides of the socket.
//
//	            a batch collects it     it is sent      its turn comes
//	in the queue ────────────────▶ collected ────▶ sent ─────────────▶ reads its answer
//	    │ the slot is for it                         │
//	    ▼                                            │ its turn is late, or its client has gone
//	leads a batch, or is alone                       ▼
//	                                              detached: its answer is skipped; the job is tried again, alone
//
// Slow jobs do not become members. If the job before a member is delayed, for example by the lock of a DDL command, the
// member waits at most maxTurn. Every result in a batch other than success or an error of the server leads to a
// separate try, because all these jobs are reads. If the client whose answer is being read disconnects, all members are
// detached before the statement is canceled, so that none of their statements is hit, and the connection is closed.

const (
	// maxTurn is how long a member waits for its turn. Reading a row takes about a hundredth of it.
	maxTurn = 20 * time.Millisecond
	// maxBatchSize bounds the size of the statements and parameters in a flush, in bytes. What follows the leader's is
	// sent while nothing reads the members' answers, so it has to fit into the network's buffers. The rest of
	// KeptBuffer is for cleaning and for closing statements.
	maxBatchSize = wire.KeptBuffer / 4 * 3
	// maxMemberValue is the size in bytes from which a parameter is not copied into the flush.
	maxMemberValue = wire.LargeValue
)

// batch is the jobs that follow the leader, whose answers come after its own.
type batch struct {
	// members are those that have not had their turn, in the order of the flush; current is the one whose answer is
	// being read, or nil while that is the leader's; spare are kept for further batches.
	members []*member
	current *member
	spare   []*member
	// building is locked from collecting the members until they are sent, because their jobs are read in between.
	building sync.Mutex
	// turn is when the current job's turn started, record that of its statement if it had to prove to be quick.
	turn   time.Time
	record *record
	tries  []*session.Try // of the flush, while it is built
}

// member is a job that follows another in a flush.
type member struct {
	slot   *slot
	waiter *waiter // nil if it is detached
	try    session.Try
	record *record
	share  *share // that of its role, for which the slot counts while the waiter is attached
	// sent is set when the job has been sent, and its waiter must not touch it before its turn.
	sent bool
}

// runQuick runs a job that may share a flush.
func (p *Pool) runQuick(ctx context.Context, job *Job, result *Result, r *record) error {
	a := applicant{role: job.Role, job: job, result: result, record: r}
	asked := job.asks()
	g, err := p.acquire(ctx, a)
	job.granted(asked)
	if err != nil {
		return err
	}
	switch {
	case g.again:
	case g.member != nil || len(g.slot.batch.members) > 0:
		if err, done := p.share(ctx, g, job, result); done {
			return err
		}
	case r != nil:
		return p.timed(ctx, g.slot, job, result, r)
	default:
		return p.work(ctx, g.slot, job, result)
	}
	g, err = p.acquire(ctx, applicant{again: true, role: job.Role})
	job.granted(asked)
	if err != nil {
		return err
	}
	return p.work(ctx, g.slot, job, result)
}

// share leads a batch, or reads the answer of a member. It returns false if the job has to be retried.
func (p *Pool) share(
	ctx context.Context, g grant, job *Job, result *Result,
) (err error, done bool) {
	s, panicked := g.slot, true
	stop := session.OnEnd(ctx, s.cancelBatch)
	defer func() {
		if panicked { // in the job's check
			s.session.AwaitCancel(stop)
			s.session.Break()
			p.release(s)
		}
	}()
	t := &s.try
	if g.member != nil {
		t = &g.member.try
	} else if err = p.sendBatch(s, job, result); err != nil {
		panicked = false
		s.session.AwaitCancel(stop)
		p.finish(s, err)
		return err, true
	}
	outcome, err := s.session.Receive(t)
	panicked = false
	if s.session.AwaitCancel(stop) { // the request may still be on its way
		s.session.Break()
		if outcome == session.Streaming { // the rest is not read
			outcome, err = session.Lost, ctx.Err()
		}
		p.finish(s, ctx.Err())
		return failure(ctx, job.Authenticated, outcome, err), true
	}
	switch outcome {
	case session.Streaming:
		p.startStream(s, t, job, result, nil)
		return nil, true
	case session.Succeeded, session.Refused:
		p.finish(s, err)
		return failure(ctx, job.Authenticated, outcome, err), true
	default:
		p.finish(s, err)
		return nil, false
	}
}

// sendBatch sends the job that leads a batch, followed by the members'. Jobs of one kind share a transaction, whose
// answers arrive only when all of them are complete. Therefore a leader that was only proven to be quick has its own
// transaction: members can leave if they are delayed by another job, the leader cannot.
func (p *Pool) sendBatch(s *slot, job *Job, result *Result) error {
	b, options := &s.batch, &p.settings.Load().Options
	defer p.endSending(b)
	s.try.Start(&job.Job, &result.Answer, options)
	b.tries = append(b.tries[:0], &s.try)
	for _, m := range b.members {
		m.try.Start(&m.waiter.job.Job, &m.waiter.result.Answer, options)
		b.tries = append(b.tries, &m.try)
	}
	shared := 1
	if b.record != nil {
		shared = 2
	}
	return s.session.Send(b.tries, shared)
}

// endSending allows members to leave the batch.
func (p *Pool) endSending(b *batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range b.members {
		m.sent = true
	}
	b.building.Unlock()
}

// awaitSending waits until the members have been sent.
func (b *batch) awaitSending() {
	b.building.Lock()
	defer b.building.Unlock()
}

// cancelBatch detaches all members and then cancels what runs on a slot's connection.
func (p *Pool) cancelBatch(s *slot) {
	s.batch.awaitSending()
	p.mu.Lock()
	p.detachAllLocked(s)
	p.serveSharesLocked()
	p.mu.Unlock()
	s.session.RequestCancel()
}

// collectLocked collects quick jobs for the flush of the waiter that gets the slot.
func (p *Pool) collectLocked(s *slot, leader *waiter) {
	if leader.job == nil {
		return
	}
	p.running.beginLocked(s)
	b := &s.batch
	b.turn, b.record = s.taken, leader.record
	if !s.session.Shareable() {
		return
	}
	size := leader.job.Size()
	for depth := p.settings.Load().BatchDepth; len(b.members) < depth-1; {
		w := p.waiters.firstFor(s)
		if w == nil || w.job == nil {
			break
		}
		if size += w.job.Size(); size > maxBatchSize {
			break
		}
		p.waiters.remove(w)
		if len(b.members) == 0 {
			b.building.Lock()
		}
		m := b.newMember(s)
		m.waiter, m.record, m.share, w.member = w, w.record, w.share, m
		p.holdLocked(s, w.share)
		b.members = append(b.members, m)
	}
	p.running.shared += uint64(len(b.members))
	if s.shared = len(b.members) > 0; s.shared {
		p.startInspectingLocked()
	}
}

// newMember returns an unused member.
func (b *batch) newMember(s *slot) *member {
	last := len(b.spare) - 1
	if last < 0 {
		return &member{slot: s}
	}
	m := b.spare[last]
	b.spare = b.spare[:last]
	return m
}

// detachLocked detaches the member's waiter.
func (p *Pool) detachLocked(m *member) {
	m.waiter.member, m.waiter = nil, nil
	m.try.Detach()
	p.unholdLocked(m.slot, m.share)
}

// detachAllLocked makes all members of a slot's batch that were sent retry.
func (p *Pool) detachAllLocked(s *slot) {
	for _, m := range s.batch.members {
		if w := m.waiter; w != nil && m.sent {
			p.detachLocked(m)
			w.ready <- grant{again: true}
		}
	}
}

// passOn passes a slot to the next member, and reports whether there are more answers to read. If the connection cannot
// be used, the members retry.
func (p *Pool) passOn(s *slot) bool {
	now, b := time.Now(), &s.batch
	if b.record != nil {
		p.records.answered(b.record, now, now.Sub(b.turn))
	}
	b.turn = now
	p.mu.Lock()
	defer p.mu.Unlock()
	b.recycleCurrentLocked()
	p.unholdLocked(s, s.reading)
	s.reading = nil
	defer p.serveSharesLocked()
	if s.session.Broken() || p.closed {
		s.session.Break() // the rest of what was sent on it is not wanted
		p.disbandLocked(s)
		return false
	}
	m := b.members[0]
	b.members = append(b.members[:0], b.members[1:]...)
	b.current, b.record = m, m.record
	if w := m.waiter; w != nil {
		w.member, m.waiter, s.reading = nil, nil, m.share
		w.ready <- grant{slot: s, member: m}
	} else {
		s.reading = p.resumeLocked(s, m.share)
		p.background.Go(func() { p.skip(s, m) })
	}
	return true
}

// disbandLocked makes all members of a slot's batch retry.
func (p *Pool) disbandLocked(s *slot) {
	p.detachAllLocked(s)
	b := &s.batch
	for _, m := range b.members {
		b.recycle(m)
	}
	b.members = b.members[:0]
}

// recycleCurrentLocked keeps the current member for another batch.
func (b *batch) recycleCurrentLocked() {
	if b.current != nil {
		b.recycle(b.current)
		b.current = nil
	}
}

func (b *batch) recycle(m *member) {
	m.try.Reset()
	m.waiter, m.record, m.share, m.sent = nil, nil, nil, false
	b.spare = append(b.spare, m)
}

// skip reads an answer that is not wanted any more.
func (p *Pool) skip(s *slot, m *member) {
	stop := context.AfterFunc(p.life, s.session.Abort)
	defer stop()
	_, err := s.session.Receive(&m.try)
	p.finish(s, err)
}
