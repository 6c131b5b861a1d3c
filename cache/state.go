package cache

import "time"

// Phase is a state in the diagram of the package's documentation.
type Phase uint8

// The phases.
const (
	Pending  Phase = iota // no attempt to load has ended
	Loaded                // the snapshot is the result of the last load
	Loading               // as Loaded, while another load runs
	Retrying              // the last load failed; the snapshot, if there is one, may be stale
)

// State is what a store says of itself.
type State struct {
	Phase Phase
	// HasSnapshot tells that a snapshot is served.
	HasSnapshot bool
	// Err is why the last load failed, nil if it did not.
	Err error
	// RetryIn is the pause before the next attempt, 0 if none comes by itself.
	RetryIn time.Duration
}

// Fresh tells whether the snapshot is the result of the last load.
func (s State) Fresh() bool { return s.Phase == Loaded || s.Phase == Loading }

// RetryAfter returns the pause in whole seconds, for the Retry-After header.
func (s State) RetryAfter() int { return int(s.RetryIn / time.Second) }

func (s State) begin() State {
	if s.Phase == Loaded {
		s.Phase = Loading
	}
	return s
}

func (s State) succeed() State { return State{Phase: Loaded, HasSnapshot: true} }

func (s State) fail(err error, retryIn time.Duration) State {
	return State{Phase: Retrying, HasSnapshot: s.HasSnapshot, Err: err, RetryIn: retryIn}
}
