package cache

import (
	"maps"
	"time"
)

// publish makes the snapshot of a catalog the current one, unless nothing changed. began is the start of its load.
func (s *Store) publish(catalog *Catalog, began time.Time) {
	start := time.Now()
	s.swap.Lock()
	defer s.swap.Unlock()
	s.loads++
	current := s.Snapshot()
	next := s.build(current, catalog)
	s.catalog = catalog // what is known shares it, even if nothing changed
	s.serve(next, began)
	s.setState(State.succeed)
	if current == nil {
		close(s.loaded)
	}
	s.tell(next, next == current, time.Since(start))
	s.save(next)
}

// serve makes a snapshot the current one. What was announced during its load is judged by what it depends on.
func (s *Store) serve(snapshot *Snapshot, began time.Time) {
	s.scope = s.known.scope()
	versions := s.nextVersions()
	if versions == nil {
		s.o.Advance(s.loads)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.Store(&Standing{
		Snapshot: snapshot, began: began, load: s.loads, doubt: s.pending.doubt(s.scope), versions: versions,
	})
	s.pending.scope = s.scope
}

// nextVersions returns the versions of the relations after a load, or nil if all statements have to be prepared again.
func (s *Store) nextVersions() map[QualifiedName]uint64 {
	current := s.current.Load()
	if s.update == nil || current.doubt.all || len(current.versions)+len(s.renewed) > maxTouched {
		return nil
	}
	versions := make(map[QualifiedName]uint64, len(current.versions)+len(s.renewed))
	maps.Copy(versions, current.versions)
	for _, name := range s.renewed {
		versions[name] = s.loads
	}
	return versions
}

// build returns the snapshot of a catalog: the current one if nothing has changed.
func (s *Store) build(current *Snapshot, catalog *Catalog) *Snapshot {
	var next *Snapshot
	switch {
	case current == nil || current.unconfirmed():
		next = Build(catalog)
	default:
		next = rebuild(current, s.catalog, catalog)
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
