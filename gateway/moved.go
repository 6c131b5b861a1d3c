package gateway

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"trunkline/cache"
	"trunkline/planner/apierr"
)

const (
	// maxAwait bounds for how long a statement is planned again whose schema moves under it, each time on a later state of
	// the schema. Where migrations follow each other closely, one more try may come too late as well.
	maxAwait = 4 * time.Second
	// maxMistakes is of how many statements it is known that the schema is not why they are refused.
	maxMistakes = 1024
)

// moved reports whether a statement was refused before it began to run, maybe because the schema is not that of the
// request's snapshot any more, and is worth being planned again: on a newer snapshot, which it makes the request's. It
// waits for the load that is due. A client's own mistake, which looks the same, waits once at each state of the schema for
// a notification that may be on its way.
func (h *Handler) moved(x *exchange, failure error) bool {
	var refusal *apierr.Error
	if !errors.As(failure, &refusal) || !refusal.Unstarted || !aboutSchema(refusal.Code) {
		return false
	}
	now := time.Now()
	if x.moveUntil.IsZero() {
		x.moveUntil = now.Add(maxAwait)
	}
	if newest := h.Snapshot(); newest != x.snapshot {
		x.snapshot = newest
		return now.Before(x.moveUntil)
	}
	if h.AwaitSchema == nil || h.mistakes.known(x.snapshot, x.job.Main.SQL) {
		return false
	}
	ctx, cancel := context.WithDeadline(x.context(), x.moveUntil)
	defer cancel()
	if !h.AwaitSchema(ctx, now) {
		if ctx.Err() == nil {
			h.mistakes.note(x.snapshot, x.job.Main.SQL)
		}
		return false
	}
	x.snapshot = h.Snapshot()
	return true
}

// aboutSchema reports whether a statement may be refused with a SQLSTATE because it was made for another schema: what it
// names is not there, or of another type. That a privilege is missing, or the syntax wrong, is not for the schema to cure.
func aboutSchema(code string) bool {
	switch code {
	case "42501", "42601": // insufficient_privilege, syntax_error
		return false
	case "0A000", "3F000", "428C9", "XX000": // feature not supported, no such schema, generated column, internal error
		return true
	}
	return len(code) == 5 && code[:2] == "42"
}

// mistakes are the statements that are refused for another reason than that the schema has moved.
type mistakes struct {
	mu       sync.Mutex
	seed     maphash.Seed
	snapshot *cache.Snapshot // that all of them were planned on
	texts    map[uint64]struct{}
}

// known reports whether a statement that was planned on a snapshot is one, or has to be taken for one because there are
// too many.
func (m *mistakes) known(snapshot *cache.Snapshot, sql string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.snapshot != snapshot {
		return false
	}
	_, ok := m.texts[maphash.String(m.seed, sql)]
	return ok || len(m.texts) >= maxMistakes
}

// note remembers a statement that was planned on a snapshot, and forgets those of other snapshots.
func (m *mistakes) note(snapshot *cache.Snapshot, sql string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.snapshot != snapshot {
		m.snapshot, m.seed, m.texts = snapshot, maphash.MakeSeed(), make(map[uint64]struct{})
	}
	m.texts[maphash.String(m.seed, sql)] = struct{}{}
}
