package cache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// StoreOptions configure a store.
type StoreOptions struct {
	// Connect opens a connection for one load, which the store closes. It may call SetOptions, which then applies to
	// the load.
	Connect func(context.Context) (*pgx.Conn, error)
	// Reconnect opens a connection for loads of what has changed; nil for Connect. It is kept for the next one for a
	// while.
	Reconnect func(context.Context) (*pgx.Conn, error)
	Options   Options
	// Await is called before the first load, and returns when later changes are announced. It may be nil.
	Await func(context.Context)
	// Storage is where snapshots are kept outside of the process.
	Storage Storage
	// Advance is called when a load has succeeded after which statements have to be prepared again, even if nothing
	// changed, before its snapshot is served: all but loads of what has changed in relations, for which
	// [Standing.Version] tells the statements. loads is the number of the load, from 1. Advance may be nil.
	Advance func(loads uint64)
	// Limit returns how long a query of a load may take, 0 for as long as it takes. It may be nil.
	Limit func() time.Duration
	// Frugally is called when a load of everything begins, and returns what is called when that has ended: such a load
	// needs memory for a while. It may be nil.
	Frugally func() (end func())
	// Observe is called with each event, not concurrently. It may be nil.
	Observe func(Event)
}

// Store holds the current snapshot and reloads it. Its states are in the package's documentation. All methods are safe
// for concurrent use; Run must be called once.
type Store struct {
	o        StoreOptions
	read     func(context.Context, *touched) (*Catalog, error) // readCatalog, except in tests of timing
	probe    func(context.Context) error                       // probeDatabase, except in tests of timing
	current  atomic.Pointer[Standing]                          // nil before the first successful load
	requests chan struct{}                                     // holds a value if a load was requested and has not started
	hurry    chan struct{}                                     // holds a value if a caller waits for that load
	first    chan struct{}                                     // closed after the first attempt, whose result is firstErr
	firstErr error
	firstEnd sync.Once
	loaded   chan struct{}   // closed after the first successful load
	catalog  *Catalog        // what the snapshot was built from; Run's own
	known    *known          // what is known of that by oid, nil if everything has to be loaded; Run's own
	shared   *known          // what was known last, to share memory with a load of everything; Run's own
	scope    *scope          // what it depends on; Run's own
	update   *Updated        // set while a load of changes is published; Run's own
	renewed  []QualifiedName // the relations that such a load has read; Run's own
	taken    *TakenOver      // set while what another store has loaded is published; Run's own
	unneeded bool            // the last load has found that nothing has changed that it would have to read; Run's own
	frugal   func()          // ends what a load of everything has begun; Run's own
	took     time.Duration   // how long the last load of everything took; Run's own
	pacing   pacing
	spare    spare
	replay   replay
	storing  *storing

	swap  sync.Mutex // held while a snapshot is published
	loads uint64     // how many loads succeeded

	mu      sync.Mutex
	options Options
	state   State
	last    Ended         // the last load that has succeeded
	asked   time.Time     // when a load was last requested
	stirred chan struct{} // closed, and replaced, when a load is requested or has ended
	pending pending
}

// NewStore returns a store without a snapshot. It does nothing before Run.
func NewStore(o StoreOptions) *Store {
	o.Observe = oneByOne(o.Observe)
	if o.Await == nil {
		o.Await = func(context.Context) {}
	}
	if o.Limit == nil {
		o.Limit = func() time.Duration { return 0 }
	}
	if o.Frugally == nil {
		o.Frugally = func() func() { return func() {} }
	}
	if o.Advance == nil {
		o.Advance = func(uint64) {}
	}
	s := &Store{
		o:        o,
		options:  o.Options,
		requests: make(chan struct{}, 1),
		hurry:    make(chan struct{}, 1),
		stirred:  make(chan struct{}),
		first:    make(chan struct{}),
		loaded:   make(chan struct{}),
		pending:  pending{touched: newTouched(), loading: true},
		storing:  newStoring(o.Storage),
		pacing:   defaultPacing(),
	}
	if s.o.Reconnect == nil {
		s.o.Reconnect = o.Connect
	}
	s.read, s.probe = s.readCatalog, s.probeDatabase
	return s
}

// oneByOne returns an observer that may be called concurrently, for one that may be nil or must not.
func oneByOne(observe func(Event)) func(Event) {
	if observe == nil {
		return func(Event) {}
	}
	var mu sync.Mutex
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		observe(e)
	}
}

// Snapshot returns the current snapshot, or nil before the first successful load.
func (s *Store) Snapshot() *Snapshot {
	if p := s.current.Load(); p != nil {
		return p.Snapshot
	}
	return nil
}

// Standing returns the current snapshot with what is known of changes, or nil before the first successful load.
func (s *Store) Standing() *Standing { return s.current.Load() }

// SetOptions sets the options of later loads. It does not request one.
func (s *Store) SetOptions(o Options) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options = o
}

func (s *Store) currentOptions() Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options
}

// State returns the store's state.
func (s *Store) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// WaitFirst waits for the first attempt to load and returns its error. If a stored snapshot is served before that, it
// returns nil.
func (s *Store) WaitFirst(ctx context.Context) error {
	select {
	case <-s.first:
		return s.firstErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WaitLoaded waits until there is a snapshot.
func (s *Store) WaitLoaded(ctx context.Context) error {
	select {
	case <-s.loaded:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run loads a snapshot, and again whenever Reload is called, until ctx ends, which is not an error. Otherwise it
// returns only with a [*FatalError].
func (s *Store) Run(ctx context.Context) error {
	defer s.spare.close()
	defer s.start(ctx)()
	for ctx.Err() == nil {
		if err := s.loadUntilGood(ctx); err != nil {
			return err
		}
		s.awaitRequest(ctx)
	}
	return nil
}

const (
	firstDelay = time.Second
	maxDelay   = 32 * time.Second
	// settleTime is how long no load must be requested for a burst to be over.
	settleTime = 100 * time.Millisecond
	// maxBurst bounds how long a burst can delay a load.
	maxBurst = time.Second
	// loadTimeout bounds a load for which the time of queries is bounded, beside that of one query. A longer one is
	// blocked on a dead connection.
	loadTimeout = 5 * time.Minute
	// closeTimeout bounds the time for the server to close a connection.
	closeTimeout = 5 * time.Second
)

// loadUntilGood loads until it succeeds, with growing pauses. A request for a load ends a pause, and so does a database
// that is back.
func (s *Store) loadUntilGood(ctx context.Context) error {
	for delay, again := firstDelay, false; ; delay, again = min(2*delay, maxDelay), true {
		err := s.attempt(ctx, delay, again)
		var fatal *FatalError
		switch {
		case err == nil || ctx.Err() != nil:
			return nil
		case errors.As(err, &fatal):
			return err
		}
		s.pause(ctx, delay, err)
	}
}

// awaitRequest waits for a request. If everything is requested, it also waits for the end of the burst, unless there
// was no request for a while or a caller waits for the load. Requests during the last load are part of a burst.
func (s *Store) awaitRequest(ctx context.Context) {
	calm := time.NewTimer(settleTime)
	defer calm.Stop()
	select {
	case <-s.requests:
		if s.pendingAll() {
			s.awaitCalm(ctx, calm)
		}
		return
	case <-calm.C:
	case <-ctx.Done():
		return
	}
	select {
	case <-s.requests:
	case <-ctx.Done():
	}
}

// pendingAll reports whether everything is to be loaded.
func (s *Store) pendingAll() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending.touched.all
}

// awaitCalm waits until there was no request for a while.
func (s *Store) awaitCalm(ctx context.Context, calm *time.Timer) {
	enough := time.NewTimer(maxBurst)
	defer enough.Stop()
	for {
		calm.Reset(settleTime)
		select {
		case <-s.requests:
		case <-s.hurry:
			return
		case <-calm.C:
			return
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// attempt loads once and publishes what changed. If it fails, the next attempt follows after delay. again is set if it
// follows one that has failed.
func (s *Store) attempt(ctx context.Context, delay time.Duration, again bool) error {
	asked, began := s.take()
	causes := s.causes(asked, again)
	s.update, s.taken, s.renewed, s.unneeded = nil, nil, nil, false
	s.frugal = func() {}
	s.setState(State.begin)
	catalog, err := s.read(ctx, asked)
	switch {
	case err == nil && s.unneeded:
		s.keepServing(began)
	case err == nil:
		s.publish(catalog, began)
	case ctx.Err() == nil:
		err = s.fail(err, delay)
	}
	s.finish(err == nil)
	s.endFirst(err)
	if err == nil || ctx.Err() == nil {
		s.ended(causes, began, err == nil)
	}
	s.frugal()
	return err
}

// keepServing notes that what is served was current when a load began, which has read nothing.
func (s *Store) keepServing(began time.Time) {
	s.swap.Lock()
	defer s.swap.Unlock()
	s.mu.Lock()
	next := *s.current.Load()
	next.began, next.doubt = began, s.pending.doubt(s.scope)
	s.current.Store(&next)
	s.mu.Unlock()
	s.setState(State.succeed)
}

// take returns what is pending, which the load that begins now is of.
func (s *Store) take() (asked *touched, began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.requests: // this attempt is what was asked for
	default:
	}
	return s.pending.take(), time.Now()
}

// finish judges what has changed while a load ran by what the snapshot depends on now.
func (s *Store) finish(succeeded bool) {
	if !succeeded {
		s.known, s.scope = nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending.finish(s.scope) {
		s.requestLocked()
	} else if succeeded && s.pending.heard {
		s.confirmLocked(time.Now())
	}
}

// endFirst wakes those who wait for the first attempt.
func (s *Store) endFirst(err error) {
	s.firstEnd.Do(func() {
		s.firstErr = err
		close(s.first)
	})
}

// fail records a failed attempt and returns its error, wrapped if retrying is useless.
func (s *Store) fail(err error, delay time.Duration) error {
	if fatal := fatalError(err); fatal != nil {
		err, delay = fatal, 0
	}
	again := delay
	if away(err, delay) {
		again = min(again, time.Second) // the pause ends as soon as the database is back
	}
	s.setState(func(state State) State { return state.fail(err, again) })
	s.o.Observe(Failed{Err: err, Options: s.currentOptions(), RetryIn: delay})
	return err
}

// fatalError returns the error of Run if retrying after err is useless, or else nil.
func fatalError(err error) *FatalError {
	var postgres *pgconn.PgError
	var version *versionError
	switch {
	case errors.As(err, &postgres) && postgres.Code == "28P01": // invalid_password
		return &FatalError{Err: err}
	case errors.As(err, &version):
		return &FatalError{Err: err, Unsupported: true}
	default:
		return nil
	}
}

func (s *Store) setState(change func(State) State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = change(s.state)
	s.stirLocked()
}
