package cache

import (
	"fmt"
	"time"
)

// Event is an event of a store, for logs and metrics: [Connected], [Queried], [Published], [Unchanged], [Updated],
// [TakenOver], [Failed], [Restored], [PassedOver] or [Unstored].
type Event interface{ event() }

// Connected: a connection was opened, and the server's version is supported. Server is version(). Pooled is set if a
// pooler is in between: the process that answers is not the one that the connection was opened with.
type Connected struct {
	Server string
	Pooled bool
}

// Queried: the catalog was read.
type Queried struct {
	Elapsed time.Duration
	Timings []Timing // of its parts
}

// Published: a new snapshot is served. Elapsed is the time to derive it from the catalog.
type Published struct {
	Generation uint64
	Summary    Summary
	Elapsed    time.Duration
}

// Unchanged: the catalog has not changed, so the snapshot is kept.
type Unchanged struct {
	Generation uint64
	Summary    Summary
	Elapsed    time.Duration
}

// Updated: what commands changed was read, and is served. Unchanged is set if nothing that is read has changed.
type Updated struct {
	Commands   []string // their tags, each once
	Generation uint64
	Summary    Summary
	Unchanged  bool
	// Read is the time that it took to read from the database, Elapsed that to infer the snapshot from it.
	Read, Elapsed time.Duration
}

// TakenOver: what another process has loaded and stored is served. Unchanged is set if it is what was served before.
type TakenOver struct {
	Generation uint64
	Summary    Summary
	Unchanged  bool
	// Read is the time that it took to wait for it and to read it, Elapsed that to infer the snapshot from it.
	Read, Elapsed time.Duration
}

// Failed: a load failed. The last good snapshot is still served.
type Failed struct {
	Err     error // a *ConnectError, a *FatalError, or PostgreSQL's
	Options Options
	RetryIn time.Duration // 0 if there is no further attempt before Reload is called
}

// Restored: a stored snapshot is served until a load has succeeded. Elapsed is the time since the store has started.
type Restored struct {
	Summary Summary
	Elapsed time.Duration
}

// PassedOver: what is stored could not be read, or is of something else.
type PassedOver struct{ Err error }

// Unstored: the server does not tell which database it has, so that nothing is stored of it, or started from.
type Unstored struct{ Err error }

func (Connected) event()  {}
func (Queried) event()    {}
func (Published) event()  {}
func (Unchanged) event()  {}
func (TakenOver) event()  {}
func (Updated) event()    {}
func (Failed) event()     {}
func (Restored) event()   {}
func (PassedOver) event() {}
func (Unstored) event()   {}

// ConnectError is returned if no connection could be opened for a load.
type ConnectError struct{ Err error }

func (e *ConnectError) Error() string { return "connect: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// QueryError is returned if a query of a load failed.
type QueryError struct {
	Query string // its name in the folder queries
	Err   error
}

func (e *QueryError) Error() string { return "query " + e.Query + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *QueryError) Unwrap() error { return e.Err }

// FatalError ends [Store.Run], because retrying is useless.
type FatalError struct {
	Err error
	// Unsupported is set if the server's version is not supported. Otherwise the server has refused the password.
	Unsupported bool
}

func (e *FatalError) Error() string { return fmt.Sprintf("schema cannot be loaded: %v", e.Err) }

// Unwrap returns the cause.
func (e *FatalError) Unwrap() error { return e.Err }

// Summary counts what a snapshot holds.
type Summary struct {
	relations       int
	relationships   int // pairs of a relation and a schema that it has relationships to
	routines        int // overloads count once
	representations int
	mediaHandlers   int
}

// String writes the counts as the log shows them.
func (s Summary) String() string {
	return fmt.Sprintf("%d Relations, %d Relationships, %d RPCs, %d Domain Representations, %d Media Type Handlers",
		s.relations, s.relationships, s.routines, s.representations, s.mediaHandlers)
}

// summary counts what the snapshot holds.
func (s *Snapshot) summary() Summary {
	if s.stored != nil {
		return s.stored.summary(s)
	}
	return Summary{
		relations:       s.tables.len(),
		relationships:   s.relationships.len(),
		routines:        len(s.routines),
		representations: len(s.representations),
		mediaHandlers:   len(s.handlers),
	}
}
