package process

import (
	"context"
	"errors"
	"net"
	"time"

	"trunkline/cache"
	"trunkline/gateway"
	"trunkline/gateway/socket"
	"trunkline/gateway/tracing"
)

// MakeHandler fetches the keys and creates the handler. The keys are refreshed until ctx ends. OpenPool must be called
// before.
func (p *Process) MakeHandler(ctx context.Context) error {
	cfg := p.Store.Current()
	authenticator, err := p.keys.authenticator(ctx, cfg)
	if err != nil {
		return err
	}
	if cfg.OTelEnabled {
		if p.tracer, err = tracing.Start(ctx, cfg.Version, p.journal.TracesFailed); err != nil {
			return err
		}
	}
	p.handler.Store(gateway.NewHandler(gateway.Dependencies{
		Snapshot: p.schema.Snapshot, Database: p.pool, Log: p.log, AccessLog: p.AccessLog, Metrics: p.metrics,
		Tracer:        p.tracer,
		Standing:      p.standing,
		AwaitSchema:   p.awaitSchema,
		FindInSchema:  p.finder.Find,
		RetryAfter:    func() int { return p.schema.State().RetryAfter() },
		OnUnavailable: p.recover,
		OnRateLimited: func(of string) { p.journal.RoleLimited("db-role-rate", of) },
	}, cfg, authenticator))
	return nil
}

// traceTime bounds the time for sending the last spans.
const traceTime = 5 * time.Second

// StopTracing sends the spans that have not been sent yet. No requests may run any more.
func (p *Process) StopTracing() {
	if p.tracer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), traceTime)
	defer cancel()
	if err := p.tracer.Stop(ctx); err != nil {
		p.journal.TracesFailed(err)
	}
}

// ServeAPI opens the API's socket after the first attempt to load the schema, and serves until ctx ends and the running
// requests are finished.
func (p *Process) ServeAPI(ctx context.Context) error {
	cfg := p.Store.Current()
	wait := p.schema.WaitFirst
	switch {
	case p.inherited != nil:
		p.keys.await(ctx, successorTime)
	case cfg.ServerReusePort:
		p.keys.await(ctx, keysTime)
	}
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
	p.running.Go(func() {
		if p.schema.WaitLoaded(ctx) == nil {
			p.service.ready(p.status())
		}
	})
	server := gateway.NewServer(p.handler.Load(), cfg, p.log)
	p.server.Store(server)
	err = server.Run(ctx, p.patient(ln))
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
