package cache

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Storage is where snapshots are kept outside of the process, and what a store starts from. The zero value keeps
// nothing.
type Storage struct {
	// Build is the version of the program. A snapshot that another version has stored does not fit.
	Build string
	// Save is called with each image that a load has found, and must not wait. It is nil if nothing is to be kept.
	Save func(*Image)
	// Open opens a stored image, to start from or to take over what another process has loaded. It may be nil, and so may
	// wanted: an image with a position that is not wanted need not be opened.
	Open func(ctx context.Context, wanted func(position string) bool) (io.ReadCloser, error)
	// MaxBytes bounds each part of an image that is read.
	MaxBytes int64
}

// used reports whether anything is stored, or started from.
func (o *Storage) used() bool { return o.Save != nil || o.Open != nil }

// storing is what a store knows of where it could be stored.
type storing struct {
	format string
	opened *pgx.Conn // for the first load; Run's own

	mu       sync.Mutex
	identity identity
	// identified is closed when the identity is known for the first time.
	identified chan struct{}
	untold     bool // a server that does not tell what it is has been told of
}

func newStoring(o Storage) *storing {
	s := &storing{identified: make(chan struct{})}
	if o.used() {
		s.format = formatOf(o.Build)
	}
	return s
}

// start begins to open what is stored, and opens the connection that says whether it fits, before it waits until
// changes are announced. end waits for what was begun.
func (s *Store) start(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var restoring sync.WaitGroup
	if s.o.Storage.Open != nil {
		restoring.Go(func() { s.restore(ctx) })
		if conn, err := s.o.Connect(ctx); err == nil { // otherwise, the first load will tell
			s.identify(ctx, conn)
			s.storing.opened = conn
		}
	}
	s.o.Await(ctx)
	return func() {
		cancel()
		restoring.Wait()
		if conn := s.storing.opened; conn != nil {
			CloseConn(conn)
		}
	}
}

// connect opens the connection for a load of everything, or returns the one that is open.
func (s *Store) connect(ctx context.Context) (*pgx.Conn, error) {
	if conn := s.storing.opened; conn != nil {
		s.storing.opened = nil
		return conn, nil
	}
	conn, err := s.o.Connect(ctx)
	if err != nil {
		return nil, &ConnectError{err}
	}
	s.identify(ctx, conn)
	return conn, nil
}

// identify notes which database a connection is to, if that matters. A server that does not tell it can be used, but
// nothing is stored of it or started from.
func (s *Store) identify(ctx context.Context, conn *pgx.Conn) {
	if !s.o.Storage.used() {
		return
	}
	id, err := identify(ctx, conn)
	s.storing.mu.Lock()
	defer s.storing.mu.Unlock()
	s.storing.identity = id
	switch {
	case conn.IsClosed(): // whoever uses it will tell
	case err != nil && ctx.Err() == nil && !s.storing.untold:
		s.storing.untold = true
		s.o.Observe(Unstored{Err: err})
	case err == nil && !s.storing.isIdentified():
		close(s.storing.identified)
	}
}

func (s *storing) isIdentified() bool {
	select {
	case <-s.identified:
		return true
	default:
		return false
	}
}

// stampNow returns the stamp that a load with a position gets, or that a stored image is compared with.
func (s *Store) stampNow(position string) stamp {
	s.storing.mu.Lock()
	defer s.storing.mu.Unlock()
	return stamp{
		Format: s.storing.format, Build: s.o.Storage.Build, identity: s.storing.identity, Options: s.currentOptions(),
		Position: position,
	}
}

// save hands what a load has found to the storage.
func (s *Store) save(snapshot *Snapshot) {
	if s.o.Storage.Save == nil || s.known == nil {
		return
	}
	stamp := s.stampNow(s.known.position)
	stamp.Whole, stamp.Options = s.known.whole, s.known.options
	if stamp.System == "" || stamp.Position == "" || stamp.Whole == "" {
		return
	}
	s.o.Storage.Save(&Image{stamp, snapshot, s.catalog, s.known, s.update == nil && s.taken == nil})
}

// restore serves what is stored, if it fits, until a load has succeeded.
func (s *Store) restore(ctx context.Context) {
	start := time.Now()
	snapshot, err := s.openStored(ctx)
	switch {
	case ctx.Err() != nil, errors.Is(err, errLoaded):
	case err != nil:
		s.o.Observe(PassedOver{Err: err})
	case s.publishStored(snapshot):
		s.o.Observe(Restored{Summary: snapshot.summary(), Elapsed: time.Since(start)})
	}
}

// errLoaded says that a load has succeeded before it was known whether what is stored fits.
var errLoaded = errors.New("a load has succeeded")

// misfit is the error of an image that is of something else.
type misfit string

func (m misfit) Error() string { return string(m) }

// openStored reads the stored snapshot and compares it with the database.
func (s *Store) openStored(ctx context.Context) (*Snapshot, error) {
	from, err := s.o.Storage.Open(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = from.Close() }() // it was only read
	r, err := newStoredReader(from, s.o.Storage.MaxBytes)
	if err != nil {
		return nil, err
	}
	if r.stamp.Format != s.storing.format {
		now := s.stampNow("")
		return nil, misfit(r.stamp.fits(&now))
	}
	snapshot, err := r.served()
	if err != nil {
		return nil, err
	}
	select {
	case <-s.storing.identified:
	case <-s.loaded:
		return nil, errLoaded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now := s.stampNow("")
	if why := r.stamp.fits(&now); why != "" {
		return nil, misfit(why)
	}
	return snapshot, nil
}

// publishStored makes a stored snapshot the current one unless one has been loaded, and reports whether it did. It
// counts as a load, so that its statements have a generation of their own, but nobody takes it for one that is known to
// be current.
func (s *Store) publishStored(snapshot *Snapshot) bool {
	s.swap.Lock()
	defer s.swap.Unlock()
	if s.current.Load() != nil {
		return false
	}
	s.loads++
	s.o.Advance(s.loads)
	snapshot.Generation = 1
	s.current.Store(&Standing{Snapshot: snapshot, load: s.loads})
	close(s.loaded)
	s.expectLoad()
	s.endFirst(nil)
	return true
}

// expectLoad lets callers of AwaitLoad know that the first load is due.
func (s *Store) expectLoad() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = time.Now()
	s.state = s.state.restore()
	s.stirLocked()
}
