package config

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"trunkline/cache"

	"github.com/jackc/pgx/v5"
)

// Store publishes the running configuration through one atomic pointer and renews it. A reload that fails keeps the
// configuration that is running.
type Store struct {
	loader  *Loader
	connect func(context.Context, *Config) (*pgx.Conn, error)
	changed []func(old, new *Config)
	read    []func(context.Context, *pgx.Conn)

	current atomic.Pointer[Config]

	mu       sync.Mutex     // held while reloading
	database databaseValues // what could be read last
}

// Outcome tells of a reload that did not fail.
type Outcome struct {
	// Settings and Roles are why the database's settings, or those of its roles, could not be read, or nil. What was
	// read of them before remains in force.
	Settings, Roles error
}

// NewStore returns a store that holds a configuration which loader has loaded.
func NewStore(loader *Loader, initial *Config) *Store {
	s := &Store{loader: loader, connect: func(ctx context.Context, c *Config) (*pgx.Conn, error) {
		return c.Connect(ctx)
	}}
	s.current.Store(initial)
	return s
}

// Current returns the running configuration.
func (s *Store) Current() *Config { return s.current.Load() }

// OnChange has a function called after each successful reload, before Reload returns. It must be called before the
// first Reload.
func (s *Store) OnChange(f func(old, new *Config)) { s.changed = append(s.changed, f) }

// OnRead has a function called with each connection on which the database is read: one of the role that logs in, idle,
// and idle again when it returns. It must be called before the first Reload.
func (s *Store) OnRead(f func(context.Context, *pgx.Conn)) { s.read = append(s.read, f) }

// Reload reads the file, the environment, the files of secrets and the database again and publishes what they say of
// the reloadable keys. An error means that the running configuration remains.
func (s *Store) Reload(ctx context.Context) (Outcome, error) {
	return s.reload(func(base *Config) Outcome {
		conn, err := s.open(ctx, base)
		if err != nil {
			return Outcome{Settings: err}
		}
		defer cache.CloseConn(conn)
		return s.readDatabase(ctx, conn, base)
	})
}

// ReloadOn is Reload on a connection of the caller's, which must be idle and is idle afterwards.
func (s *Store) ReloadOn(ctx context.Context, conn *pgx.Conn) (Outcome, error) {
	return s.reload(func(base *Config) Outcome { return s.readDatabase(ctx, conn, base) })
}

// reload publishes a configuration with what read finds in the database. Read is told under which configuration to
// look there.
func (s *Store) reload(read func(base *Config) Outcome) (Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.Current()
	base, err := s.loader.load(old, databaseValues{})
	var mistakes Mistakes
	switch {
	case errors.As(err, &mistakes):
		base = old // what the database says may hide the mistakes
	case err != nil:
		return Outcome{}, err
	}
	var outcome Outcome
	if base.DBConfig {
		outcome = read(base)
	} else {
		s.database = databaseValues{}
	}
	renewed, err := s.loader.load(old, s.database)
	if err != nil {
		return outcome, err
	}
	s.current.Store(renewed)
	for _, f := range s.changed {
		f(old, renewed)
	}
	return outcome, nil
}

// connectTimeout bounds how long a reload waits for a connection, queryTimeout how long for the answers.
const (
	connectTimeout = 10 * time.Second
	queryTimeout   = 30 * time.Second
)

// readDatabase renews s.database as far as the database can be read.
func (s *Store) readDatabase(ctx context.Context, conn *pgx.Conn, base *Config) Outcome {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	for _, f := range s.read {
		f(ctx, conn)
	}
	var outcome Outcome
	if settings, err := readSettings(ctx, conn, base.DBPreConfig); err != nil {
		outcome.Settings = err
	} else {
		s.database.Settings = settings
	}
	if roles, warnings, err := readRoles(ctx, conn); err != nil {
		outcome.Roles = err
	} else {
		s.database.Roles, s.database.Warnings = roles, warnings
	}
	return outcome
}

func (s *Store) open(ctx context.Context, base *Config) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := s.connect(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	return conn, nil
}
