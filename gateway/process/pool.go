package process

import (
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/gateway/metrics"
)

// OpenPool makes the pool. It connects when it is used.
func (p *Process) OpenPool() error {
	cfg := p.Store.Current()
	cc, err := cfg.Connection()
	if err != nil {
		return err
	}
	p.pool, err = exec.NewPool(exec.Options{
		Connection: &cc.Config, Size: cfg.DBPool, AcquireTimeout: cfg.DBPoolAcquisitionTimeout,
		MaxIdleTime: cfg.DBPoolMaxIdletime, MaxLifetime: cfg.DBPoolMaxLifetime,
		Settings: poolSettings(cfg), Observe: p.observePool,
	})
	return err
}

// ClosePool closes the connections, if there is a pool.
func (p *Process) ClosePool() {
	if p.pool != nil {
		p.pool.Close()
	}
}

func (p *Process) observePool(o exec.Observation) {
	switch o.Kind {
	case exec.TimedOut:
		p.journal.PoolTimedOut()
	case exec.Failed, exec.Lost:
		p.connectionLost.Store(true)
	}
}

// poolSettings says what a configuration wants of the pool.
func poolSettings(cfg *config.Config) exec.Settings {
	return exec.Settings{
		MaxWaiting: cfg.DBPoolMaxWaiting, MaxStalled: cfg.DBPoolMaxStalled, BatchDepth: cfg.DBPoolBatch,
		Options: session.Options{
			Prepared: cfg.DBPreparedStatements, StatementCacheSize: cfg.DBStatementCacheSize,
			StatementCacheBytes: cfg.DBStatementCacheBytes, StreamThreshold: cfg.ServerStreamThreshold,
		},
	}
}

// poolFigures returns the figures of a pool, those of an empty one for nil.
func poolFigures(p *exec.Pool) metrics.Pool {
	if p == nil {
		return metrics.Pool{}
	}
	s := p.Stats()
	return metrics.Pool{Max: s.Size, Idle: s.Idle, Busy: s.Busy, Waiting: s.Waiting, Shared: s.Shared}
}
