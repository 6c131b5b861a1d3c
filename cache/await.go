package cache

import "context"

// AwaitLoad waits until everything has been loaded that was asked for before the call, or by announced, or until ctx
// ends, and reports whether a load has succeeded meanwhile. announced is called first. It returns when everything that
// was announced before has been asked for. A load that is waited for starts without waiting for the end of a burst.
func (s *Store) AwaitLoad(ctx context.Context, announced func(context.Context)) bool {
	before := s.current.Load()
	announced(ctx)
	s.awaitAsked(ctx)
	p := s.current.Load()
	return p != nil && (before == nil || p.load != before.load)
}

// awaitAsked waits until everything that was asked for before the call has been loaded, or until ctx ends.
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
