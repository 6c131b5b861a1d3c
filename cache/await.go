package cache

import (
	"context"
	"time"
)

// AwaitLoad waits for the pending load until ctx ends, and reports whether it has succeeded. It also returns true if a
// load that started after since has succeeded. A load is pending if it was requested and has not succeeded since, even
// if it is running. If none is pending, AwaitLoad waits up to grace for a request. A load that is waited for starts
// without waiting for the end of a burst.
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

// awaitAsked waits until everything that was asked for before the call has been loaded, or until ctx ends.
// [Store.AwaitLoad] may return after a load that had begun before, and does not have what was asked for since.
func (s *Store) awaitAsked(ctx context.Context) {
	s.mu.Lock()
	asked := s.asked
	s.mu.Unlock()
	for {
		s.mu.Lock()
		p, stirred := s.current.Load(), s.stirred
		s.mu.Unlock()
		if p != nil && !asked.After(p.began) {
			return
		}
		s.hasten()
		select {
		case <-stirred:
		case <-ctx.Done():
			return
		}
	}
}

// dueness is the state of the load that a caller of AwaitLoad waits for.
type dueness uint8

const (
	loadUnasked  dueness = iota // not requested
	loadExpected                // requested
	loadDone                    // succeeded
)

// due returns the state of a load that succeeds after first, or started after since. stirred is closed when that may
// have changed.
func (s *Store) due(first *Standing, since time.Time) (d dueness, stirred <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.current.Load()
	switch {
	case p != nil && (first == nil || p.load != first.load || p.began.After(since)):
		return loadDone, nil
	case p == nil || s.asked.After(p.began):
		return loadExpected, s.stirred
	default:
		return loadUnasked, s.stirred
	}
}

// hasten starts the requested load without further delay.
func (s *Store) hasten() {
	select {
	case s.hurry <- struct{}{}:
	default:
	}
}

// stirLocked wakes the callers that wait for a load.
func (s *Store) stirLocked() {
	close(s.stirred)
	s.stirred = make(chan struct{})
}
