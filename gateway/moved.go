package gateway

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"trunkline/cache"
	"trunkline/planner/apierr"
)

const (
	// maxAwait bounds the time for which a statement is planned again because the schema changes, each time on a later
	// snapshot. If migrations follow each other closely, one retry may not suffice.
	maxAwait = 4 * time.Second
	// mistakeRate is how often requests wait in vain in a second because of the same mistake. If it is made more often, a change
	// of the schema that puts it right may be missed while the notification of the change is on its way.
	mistakeRate = 10
	// maxMistakes is the maximum number of mistakes that are remembered.
	maxMistakes = 1024
)

// moved reports whether a statement was refused before it started to run, possibly because the schema differs from the
// request's snapshot, and should be planned again on a newer snapshot, which it sets. It waits until what
// is announced, or is about to be, has been loaded. A client's mistake cannot be distinguished from that before.
func (h *Handler) moved(x *exchange, failure error) bool {
	var refusal *apierr.Error
	if !errors.As(failure, &refusal) || !refusal.Unstarted || !aboutSchema(refusal.Code) {
		return false
	}
	return h.await(x, func(ctx context.Context) bool {
		return h.awaitAnnounced(ctx, x.snapshot, x.job.Main.SQL)
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

// awaitAnnounced waits for what is announced of the schema to be loaded, and reports whether anything was. It does not
// if others have waited in vain too often because of the same mistake, told apart by a text.
func (h *Handler) awaitAnnounced(ctx context.Context, snapshot *cache.Snapshot, mistake string) bool {
	if h.AwaitSchema == nil || !h.mistakes.mayWait(mistake) {
		return false
	}
	if h.AwaitSchema(ctx) {
		return true
	}
	if ctx.Err() == nil && h.Snapshot() == snapshot {
		h.mistakes.note(mistake)
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

// mistakes limits how often requests wait in vain because of what is wrong at every state of the schema. A request that
// is right after a change is not counted, however many others are refused with it.
type mistakes struct {
	mu   sync.Mutex
	seed maphash.Seed
	made map[uint64]*rate.Limiter // by the hash of a text, at most maxMistakes
}

// mayWait reports whether a request may wait because of a mistake.
func (m *mistakes) mayWait(text string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := m.made[maphash.String(m.seed, text)]
	return limit == nil || limit.Tokens() >= 1
}

// note counts a mistake for which a request has waited in vain.
func (m *mistakes) note(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	hash := maphash.String(m.seed, text)
	limit := m.made[hash]
	if limit == nil {
		if len(m.made) >= maxMistakes {
			clear(m.made)
		}
		limit = rate.NewLimiter(mistakeRate, mistakeRate)
		m.made[hash] = limit
	}
	limit.Allow()
}

func newMistakes() mistakes {
	return mistakes{seed: maphash.MakeSeed(), made: make(map[uint64]*rate.Limiter)}
}
