package cache

import (
	"slices"
	"time"
)

// Cause is why something was loaded, as metrics and logs call it.
type Cause string

// The causes.
const (
	CauseStart     Cause = "start"     // the first load
	CauseDDL       Cause = "ddl"       // a command that the event triggers have told of
	CauseRequest   Cause = "request"   // a request has asked for what was not known
	CauseNotify    Cause = "notify"    // a notification that tells nothing
	CauseSignal    Cause = "signal"    // a signal
	CauseConfig    Cause = "config"    // a new configuration
	CauseAudit     Cause = "audit"     // the audit has found a difference
	CauseReconnect Cause = "reconnect" // the listener has connected, or is proven to hear of everything again
	CauseRecovery  Cause = "recovery"  // a connection to the database was lost, or could not be opened
	CauseReplay    Cause = "replay"    // a standby had not replayed yet what was announced
	CauseRetry     Cause = "retry"     // the last load has failed
)

// Causes returns all causes.
func Causes() []Cause {
	return []Cause{
		CauseStart, CauseDDL, CauseRequest, CauseNotify, CauseSignal, CauseConfig, CauseAudit, CauseReconnect, CauseRecovery,
		CauseReplay, CauseRetry,
	}
}

// Kind is how much was read, as metrics and logs call it.
type Kind string

// The kinds.
const (
	KindFull        Kind = "full"        // everything
	KindIncremental Kind = "incremental" // what has changed
	KindTakenOver   Kind = "taken_over"  // what another process has loaded
	// KindNone means that nothing which the snapshot depends on has changed. If that was announced, no query was made;
	// otherwise it was looked for.
	KindNone Kind = "none"
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{KindFull, KindIncremental, KindTakenOver, KindNone} }

// Ended: a load has ended, or a change was found not to matter. It follows the event that says more.
type Ended struct {
	// Causes are all that have asked for it, the first one first. There is at least one.
	Causes []Cause
	// Kind is how much was read. It is "" if the load has failed.
	Kind Kind
	// Took is the time from the beginning of the load until the snapshot was served. It is 0 if no query was made.
	Took time.Duration
}

func (Ended) event() {}

// because notes why something is loaded.
func (t *touched) because(cause Cause) {
	if !slices.Contains(t.causes, cause) {
		t.causes = append(t.causes, cause)
	}
}

// Latest describes the snapshot that is served, and the load that has found it.
type Latest struct {
	Generation uint64
	// Current is since when the snapshot is known to be that of the database: zero if it was stored.
	Current time.Time
	// Causes and Kind are those of the last load that has succeeded, nil and "" if there was none.
	Causes []Cause
	Kind   Kind
}

// Latest returns what is served now. It is the zero value before the first snapshot.
func (s *Store) Latest() Latest {
	p := s.current.Load()
	if p == nil {
		return Latest{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return Latest{p.Snapshot.Generation, p.began, s.last.Causes, s.last.Kind}
}

// ended tells of the end of a load.
func (s *Store) ended(causes []Cause, began time.Time, succeeded bool) {
	e := Ended{Causes: causes, Took: time.Since(began)}
	if succeeded {
		e.Kind = s.kind()
		s.mu.Lock()
		s.last = e
		s.mu.Unlock()
	}
	s.o.Observe(e)
}

// kind returns what the last load has read.
func (s *Store) kind() Kind {
	switch {
	case s.unneeded:
		return KindNone
	case s.taken != nil:
		return KindTakenOver
	case s.update != nil:
		return KindIncremental
	default:
		return KindFull
	}
}

// causes returns why the load that begins is made.
func (s *Store) causes(asked *touched, again bool) []Cause {
	switch {
	case again && len(asked.causes) == 0:
		return []Cause{CauseRetry}
	case s.catalog == nil && !again:
		return []Cause{CauseStart}
	default:
		return asked.causes
	}
}
