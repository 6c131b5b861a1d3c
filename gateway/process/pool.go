package process

import (
	"fmt"

	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
)

// OpenPool creates the pool. Connections are opened on demand.
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

// ClosePool closes the pool, if there is one.
func (p *Process) ClosePool() {
	if p.pool != nil {
		p.pool.Close()
	}
}

func (p *Process) observePool(o exec.Observation) {
	switch o.Kind {
	case exec.TimedOut:
		p.journal.PoolTimedOut()
	case exec.Limited:
		p.journal.RoleLimited("db-pool-max-per-role", o.Role)
	case exec.Reported:
		p.metrics.DatabaseReported(o.Code)
	case exec.Failed, exec.Lost:
		p.connectionLost.Store(true)
	case exec.Asked:
		p.journal.ConnectionAsked()
	case exec.Borrowed:
		p.journal.ConnectionBorrowed()
	default:
		p.journal.Connection(o.Connection, stateText(&o))
	}
}

// stateText describes the state of a connection in the words of PostgREST's pool library.
func stateText(o *exec.Observation) string {
	switch o.Kind {
	case exec.Opening:
		return "is being established"
	case exec.Opened:
		return fmt.Sprintf("is available due to connection establishment, with the server's process %d", o.Process)
	case exec.Used:
		return "is used"
	case exec.Returned:
		return "is available due to session success"
	default:
		return "is terminated due to " + endingText(o.Why)
	}
}

func endingText(why exec.Ending) string {
	switch why {
	case exec.Idle:
		return "max idletime"
	case exec.Aged:
		return "max lifetime"
	case exec.Broken:
		return "network error"
	case exec.Unopened:
		return "init failure"
	default:
		return "release"
	}
}

// poolSettings returns the pool's settings in a configuration.
func poolSettings(cfg *config.Config) exec.Settings {
	return exec.Settings{
		MaxWaiting: cfg.DBPoolMaxWaiting, MaxStalled: cfg.DBPoolMaxStalled, BatchDepth: cfg.DBPoolBatch,
		Trace:      cfg.LogLevel >= config.LogDebug,
		MaxPerRole: roleLimits(cfg),
		Options: session.Options{
			Prepared: cfg.DBPreparedStatements, StatementCacheSize: cfg.DBStatementCacheSize,
			StatementCacheBytes: cfg.DBStatementCacheBytes, StreamThreshold: cfg.ServerStreamThreshold,
		},
	}
}

// roleLimits returns the limits of connections per role.
func roleLimits(cfg *config.Config) exec.RoleLimits {
	limits := exec.RoleLimits{
		Default: cfg.DBPoolMaxPerRole.Default.Of(cfg.DBPool), Roles: make(map[string]int),
	}
	for role, share := range cfg.DBPoolMaxPerRole.Roles {
		limits.Roles[role] = share.Of(cfg.DBPool)
	}
	return limits
}
