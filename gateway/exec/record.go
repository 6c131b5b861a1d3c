package exec

import (
	"sync"
	"time"
)

// Some jobs are known to be quick in advance (Job.Quick). Others can prove it (Job.Provable): runs outside of batches
// are timed, by the text of their statement, and a statement that is quick often enough shares flushes for a while. If
// it delays jobs behind it, it runs alone for a while and must prove itself again.

const (
	// quickRoundTrips bounds the duration of a quick job, from getting the slot until releasing it, in multiples of a
	// round trip to the server that does nothing (see Pool.base). Slower jobs gain little by sharing, or lose.
	quickRoundTrips = 6
	// quickTime bounds the same for distant databases, where the round trip takes most of the time: the duration then
	// says nothing about the statement, and there is nothing to gain.
	quickTime = time.Millisecond
	// A statement is judged by recordRuns runs: one in recordShare must have been quick. If all processors are busy,
	// most runs take longer regardless of the statement: a fifth of those that take 50 µs in the database was quick
	// then, a twentieth of those that take 110 µs, and none of those that take 250 µs.
	recordRuns  = 32
	recordShare = 8
	// trustTime is how long that judgement is valid.
	trustTime = 10 * time.Second
	// In batches, an answer may delay those behind it for fairTime on average. Longer answers add a debt, which shorter
	// ones reduce. Above maxDebt, a statement must not share for barredTime.
	fairTime   = time.Millisecond
	maxDebt    = 5 * maxTurn // five batches that all members have left
	barredTime = 5 * time.Second
	// maxRecords is the minimum number of statements that are remembered, most recent first. Statements longer than
	// maxRecordText are not.
	maxRecords    = 1000
	maxRecordText = 4 << 10
)

// records holds what is known about statements. It is safe for concurrent use.
type records struct {
	mu sync.Mutex
	// seen are the statements since it was last full, older the previous ones.
	seen, older map[string]*record
}

// record is what is known about a statement.
type record struct {
	// runs counts the runs alone since the last judgement, quick the quick ones among them.
	runs, quick int
	debt        time.Duration
	// trusted is until when it counts as quick, barred until when it does not, regardless of its runs.
	trusted, barred time.Time
}

// find returns the record of a statement, and whether it counts as quick.
func (rs *records) find(sql string, now time.Time) (r *record, quick bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r = rs.seen[sql]
	if r == nil {
		if r = rs.older[sql]; r == nil {
			r = new(record)
		}
		if len(rs.seen) >= maxRecords || rs.seen == nil {
			rs.seen, rs.older = make(map[string]*record), rs.seen
		}
		rs.seen[sql] = r
	}
	return r, now.Before(r.trusted)
}

// ran records a run of a statement alone, and whether it was quick.
func (rs *records) ran(r *record, now time.Time, quick bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if now.Before(r.barred) {
		return
	}
	r.runs++
	if quick {
		r.quick++
	}
	if r.runs < recordRuns {
		return
	}
	if r.quick*recordShare >= r.runs {
		r.trusted = now.Add(trustTime)
	}
	r.runs, r.quick = 0, 0
}

// answered records the duration of a statement's answer in a batch, since the previous answer.
func (rs *records) answered(r *record, now time.Time, took time.Duration) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	took = min(took, maxTurn) // those behind it wait no longer
	if r.debt = max(0, r.debt+took-fairTime); r.debt > maxDebt {
		*r = record{barred: now.Add(barredTime)}
	}
}
