package cache

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// StoreOptions configure a store.
type StoreOptions struct {
	// Connect opens a connection for one load; the store closes it. It may call SetOptions: those count for the load.
	Connect func(context.Context) (*pgx.Conn, error)
	Options Options
	// Advance is called when a load has succeeded, also one that found nothing changed, and before its snapshot is
	// served. Loads counts them from 1. Nil for nobody.
	Advance func(loads uint64)
	// Observe is told what happens, one event at a time; nil for nobody.
	Observe func(Event)
}

// Store holds the current snapshot and renews it. Its states are in the package's documentation. All methods may be
// called from any goroutine; Run once only.
type Store struct {
	o        StoreOptions
	read     func(context.Context) (*Catalog, error) // readCatalog, except in tests of timing
	current  atomic.Pointer[published]               // nil before the first load that succeeded
	requests chan struct{}                           // holds one if a load was asked for that has not begun
	hurry    chan struct{}                           // holds one if somebody waits for that load
	first    chan struct{}                           // closed after the first attempt, of which firstErr is the result
	firstErr error
	loaded   chan struct{} // closed after the first load that succeeded
	catalog  *Catalog      // what the snapshot was built from; Run's own
	loads    uint64        // how many loads succeeded; Run's own

	mu      sync.Mutex
	options Options
	state   State
	asked   time.Time     // when a load was asked for last
	stirred chan struct{} // closed, and replaced, when a load is asked for or has ended
}

// published is a snapshot and when the last load that found it began.
type published struct {
	snapshot *Snapshot
	began    time.Time
}

// NewStore prepares a store without a snapshot. Nothing happens before Run.
func NewStore(o StoreOptions) *Store {
	if o.Observe == nil {
		o.Observe = func(Event) {}
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
	}
	s.read = s.readCatalog
	return s
}

// Snapshot returns the current snapshot, nil before the first load has succeeded.
func (s *Store) Snapshot() *Snapshot {
	if p := s.current.Load(); p != nil {
		return p.snapshot
	}
	return nil
}

// LoadedSince reports whether a snapshot is the current one and was found by a load that began after a moment. What
// was announced before that moment is then in it.
func (s *Store) LoadedSince(snapshot *Snapshot, moment time.Time) bool {
	p := s.current.Load()
	return p != nil && p.snapshot == snapshot && p.began.After(moment)
}

// SetOptions sets what later loads read. It does not ask for one.
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

// Reload asks for a load that begins after this call. It does not wait for it. Calls that follow closely share a
// load: there is one at once and one more when the burst has settled.
func (s *Store) Reload() {
	s.mu.Lock()
	s.asked = time.Now()
	s.stirLocked()
	s.mu.Unlock()
	select {
	case s.requests <- struct{}{}:
	default:
	}
}

// WaitFirst waits until the first attempt to load has ended and returns its error.
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

// Run loads a snapshot, then another whenever Reload is called, until ctx ends, which is not an error. It gives up
// with a [*FatalError] only.
func (s *Store) Run(ctx context.Context) error {
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
	// settleTime is how long no load must be asked for until a burst has settled.
	settleTime = 100 * time.Millisecond
	// maxBurst bounds how long a burst that never settles holds a load back.
	maxBurst = time.Second
	// loadTimeout bounds a load: one that takes longer hangs on a connection that is dead.
	loadTimeout = 5 * time.Minute
	// closeTimeout bounds how long the server may take to let go of a connection.
	closeTimeout = 5 * time.Second
)

// loadUntilGood loads until it succeeds, with growing pauses. A request for a load ends a pause, as it ends
// the time between loads.
func (s *Store) loadUntilGood(ctx context.Context) error {
	for delay := firstDelay; ; delay = min(2*delay, maxDelay) {
		err := s.attempt(ctx, delay)
		var fatal *FatalError
		switch {
		case err == nil || ctx.Err() != nil:
			return nil
		case errors.As(err, &fatal):
			return err
		}
		paused, cancel := context.WithTimeout(ctx, delay)
		s.awaitRequest(paused)
		cancel()
	}
}

// awaitRequest returns when a load is due: at once for a request out of calm or if somebody waits for the load, else when
// the burst has settled. What was asked for while the last load ran is part of a burst.
func (s *Store) awaitRequest(ctx context.Context) {
	calm := time.NewTimer(settleTime)
	defer calm.Stop()
	select {
	case <-s.requests:
		s.awaitCalm(ctx, calm)
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

// awaitCalm returns when no request came for a while.
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

// attempt loads once and publishes what changed. A failure says that the next attempt comes after delay.
func (s *Store) attempt(ctx context.Context, delay time.Duration) error {
	select {
	case <-s.requests: // this attempt is what was asked for
	default:
	}
	s.setState(State.begin)
	began := time.Now()
	catalog, err := s.read(ctx)
	switch {
	case err == nil:
		s.publish(catalog, began)
	case ctx.Err() == nil:
		err = s.fail(err, delay)
	}
	s.endFirst(err)
	return err
}

// endFirst tells those who wait for the first attempt.
func (s *Store) endFirst(err error) {
	select {
	case <-s.first:
	default:
		s.firstErr = err
		close(s.first)
	}
}

// publish makes the snapshot of a catalog the current one, unless nothing changed. Began is when its load did.
func (s *Store) publish(catalog *Catalog, began time.Time) {
	start := time.Now()
	s.loads++
	s.o.Advance(s.loads)
	current := s.Snapshot()
	if current != nil && reflect.DeepEqual(s.catalog, catalog) {
		s.current.Store(&published{current, began})
		s.setState(State.succeed)
		s.o.Observe(Unchanged{current.Generation, current.summary(), time.Since(start)})
		return
	}
	next := Build(catalog)
	next.Generation = 1
	if current != nil {
		next.Generation = current.Generation + 1
	}
	s.catalog = catalog
	s.current.Store(&published{next, began})
	s.setState(State.succeed)
	if current == nil {
		close(s.loaded)
	}
	s.o.Observe(Published{next.Generation, next.summary(), time.Since(start)})
}

// fail notes that an attempt failed and returns its error, wrapped if there is no point in another.
func (s *Store) fail(err error, delay time.Duration) error {
	if fatal := fatalError(err); fatal != nil {
		err, delay = fatal, 0
	}
	s.setState(func(state State) State { return state.fail(err, delay) })
	s.o.Observe(Failed{Err: err, Options: s.currentOptions(), RetryIn: delay})
	return err
}

// fatalError returns the error of Run if there is no point in another attempt after err, else nil.
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

// readCatalog reads the catalog on a connection of its own.
func (s *Store) readCatalog(ctx context.Context) (*Catalog, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	conn, err := s.o.Connect(ctx)
	if err != nil {
		return nil, &ConnectError{err}
	}
	defer CloseConn(conn)
	start := time.Now()
	l := newLoader(conn, s.currentOptions())
	l.connected = func(server string) { s.o.Observe(Connected{Server: server}) }
	if err := l.load(ctx); err != nil {
		return nil, err
	}
	s.o.Observe(Queried{Elapsed: time.Since(start), Timings: l.timings})
	return l.catalog, nil
}

// CloseConn closes a connection on which nothing is left to do. It waits for the server to let go of it, for a bounded
// time.
func CloseConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}
