package e2e

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// verdict is what a client knows of its write.
type verdict uint8

const (
	unknown verdict = iota // there was no answer, or one that says so
	done
	notDone
)

func (v verdict) String() string { return [...]string{"unknown", "done", "not done"}[v] }

// entry is a write.
type entry struct {
	kind    string
	rows    int    // that are written if it is done
	by      string // the role that writes
	verdict verdict
}

// ledger keeps what clients know of their writes, each of which has a number.
type ledger struct {
	mu      sync.Mutex
	first   int64 // the number of entries[0]
	entries []entry
	// calls is the number of requests for functions that count their runs, and of what sequences may have skipped.
	calls int64
}

// open enters a write, of which nothing is known yet, and returns its number.
func (l *ledger) open(e entry, counted bool) (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	if counted {
		l.calls++
	}
	return l.first + int64(len(l.entries)) - 1
}

// sequencesSkip notes that the server has crashed, or another one was promoted: sequences may then continue 32 numbers
// later, which is how many PostgreSQL logs in advance. So functions may seem to have run more often.
func (l *ledger) sequencesSkip() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls += 32
}

// judge notes what is known of a write.
func (l *ledger) judge(n int64, v verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[n-l.first].verdict = v
}

// found is what api.written has of a number.
type found struct {
	rows int
	by   string
}

// audit compares the ledger with the table, and begins both anew. No write may be under way. It returns what differs.
func (l *ledger) audit(conn *pgx.Conn) (differences []string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	written, err := readWritten(conn)
	if err != nil {
		return nil, err
	}
	for i := range l.entries {
		n := l.first + int64(i)
		if problem := l.entries[i].compare(written[n]); problem != "" {
			differences = append(differences, fmt.Sprintf("write %d: %s", n, problem))
		}
		delete(written, n)
	}
	for n, f := range written {
		differences = append(differences, fmt.Sprintf("write %d: nobody asked for it now, there are %d rows of %s", n, f.rows, f.by))
	}
	var runs int64
	if err := conn.QueryRow(context.Background(), "SELECT last_value - 1 FROM public.runs").Scan(&runs); err != nil {
		return nil, err
	}
	if runs > l.calls {
		differences = append(differences, fmt.Sprintf("functions were run %d times for %d requests", runs, l.calls))
	}
	l.first, l.entries, l.calls = l.first+int64(len(l.entries)), nil, 0
	_, err = conn.Exec(context.Background(), "TRUNCATE api.written; SELECT setval('public.runs', 1)",
		pgx.QueryExecModeSimpleProtocol)
	return differences, err
}

// readWritten reads what was written.
func readWritten(conn *pgx.Conn) (map[int64]found, error) {
	rows, err := conn.Query(context.Background(), "SELECT n, count(*), string_agg(DISTINCT by, ' and ') FROM api.written GROUP BY n")
	if err != nil {
		return nil, err
	}
	written := map[int64]found{}
	var n int64
	var f found
	_, err = pgx.ForEachRow(rows, []any{&n, &f.rows, &f.by}, func() error { written[n] = f; return nil })
	return written, err
}

// compare returns what is wrong with the rows of a write, or "".
func (e *entry) compare(f found) string {
	right := f.rows == e.rows
	switch e.verdict {
	case notDone:
		right = f.rows == 0
	case unknown:
		right = right || f.rows == 0
	}
	switch {
	case !right:
		return fmt.Sprintf("%s of %d rows is %v to the client, and there are %d", e.kind, e.rows, e.verdict, f.rows)
	case f.rows > 0 && f.by != e.by:
		return fmt.Sprintf("%s was done by %s, not %s", e.kind, f.by, e.by)
	}
	return ""
}
