package cache

import (
	"context"
	"time"
)

// AwaitLoad waits for the load that is due, until ctx ends, and reports whether it has succeeded; it also has if one began
// after a moment. A load is due if it was asked for and has not succeeded since, even if it is running; if none is,
// AwaitLoad waits for as long as grace whether one is asked for. A load that is waited for does not wait until a burst has
// settled.
func (s *Store) AwaitLoad(ctx context.Context, since time.Time, grace time.Duration) bool {
	late := time.NewTimer(grace)
	defer late.Stop()
	for first := s.current.Load(); ; {
		due, stirred := s.due(first, since)
		switch {
		case due == loadDone:
			return true
		case due == loadExpected:
			s.hasten()
			select {
			case <-stirred:
			case <-ctx.Done():
				return false
			}
		default:
			select {
			case <-stirred:
			case <-late.C:
				return false
			case <-ctx.Done():
				return false
			}
		}
	}
}

// dueness is what can be said of the load that somebody may wait for.
type dueness uint8

const (
	loadUnasked  dueness = iota // nobody has asked for it
	loadExpected                // it was asked for
	loadDone                    // it has succeeded
)

// due says what is known of a load that succeeds after first, or began after a moment. Stirred is closed when that may
// have changed.
func (s *Store) due(first *published, since time.Time) (d dueness, stirred <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.current.Load()
	switch {
	case p != first || p != nil && p.began.After(since):
		return loadDone, nil
	case p == nil || s.asked.After(p.began):
		return loadExpected, s.stirred
	default:
		return loadUnasked, s.stirred
	}
}

// hasten has the load that was asked for begin at once.
func (s *Store) hasten() {
	select {
	case s.hurry <- struct{}{}:
	default:
	}
}

// stirLocked wakes those who wait for a load.
func (s *Store) stirLocked() {
	close(s.stirred)
	s.stirred = make(chan struct{})
}
