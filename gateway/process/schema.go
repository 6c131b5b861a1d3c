package process

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
)

// SchemaOptions says what a configuration wants loaded of the schema.
func SchemaOptions(cfg *config.Config) cache.Options {
	return cache.Options{
		Schemas: cfg.DBSchemas, ExtraSearchPath: cfg.DBExtraSearchPath, HoistedSettings: cfg.DBHoistedTxSettings,
	}
}

// LoadSchema keeps the schema loaded until ctx ends. It waits for the listener first, so that what changes after the
// first load is heard of.
func (p *Process) LoadSchema(ctx context.Context) {
	p.running.Go(func() {
		p.listening.awaitFirst(ctx)
		if err := p.schema.Run(ctx); err != nil {
			p.Stop(journal.ErrLogged)
		}
	})
}

// noticeTime is how long the notification of a change may take that has met a request already.
const noticeTime = 100 * time.Millisecond

// awaitSchema waits for the load of the schema that is due, or will be when a notification arrives. See
// [cache.Store.AwaitLoad].
func (p *Process) awaitSchema(ctx context.Context, since time.Time) bool {
	var grace time.Duration
	if _, received := p.listening.state(); received {
		grace = noticeTime
	}
	return p.schema.AwaitLoad(ctx, since, grace)
}

// connectToLoad opens the connection that a schema is loaded by. First, it reads the configuration there.
func (p *Process) connectToLoad(ctx context.Context) (*pgx.Conn, error) {
	conn, err := p.Store.Current().Connect(ctx)
	switch {
	case err != nil:
		return nil, err
	case p.Store.Current().DBConfig:
		p.logReload(p.Store.ReloadOn(ctx, conn))
	default:
		p.login.look(ctx, conn)
	}
	return conn, nil
}

// observeSchema returns what is told of the loads of the schema.
func (p *Process) observeSchema() func(cache.Event) {
	log := p.journal.Schema(p.Store.Current().DBPool)
	return func(event cache.Event) {
		log.Observe(event)
		var unreachable *cache.ConnectError
		if failed, ok := event.(cache.Failed); ok && errors.As(failed.Err, &unreachable) {
			p.onDatabaseLost()
		}
	}
}

// recover loads the schema if a connection was lost since the last time: that looks after the database until it is
// back.
func (p *Process) recover() {
	if p.connectionLost.Swap(false) {
		p.schema.Reload()
	}
}
