package cache

import (
	"reflect"
	"time"
)

// publish makes the snapshot of a catalog the current one, unless nothing changed. began is the start of its load.
func (s *Store) publish(catalog *Catalog, began time.Time) {
	start := time.Now()
	s.swap.Lock()
	defer s.swap.Unlock()
	s.loads++
	s.o.Advance(s.loads)
	current := s.Snapshot()
	next := s.build(current, catalog)
	if next == current {
		s.catalog = catalog // what is known shares it
		s.current.Store(&published{current, began, s.loads})
		s.setState(State.succeed)
		s.tell(current, true, time.Since(start))
		s.save(current)
		return
	}
	s.catalog = catalog
	s.current.Store(&published{next, began, s.loads})
	s.setState(State.succeed)
	if current == nil {
		close(s.loaded)
	}
	s.tell(next, false, time.Since(start))
	s.save(next)
}

// build returns the snapshot of a catalog: the current one if nothing has changed.
func (s *Store) build(current *Snapshot, catalog *Catalog) *Snapshot {
	var next *Snapshot
	switch {
	case current == nil:
		next = Build(catalog)
	case s.update != nil:
		next = rebuild(current, s.catalog, catalog)
	case reflect.DeepEqual(s.catalog, catalog):
		next = current
	default:
		next = Build(catalog)
	}
	switch {
	case current == nil:
		next.Generation = 1
	case next != current:
		next.Generation = current.Generation + 1
	}
	return next
}

// tell tells of a load that succeeded.
func (s *Store) tell(snapshot *Snapshot, unchanged bool, elapsed time.Duration) {
	generation, summary := snapshot.Generation, snapshot.summary()
	switch {
	case s.taken != nil:
		t := *s.taken
		t.Generation, t.Summary, t.Unchanged, t.Elapsed = generation, summary, unchanged, elapsed
		s.o.Observe(t)
	case s.update != nil:
		u := *s.update
		u.Generation, u.Summary, u.Unchanged, u.Elapsed = generation, summary, unchanged, elapsed
		s.o.Observe(u)
	case unchanged:
		s.o.Observe(Unchanged{generation, summary, elapsed})
	default:
		s.o.Observe(Published{generation, summary, elapsed})
	}
}
