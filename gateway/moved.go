package gateway

import (
	"context"
	"errors"
	"hash/maphash"
	"maps"
	"sync"
	"time"

	"trunkline/cache"
	"trunkline/planner/apierr"
)

const (
	// maxAwait bounds the time for which a statement is planned again because the schema changes, each time on a later
	// snapshot. If migrations follow each other closely, one retry may not suffice.
	maxAwait = 4 * time.Second
	// maxMistakes is the maximum number of mistakes that are remembered.
	maxMistakes = 1024
)

// moved reports whether a statement was refused before it started to run, possibly because the schema differs from the
// request's snapshot, and should be planned again on a newer snapshot, which it sets. It waits for the pending load. A
// client's mistake cannot be distinguished from that; it waits once per state of the schema for a notification that may
// be on its way.
func (h *Handler) moved(x *exchange, failure error) bool {
	var refusal *apierr.Error
	if !errors.As(failure, &refusal) || !refusal.Unstarted || !aboutSchema(refusal.Code) {
		return false
	}
	return h.await(x, func(ctx context.Context) bool {
		return h.AwaitSchema != nil && h.awaitOnce(ctx, x.snapshot, x.job.Main.SQL, 0)
	})
}

// await sets the newest snapshot if it is another one than the request's, or else after load has waited for it, and
// reports whether it is to be planned on.
func (h *Handler) await(x *exchange, load func(context.Context) bool) bool {
	now := time.Now()
	if x.moveUntil.IsZero() {
		x.moveUntil = now.Add(maxAwait)
	}
	if newest := h.Snapshot(); newest != x.snapshot {
		x.snapshot = newest
		return now.Before(x.moveUntil)
	}
	ctx, cancel := context.WithDeadline(x.context(), x.moveUntil)
	defer cancel()
	loaded := load(ctx)
	newest := h.Snapshot() // which may have come just before load was called
	if !loaded && newest == x.snapshot {
		return false
	}
	x.snapshot = newest
	return true
}

// awaitOnce waits for the pending load unless the same mistake, told apart by a text, was made on the snapshot before,
// or on an earlier one and less than recent ago.
func (h *Handler) awaitOnce(ctx context.Context, snapshot *cache.Snapshot, mistake string, recent time.Duration) bool {
	now := time.Now()
	if h.mistakes.known(now, snapshot, mistake, recent) {
		return false
	}
	if h.AwaitSchema(ctx) {
		return true
	}
	if ctx.Err() == nil && h.Snapshot() == snapshot {
		h.mistakes.note(now, snapshot, mistake)
	}
	return false
}

// aboutSchema reports whether a SQLSTATE may mean that the statement was made for another schema: an object does not
// exist or has another type. Missing privileges and syntax errors do not depend on the schema.
func aboutSchema(code string) bool {
	switch code {
	case "42501", "42601": // insufficient_privilege, syntax_error
		return false
	case "0A000", "3F000", "428C9", "XX000": // feature not supported, no such schema, generated column, internal error
		return true
	}
	return len(code) == 5 && code[:2] == "42"
}

// mistakes remembers statements, and what requests ask for, that are refused for another reason than a change of the
// schema.
type mistakes struct {
	mu   sync.Mutex
	seed maphash.Seed
	// snapshot is that of the last mistake, state the number of snapshots until then.
	snapshot *cache.Snapshot
	state    uint64
	texts    map[uint64]mistake
}

// mistake is when, and in which state of the schema, a mistake was made last.
type mistake struct {
	at    time.Time
	state uint64
}

// known reports whether a mistake on a snapshot, or on an earlier one and less than recent ago, is remembered, or
// whether it must count as one because the memory is full.
func (m *mistakes) known(now time.Time, snapshot *cache.Snapshot, text string, recent time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	last, ok := m.texts[maphash.String(m.seed, text)]
	if m.snapshot == snapshot && (ok && last.state == m.state || len(m.texts) >= maxMistakes) {
		return true
	}
	return ok && now.Sub(last.at) < recent
}

// note remembers a mistake on a snapshot, and forgets old ones on other snapshots.
func (m *mistakes) note(now time.Time, snapshot *cache.Snapshot, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.snapshot != snapshot {
		m.snapshot = snapshot
		m.state++
		maps.DeleteFunc(m.texts, func(_ uint64, last mistake) bool { return now.Sub(last.at) >= missTime })
	}
	m.texts[maphash.String(m.seed, text)] = mistake{now, m.state}
}

func newMistakes() mistakes {
	return mistakes{seed: maphash.MakeSeed(), texts: make(map[uint64]mistake)}
}
