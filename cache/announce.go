package cache

import (
	"slices"
	"time"
)

// Reload requests a load of everything that starts after this call. It does not wait for it. Calls that follow each
// other closely share loads: one starts at once, and one more at the end of the burst.
func (s *Store) Reload(cause Cause) { s.suspect(cause, func(t *touched) { t.all = true }) }

// Missed requests a load of what has changed without having been announced, if anything has. It does not wait for it.
func (s *Store) Missed(cause Cause) { s.suspect(cause, func(t *touched) { t.missed = true }) }

// suspect requests a load because anything may have changed, and notes how that is found.
func (s *Store) suspect(cause Cause, note func(*touched)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	note(s.pending.touched)
	s.pending.touched.because(cause)
	s.doubtLocked(func(doubt) doubt { return doubt{all: true} })
	s.requestLocked()
}

// Changed requests a load of what commands changed, if the snapshot depends on that: one for all of them. It does not
// wait for it.
func (s *Store) Changed(changes ...Change) {
	for _, c := range s.ignored(changes) {
		s.o.Observe(Ended{Causes: []Cause{c.why()}, Kind: KindNone})
	}
}

// ignored requests a load of changes, and returns those on which nothing depends.
func (s *Store) ignored(changes []Change) []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	ignored := slices.DeleteFunc(changes, s.mattersLocked)
	if len(ignored) > 0 && !s.pending.touched.relevant() && !s.pending.touched.missed {
		s.confirmLocked(time.Now())
	}
	return ignored
}

// mattersLocked requests a load of a change, and reports false if nothing depends on it. While a load runs, that is not
// known.
func (s *Store) mattersLocked(c Change) bool {
	s.doubtLocked(func(d doubt) doubt { return d.with(s.pending.scope, c) })
	switch {
	case s.pending.loading:
		s.pending.put(c)
		s.asked = time.Now()
		s.stirLocked()
	case s.pending.touched.add(s.pending.scope, c):
		s.requestLocked()
	default:
		return false
	}
	return true
}

// functionsNamed returns the functions that have a name according to the last load.
func (s *Store) functionsNamed(name QualifiedName) (objects []ChangedObject) {
	s.mu.Lock()
	scope := s.pending.scope
	s.mu.Unlock()
	if scope == nil {
		return nil
	}
	routines := scope.catalog.Routines
	at, _ := slices.BinarySearchFunc(routines, name, func(r Routine, name QualifiedName) int { return r.Name.Compare(name) })
	for ; at < len(routines) && routines[at].Name == name; at++ {
		objects = append(objects, ChangedObject{Class: classOfFunctions, Oid: scope.routineOids[at], Schema: name.Schema})
	}
	return objects
}

// requestLocked has Run look at what is pending.
func (s *Store) requestLocked() {
	s.asked = time.Now()
	s.stirLocked()
	select {
	case s.requests <- struct{}{}:
	default:
	}
}

// doubtLocked changes what the current snapshot may be wrong about.
func (s *Store) doubtLocked(change func(doubt) doubt) {
	if p := s.current.Load(); p != nil {
		next := *p
		next.doubt = change(p.doubt)
		s.current.Store(&next)
	}
}

// confirmLocked notes that the snapshot is known to be current at a moment: nothing that it depends on has changed.
func (s *Store) confirmLocked(moment time.Time) {
	if p := s.current.Load(); p != nil && !p.Snapshot.unconfirmed() {
		next := *p
		next.began = moment
		s.current.Store(&next)
		s.stirLocked()
	}
}
