package auth

import (
	"context"
	"time"
)

// Fetches in the background are ten minutes apart. After a failed one, tokens of keys that are not known yet, and those
// without a key id in particular, would be refused for as long. So it is retried after 1, 2, 4 … 32 s.
const (
	defaultRetryInterval = time.Second
	maxRetryInterval     = 32 * time.Second
)

// onFailure records that a fetch has failed.
func (d *document) onFailure() {
	d.stale.Store(true)
	select {
	case d.failed <- struct{}{}:
	default:
	}
}

// retry calls fetch after a failed fetch, at growing intervals, until a fetch succeeds, whoever has started it. It
// returns when ctx ends.
func (d *document) retry(ctx context.Context, first time.Duration, fetch func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.failed:
		}
		for pause := first; d.stale.Load() && wait(ctx, pause); pause = min(2*pause, max(first, maxRetryInterval)) {
			if d.stale.Load() {
				fetch()
			}
		}
	}
}

// wait waits for a time. It reports whether ctx has not ended.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
