package exec

import (
	"sync"
	"time"
)

// Of some jobs it is known beforehand that they are quick (Job.Quick). Others prove it: pure reads are timed when they
// run alone, by the text of their statement, and one that was quick several times shares flushes for a while. Should it
// hold up those behind it again and again, it has to run alone for a time, and to prove itself anew.

const (
	// quickTime is what a quick job takes at most, from when it has the connection until its answer is there. Those that
	// take longer gain little by sharing, or lose. Where the database is so far away that nothing is as fast, nothing
	// can be proved.
	quickTime = 200 * time.Microsecond
	// proofCount is how often a statement must be quick within proofTime. How often it was slower does not matter: with
	// all processors busy most runs take longer, whatever the statement is.
	proofCount = 3
	proofTime  = time.Second
	// trustTime is how long a proof holds.
	trustTime = 10 * time.Second
	// holdUpTime is from when on an answer has held up those behind it. Everything does now and then, when processors are
	// short; one that does more often than once in holdUpShare answers is barred from shared flushes for barredTime, when
	// it has done so holdUpCount times too often.
	holdUpTime  = 5 * time.Millisecond
	holdUpShare = 50
	holdUpCount = 16
	barredTime  = 5 * time.Second
	// placeTime is how much of a job's time takes one of the places on a flush.
	placeTime = 100 * time.Microsecond
	// maxProofs is how many statements are remembered at least, those seen last.
	maxProofs = 1000
)

// proofs is what is known of statements. It is safe for concurrent use.
type proofs struct {
	mu sync.Mutex
	// seen are the statements since it was last full, older those before.
	seen, older map[string]*proof
}

// proof is what is known of a statement.
type proof struct {
	// quick counts the quick runs since the time of since, and fastest is what the fastest of them took.
	quick   int
	since   time.Time
	fastest time.Duration
	// debt grows by holdUpShare with each answer that held up others, and falls by 1 with each other one.
	debt int
	// trusted is until when it counts as quick, barred until when it does not, whatever it takes.
	trusted, barred time.Time
}

// find returns what is known of a statement, and how many places it takes on a flush; none if it must not share one.
func (ps *proofs) find(sql string, now time.Time) (p *proof, places int) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p = ps.of(sql)
	if now.After(p.trusted) {
		return p, 0
	}
	return p, max(1, int((p.fastest+placeTime/2)/placeTime))
}

// of returns what is known of a statement, at first nothing.
func (ps *proofs) of(sql string) *proof {
	p := ps.seen[sql]
	if p != nil {
		return p
	}
	if p = ps.older[sql]; p == nil {
		p = new(proof)
	}
	if len(ps.seen) >= maxProofs || ps.seen == nil {
		ps.seen, ps.older = make(map[string]*proof), ps.seen
	}
	ps.seen[sql] = p
	return p
}

// ran notes that a statement ran alone.
func (ps *proofs) ran(p *proof, now time.Time, took time.Duration) {
	if took >= quickTime {
		return
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if now.Before(p.barred) {
		return
	}
	if now.Sub(p.since) > proofTime {
		p.quick, p.since, p.fastest = 0, now, took
	}
	p.fastest = min(p.fastest, took)
	if p.quick++; p.quick >= proofCount {
		p.trusted = now.Add(trustTime)
	}
}

// answered notes how long those behind a statement waited for its answer on a shared flush.
func (ps *proofs) answered(p *proof, now time.Time, took time.Duration) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if took < holdUpTime {
		p.debt = max(0, p.debt-1)
		return
	}
	if p.debt += holdUpShare; p.debt > holdUpCount*holdUpShare {
		*p = proof{barred: now.Add(barredTime)}
	}
}
