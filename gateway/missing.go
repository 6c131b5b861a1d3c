package gateway

import (
	"context"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// missing reports whether a request was refused because the schema does not have what it names, and a newer snapshot,
// which it sets, may have it. A relation or a function is looked for in the catalog; for a column or a relationship it
// waits until what is announced, or is about to be, has been loaded. What has come may be gone again in the snapshot
// after it.
func (h *Handler) missing(x *exchange, r *request.Request, refusal *apierr.Error) bool {
	switch refusal.Code {
	case "PGRST205", "PGRST202": // no such relation, no such function
		if x.waits == maxWaits || h.FindInSchema == nil {
			return false
		}
		return h.await(x, func(ctx context.Context) bool {
			x.waits++
			found := h.FindInSchema(ctx, cache.Wanted{
				Name:     cache.QualifiedName{Schema: r.Schema, Name: r.Resource},
				Function: refusal.Code == "PGRST202",
			})
			if !found {
				x.waits = maxWaits
			}
			return h.Snapshot() != x.snapshot
		})
	case "PGRST200", "PGRST204": // no such relationship, no such column
		if x.waits == maxWaits { // and it is not in what was loaded since
			return false
		}
		return h.await(x, func(ctx context.Context) bool {
			x.waits++
			return h.awaitAnnounced(ctx, x.snapshot, refusal.Message)
		})
	default:
		return false
	}
}

// maxWaits is how many loads a request waits for because something is missing: the first may have begun before the change
// was announced, or have read half of the changes of a transaction.
const maxWaits = 3
