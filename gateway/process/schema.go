package process

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
)

// schemaOptions returns the options for loading the schema in a configuration.
func schemaOptions(cfg *config.Config) cache.Options {
	return cache.Options{
		Schemas: cfg.DBSchemas, ExtraSearchPath: cfg.DBExtraSearchPath, HoistedSettings: cfg.DBHoistedTxSettings,
	}
}

// LoadSchema keeps the schema loaded, and stored, until ctx ends. The first load waits for the listener, so that later
// changes are announced.
func (p *Process) LoadSchema(ctx context.Context) {
	p.running.Go(func() { p.kept.Run(ctx) })
	p.running.Go(func() {
		defer p.finder.Close()
		if err := p.schema.Run(ctx); err != nil {
			p.stop(journal.ErrLogged)
		}
	})
}

// awaitSchema waits until what has been announced is loaded, also what is on its way: a request may meet a change before
// the notification of it arrives. See [cache.Store.AwaitLoad].
func (p *Process) awaitSchema(ctx context.Context) bool {
	return p.schema.AwaitLoad(ctx, p.notices.await)
}

// setLookupRate sets what requests for what the schema lacks may cost the database.
func (p *Process) setLookupRate(cfg *config.Config) {
	p.finder.SetRate(cfg.DBSchemaLookupRate)
	p.listening.setRate(cfg.DBSchemaLookupRate)
}

// connectToLoad opens the connection for loading the schema, and first reads the configuration on it.
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
	p.checkAnonymous(ctx, conn)
	return conn, nil
}

// connectAgain opens the connection for a load of what has changed in a schema.
func (p *Process) connectAgain(ctx context.Context) (*pgx.Conn, error) {
	return p.Store.Current().Connect(ctx)
}

// observeSchema returns the observer of the schema's loads.
func (p *Process) observeSchema() func(cache.Event) {
	log := p.journal.Schema(p.Store.Current().DBPool, p.Store.Current().SchemaCacheURI)
	return func(event cache.Event) {
		log.Observe(event)
		var unreachable *cache.ConnectError
		if failed, ok := event.(cache.Failed); ok && errors.As(failed.Err, &unreachable) {
			p.onDatabaseLost()
		}
	}
}

// recover has the schema loaded if a connection was lost since the last call. The load is retried until the database is
// back. While notifications are received, what has changed is looked for instead: one lost connection of many must not
// cost the database a load of everything.
func (p *Process) recover() {
	if !p.connectionLost.Swap(false) {
		return
	}
	if _, received := p.listening.state(); received {
		p.schema.Missed(cache.CauseRecovery)
		return
	}
	p.schema.Reload(cache.CauseRecovery)
}
