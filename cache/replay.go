package cache

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"
)

// replay is what a standby must have replayed before a load can find what was announced.
type replay struct {
	// position is a place in the primary's log, as the number of bytes before it; 0 if none is known.
	position atomic.Uint64
	// waiting is what is being waited for, or was in vain; nil for nothing.
	waiting atomic.Pointer[string]
}

const (
	// replayLimit bounds how long a load waits. Then it has failed, and is tried again.
	replayLimit = 30 * time.Second
	// replayPause is the first pause between two looks at the standby. Each is twice as long as the one before, up to
	// replayLongest.
	replayPause   = time.Millisecond
	replayLongest = 100 * time.Millisecond
)

// AwaitReplay has loads that begin from now on wait until a standby that they read from has replayed the primary's log
// up to a position.
func (s *Store) AwaitReplay(position uint64) {
	for {
		old := s.replay.position.Load()
		if old >= position || s.replay.position.CompareAndSwap(old, position) {
			return
		}
	}
}

// loadAgainIfBehind requests another load if the first one read from a standby without waiting.
func (s *Store) loadAgainIfBehind(l *loader) {
	if l.catalog.Standby && s.replay.position.Load() > 0 {
		s.Reload(CauseReplay)
	}
}

// Waiting returns what a load waits for, "" if there is nothing.
func (s *Store) Waiting() string {
	if text := s.replay.waiting.Load(); text != nil {
		return *text
	}
	return ""
}

// await waits until the server has replayed what it must, unless it is no standby.
func (r *replay) await(ctx context.Context, l *loader) error {
	want := r.position.Load()
	if want == 0 {
		return nil
	}
	for began, pause := time.Now(), replayPause; ; pause = min(2*pause, replayLongest) {
		standby, at, err := l.replayed(ctx)
		if err != nil {
			return err
		}
		if !standby || at >= want {
			r.waiting.Store(nil)
			return nil
		}
		text := fmt.Sprintf("the standby has replayed the log up to %s, and the change of the schema is at %s",
			positionText(at), positionText(want))
		r.waiting.Store(&text)
		if time.Since(began) > replayLimit {
			return fmt.Errorf("after %v %s", replayLimit, text)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// replayed reads whether the server is a standby, and what it has replayed.
func (l *loader) replayed(ctx context.Context) (standby bool, at uint64, err error) {
	err = l.query(ctx, "replayed", nil, func(r *row) {
		standby = r.bool()
		at, _ = strconv.ParseUint(r.text(), 10, 64) // digits
	})
	return standby, at, err
}

// positionText writes a position as PostgreSQL does.
func positionText(position uint64) string {
	return fmt.Sprintf("%X/%X", position>>32, uint32(position))
}
