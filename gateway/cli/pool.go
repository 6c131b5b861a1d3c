package cli

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"

	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/gateway/metrics"
)

// PoolSettings says what a configuration wants of the pool.
func PoolSettings(cfg *config.Config) exec.Settings {
	return exec.Settings{
		MaxWaiting: cfg.DBPoolMaxWaiting, MaxStalled: cfg.DBPoolMaxStalled, BatchDepth: cfg.DBPoolBatch,
		Options: session.Options{
			Prepared: cfg.DBPreparedStatements, StatementCacheSize: cfg.DBStatementCacheSize,
			StatementCacheBytes: cfg.DBStatementCacheBytes, StreamThreshold: cfg.ServerStreamThreshold,
		},
	}
}

// PoolFigures returns the figures of a pool, those of an empty one for nil.
func PoolFigures(p *exec.Pool) metrics.Pool {
	if p == nil {
		return metrics.Pool{}
	}
	s := p.Stats()
	return metrics.Pool{Max: s.Size, Idle: s.Idle, Busy: s.Busy, Waiting: s.Waiting, Shared: s.Shared}
}

// Login notices when the server has other settings for the sessions of the role that logs in than it had: those that
// are open keep the old ones.
type Login struct {
	changed func()

	mu       sync.Mutex
	known    bool
	settings string // see [config.LoginSettings]
}

// NewLogin returns one that calls a function at each change.
func NewLogin(changed func()) *Login { return &Login{changed: changed} }

// Look compares what is set now with what was set when it looked last. If that cannot be read, the next look sees the
// change. Conn must be idle, and is afterwards.
func (l *Login) Look(ctx context.Context, conn *pgx.Conn) {
	settings, err := config.LoginSettings(ctx, conn)
	if err != nil {
		return
	}
	l.mu.Lock()
	differs := l.known && l.settings != settings
	l.known, l.settings = true, settings
	l.mu.Unlock()
	if differs {
		l.changed()
	}
}
