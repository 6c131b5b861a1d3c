package process

import (
	"context"
	"errors"
	"net"

	"trunkline/cache"
	"trunkline/gateway"
	"trunkline/gateway/socket"
)

// MakeHandler fetches the keys and creates the handler. The keys are refreshed until ctx ends. OpenPool must be called
// before.
func (p *Process) MakeHandler(ctx context.Context) error {
	cfg := p.Store.Current()
	authenticator, err := p.keys.authenticator(ctx, cfg)
	if err != nil {
		return err
	}
	p.handler.Store(gateway.NewHandler(gateway.Dependencies{
		Snapshot: p.schema.Snapshot, Database: p.pool, Log: p.log, AccessLog: p.AccessLog, Metrics: p.metrics,
		Standing:      p.standing,
		AwaitSchema:   p.awaitSchema,
		FindInSchema:  p.finder.Find,
		RetryAfter:    func() int { return p.schema.State().RetryAfter() },
		OnUnavailable: p.recover,
		OnRateLimited: func(of string) { p.journal.RoleLimited("db-role-rate", of) },
	}, cfg, authenticator))
	return nil
}

// ServeAPI opens the API's socket after the first attempt to load the schema, and serves until ctx ends and the running
// requests are finished.
func (p *Process) ServeAPI(ctx context.Context) error {
	cfg := p.Store.Current()
	wait := p.schema.WaitFirst
	if cfg.ServerReusePort || p.inherited != nil {
		wait = p.schema.WaitLoaded // other processes may serve meanwhile
	}
	var fatal *cache.FatalError
	if err := wait(ctx); errors.As(err, &fatal) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return nil
	}
	address := socket.Address{
		Host: cfg.ServerHost, Port: cfg.ServerPort, ReusePort: cfg.ServerReusePort,
		Unix: cfg.ServerUnixSocket, Mode: cfg.ServerUnixSocketMode,
	}
	ln, err := p.openAPI(ctx, &address)
	if err != nil {
		return err
	}
	addr := ln.Addr()
	p.api.Store(&addr)
	p.journal.Serving(addr)
	err = gateway.NewServer(p.handler.Load(), cfg, p.log).Run(ctx, p.patient(ln))
	if err != nil && ctx.Err() != nil {
		p.journal.Failed("Stopping the API server:", err)
		return nil
	}
	return err
}

// patient returns a listener that survives a lack of file descriptors, which is logged once.
func (p *Process) patient(ln net.Listener) net.Listener {
	return socket.Patient(ln, func(err error) {
		p.journal.Failed("No connections can be accepted for the moment:", err)
	})
}
