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

// Store publishes the running configuration through one atomic pointer and reloads it. A failed reload keeps the
// running configuration.
type Store struct {
	loader  *Loader
	connect func(context.Context, *Config) (*pgx.Conn, error)
	changed []func(old, new *Config)
	read    []func(context.Context, *pgx.Conn)

	current atomic.Pointer[Config]

	mu       sync.Mutex     // held during a reload
	database databaseValues // the last values that were read
}

// Outcome is the result of a successful reload.
type Outcome struct {
	// Settings and Roles are the errors of reading the database's settings and those of its roles, or nil. After an
	// error, the last values that were read remain in use.
	Settings, Roles error
}

// NewStore returns a store with an initial configuration, which loader has loaded.
func NewStore(loader *Loader, initial *Config) *Store {
	s := &Store{loader: loader, connect: func(ctx context.Context, c *Config) (*pgx.Conn, error) {
		return c.Connect(ctx)
	}}
	s.current.Store(initial)
	return s
}

// Current returns the running configuration.
func (s *Store) Current() *Config { return s.current.Load() }

// OnChange registers a function that is called after each successful reload, before Reload returns. It must be called
// before the first Reload.
func (s *Store) OnChange(f func(old, new *Config)) { s.changed = append(s.changed, f) }

// OnRead registers a function that is called with each connection on which the database's values are read. The
// connection is the login role's, is idle, and must be idle when the function returns. OnRead must be called before the
// first Reload.
func (s *Store) OnRead(f func(context.Context, *pgx.Conn)) { s.read = append(s.read, f) }

// Reload reads the file, the environment, the files of secrets and the database again, and publishes the values of the
// reloadable keys. After an error the running configuration remains in use.
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

// ReloadOn is like Reload, but uses a connection of the caller's, which must be idle and is idle afterwards.
func (s *Store) ReloadOn(ctx context.Context, conn *pgx.Conn) (Outcome, error) {
	return s.reload(func(base *Config) Outcome { return s.readDatabase(ctx, conn, base) })
}

// reload publishes a configuration with the values that read finds in the database. read is given the configuration to
// connect with.
func (s *Store) reload(read func(base *Config) Outcome) (Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.Current()
	base, err := s.loader.load(old, databaseValues{})
	var mistakes Mistakes
	switch {
	case errors.As(err, &mistakes):
		base = old // the database's values may replace the mistaken ones
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

// connectTimeout bounds the time to connect in a reload, queryTimeout the time of the queries.
const (
	connectTimeout = 10 * time.Second
	queryTimeout   = 30 * time.Second
)

// readDatabase updates s.database as far as the database can be read.
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
