package gateway

import (
	"context"
	"sync"
	"time"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// missing reports whether a request was refused because the schema does not have what it names, and a newer snapshot,
// which it sets, may have it. A relation or a function is looked for in the catalog; for a column or a relationship it
// waits for the pending load, or for a notification that may be on its way, unless the same was missing a moment ago.
func (h *Handler) missing(x *exchange, r *request.Request, refusal *apierr.Error) bool {
	switch refusal.Code {
	case "PGRST205", "PGRST202": // no such relation, no such function
		if x.looked || h.FindInSchema == nil {
			return false
		}
		return h.await(x, func(ctx context.Context, _ time.Time) bool {
			x.looked = true
			h.FindInSchema(ctx, cache.Wanted{
				Name:     cache.QualifiedName{Schema: r.Schema, Name: r.Resource},
				Function: refusal.Code == "PGRST202",
			})
			return h.Snapshot() != x.snapshot
		})
	case "PGRST200", "PGRST204": // no such relationship, no such column
		if x.looked {
			return false
		}
		return h.await(x, func(ctx context.Context, now time.Time) bool {
			x.looked = true
			return h.AwaitSchema != nil && h.misses.allow(now, refusal.Message) && h.AwaitSchema(ctx, now)
		})
	default:
		return false
	}
}

const (
	// missInterval is the time between two waits for the same that is missing.
	missInterval = time.Second
	// maxMisses bounds what is remembered.
	maxMisses = 1024
)

// misses remember when a load was waited for because something was missing, by the message that says so.
type misses struct {
	mu     sync.Mutex
	waited map[string]time.Time
}

// allow reports whether a load may be waited for, and remembers it if so.
func (m *misses) allow(now time.Time, message string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.waited[message]) < missInterval {
		return false
	}
	if m.waited == nil || len(m.waited) >= maxMisses {
		m.waited = make(map[string]time.Time)
	}
	m.waited[message] = now
	return true
}
