package cache

import "time"

// phase is a state in the diagram of the package's documentation.
type phase uint8

// The phases.
const (
	phasePending  phase = iota // no attempt to load has ended
	phaseRestored              // as pending, while a stored snapshot is served
	phaseLoaded                // the snapshot is the result of the last load
	phaseLoading               // as Loaded, while another load runs
	phaseRetrying              // the last load failed; the snapshot, if there is one, may be stale
)

// State is the state of a store.
type State struct {
	phase phase
	// hasSnapshot is set if a snapshot is served.
	hasSnapshot bool
	// err is the error of the last load, or nil.
	err error
	// retryIn is the likely pause before the next attempt, or 0 if there is none.
	retryIn time.Duration
}

// Fresh reports whether the snapshot is the result of the last load, or a stored one until there was a load.
func (s State) Fresh() bool {
	return s.phase == phaseLoaded || s.phase == phaseLoading || s.phase == phaseRestored
}

// Err returns why the last load has failed, or nil.
func (s State) Err() error { return s.err }

// RetryAfter returns the likely pause in whole seconds, for the Retry-After header. It is at least one: a request may
// have found out that the database is away before any load has, and its client should not repeat it at once.
func (s State) RetryAfter() int { return max(1, int(s.retryIn/time.Second)) }

func (s State) begin() State {
	if s.phase == phaseLoaded {
		s.phase = phaseLoading
	}
	return s
}

func (s State) restore() State {
	s.hasSnapshot = true
	if s.phase == phasePending {
		s.phase = phaseRestored
	}
	return s
}

func (s State) succeed() State { return State{phase: phaseLoaded, hasSnapshot: true} }

func (s State) fail(err error, retryIn time.Duration) State {
	return State{phase: phaseRetrying, hasSnapshot: s.hasSnapshot, err: err, retryIn: retryIn}
}
