package config

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Store publishes the running configuration through one atomic pointer and renews it. A reload that fails keeps the
// configuration that is running.
type Store struct {
	loader  *Loader
	connect func(context.Context, *Config) (*pgx.Conn, error)
	changed []func(old, new *Config)

	current atomic.Pointer[Config]

	mu       sync.Mutex // held while reloading
	database Database   // what could be read last
}

// Outcome tells of a reload that did not fail.
type Outcome struct {
	// Settings and Roles are why the database's settings, or those of its roles, could not be read, or nil. What was
	// read of them before remains in force.
	Settings, Roles error
}

// NewStore returns a store that holds a configuration which loader has loaded. Connect opens a connection for one
// reload, which closes it.
func NewStore(
	loader *Loader, initial *Config, connect func(context.Context, *Config) (*pgx.Conn, error),
) *Store {
	s := &Store{loader: loader, connect: connect}
	s.current.Store(initial)
	return s
}

// Current returns the running configuration.
func (s *Store) Current() *Config { return s.current.Load() }

// OnChange has a function called after each reload that changed the configuration, within Reload. It must be called
// before the first Reload.
func (s *Store) OnChange(f func(old, new *Config)) { s.changed = append(s.changed, f) }

// Reload reads the file, the environment, the files of secrets and the database again and publishes what they say of
// the reloadable keys. An error means that the running configuration remains.
func (s *Store) Reload(ctx context.Context) (Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.Current()
	// The database is asked under what file and environment say now: they decide db-config and db-pre-config.
	base, err := s.loader.Reload(old, Database{})
	var mistakes Mistakes
	if err != nil && !errors.As(err, &mistakes) {
		return Outcome{}, err
	}
	if mistakes != nil {
		// The database may still hide the mistaken values.
		base = old
	}
	outcome := s.readDatabase(ctx, base)
	renewed, err := s.loader.Reload(old, s.database)
	if err != nil {
		return outcome, err
	}
	s.current.Store(renewed)
	for _, f := range s.changed {
		f(old, renewed)
	}
	return outcome, nil
}

// connectTimeout bounds how long a reload waits for a connection, queryTimeout how long for each answer.
const (
	connectTimeout = 10 * time.Second
	queryTimeout   = 30 * time.Second
)

// readDatabase renews s.database as far as the database can be read.
func (s *Store) readDatabase(ctx context.Context, base *Config) Outcome {
	if !base.DBConfig {
		s.database = Database{}
		return Outcome{}
	}
	conn, err := s.open(ctx, base)
	if err != nil {
		return Outcome{Settings: err}
	}
	defer closeConn(conn)
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var outcome Outcome
	if settings, err := readSettings(ctx, conn, base.DBPreConfig); err != nil {
		outcome.Settings = err
	} else {
		s.database.Settings = settings
	}
	if settings, isolation, err := readRoles(ctx, conn); err != nil {
		outcome.Roles = err
	} else {
		s.database.RoleSettings, s.database.RoleIsolation = settings, isolation
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

// closeConn says goodbye within a bounded time, even when the reload's own context has ended.
func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
