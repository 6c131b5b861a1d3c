package exec

import (
	"sync"
	"time"
)

// Of some jobs it is known beforehand that they are quick (Job.Quick). Others prove it (Job.Provable): they are timed
// when they run alone, by the text of their statement, and one that is quick often enough shares flushes for a while. If
// it holds up those behind it, it runs alone for a while, and has to prove itself anew.

const (
	// quickExchanges is how long a quick job takes at most, from when it has the slot until it gives it back, in exchanges
	// with the server that do nothing (see Pool.base). Those that take longer gain little by sharing, or lose.
	quickExchanges = 6
	// quickTime bounds that where the database is so far away that the exchange takes most of the time: then nothing can be
	// told from how long a job takes, and nothing is to be gained.
	quickTime = time.Millisecond
	// A statement is judged by recordRuns runs: one in recordShare must have been quick. With all processors busy most
	// runs take longer, whatever the statement is: a fifth of those that take 50 µs of the database was seen to be quick
	// then, a twentieth of those that take 110 µs, and none of those that take 250 µs.
	recordRuns  = 32
	recordShare = 8
	// trustTime is how long that judgement holds.
	trustTime = 10 * time.Second
	// In batches an answer may keep those behind it waiting for fairTime on average. What it takes beyond that is
	// a debt, which shorter ones pay off. With a debt of more than maxDebt, a statement must not share for barredTime.
	fairTime   = time.Millisecond
	maxDebt    = 5 * maxTurn // five batches that all members have left
	barredTime = 5 * time.Second
	// maxRecords is how many statements are remembered at least, those seen last. Longer ones than maxRecordText are not.
	maxRecords    = 1000
	maxRecordText = 4 << 10
)

// records are what is known of statements. They are safe for concurrent use.
type records struct {
	mu sync.Mutex
	// seen are the statements since it was last full, older those before.
	seen, older map[string]*record
}

// record is what is known of a statement.
type record struct {
	// runs counts the runs alone since it was last judged, quick the quick ones of them.
	runs, quick int
	debt        time.Duration
	// trusted is until when it counts as quick, barred until when it does not, whatever it takes.
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

// ran notes that a run of a statement alone took less than a quick one does at most, or more.
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

// answered notes what the answer of a statement took in a batch, since the answer before it.
func (rs *records) answered(r *record, now time.Time, took time.Duration) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	took = min(took, maxTurn) // those behind it wait no longer
	if r.debt = max(0, r.debt+took-fairTime); r.debt > maxDebt {
		*r = record{barred: now.Add(barredTime)}
	}
}
