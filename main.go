// Command trunkline serves the schemas of a PostgreSQL database as a REST API. This file puts the parts together:
// configuration → pool → schema → listener → HTTP. They stop in reverse order.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"reflect"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/gateway"
	"trunkline/gateway/cli"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/metrics"
	"trunkline/gateway/socket"
	"trunkline/notify"
)

// version is set by the linker (-X main.version=…).
var version = "development"

func main() {
	p := cli.Process{
		Version: version, Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Serve: serve,
	}
	os.Exit(p.Run(context.Background(), os.Args[1:]))
}

// program is the running gateway: its parts, and what they have to do with each other.
type program struct {
	process   *cli.Process
	log       *slog.Logger
	metrics   *metrics.Metrics
	journal   *metrics.Journal
	store     *config.Store
	schema    *cache.Store
	listening *cli.Listening
	login     *cli.Login
	keys      *cli.Keys
	pool      *exec.Pool

	// stop ends serving, and the process with the cause, unless that is errAsked. Running are all goroutines.
	stop    context.CancelCauseFunc
	running sync.WaitGroup

	// configAsked holds one if a reload of the configuration was asked for.
	configAsked chan struct{}
	// troubled tells that a connection was lost or could not be opened.
	troubled atomic.Bool
	// handler answers requests, nil until the keys were fetched: the admin server is asked before.
	handler atomic.Pointer[gateway.Handler]
	// api is the address of the API's socket, nil before it listens.
	api atomic.Pointer[net.Addr]
}

func newProgram(p *cli.Process, store *config.Store) *program {
	g := &program{process: p, store: store, configAsked: make(chan struct{}, 1)}
	g.metrics = metrics.New(func() metrics.Pool { return cli.PoolFigures(g.pool) })
	g.journal, g.log = p.Journal(store, g.metrics)
	g.keys = cli.NewKeys(g.metrics, g.journal)
	g.listening = cli.NewListening(store, g.journal, g.obey, g.giveUp)
	g.login = cli.NewLogin(func() { g.pool.Renew() })
	store.OnRead(g.login.Look)
	observer := cli.SchemaJournal{
		Journal: g.journal, PoolSize: store.Current().DBPool, Unreachable: g.giveUp,
	}
	// Through a pooler, statements of other processes may be on the same session: theirs are of other generations.
	before := rand.Uint64()
	g.schema = cache.NewStore(cache.StoreOptions{
		Connect: g.connectToLoad, Options: cli.SchemaOptions(store.Current()), Observe: observer.Observe,
		Advance: func(loads uint64) { g.pool.SetGeneration(before + loads) },
	})
	g.metrics.ShowWatched(func() bool { return g.watched(g.schema.Snapshot()) })
	return g
}

// serve runs the gateway until it is asked to end, or must.
func serve(ctx context.Context, p *cli.Process, store *config.Store) error {
	return newProgram(p, store).run(ctx)
}

// run starts the parts, serves, and stops the parts.
func (g *program) run(parent context.Context) error {
	ctx, stop := context.WithCancelCause(parent)  // of accepting requests
	background, end := context.WithCancel(parent) // of all that requests need
	g.stop = stop
	defer func() {
		end()
		g.running.Wait()
		g.listening.Stop()
		if g.pool != nil {
			g.pool.Close()
		}
	}()
	g.running.Go(func() { g.obeySignals(background) })

	cfg := g.store.Current()
	g.journal.Starting(cfg.Version)
	g.journal.Say(cfg.Warnings...)
	for _, begin := range []func(context.Context, *config.Config) error{g.openPool, g.serveAdmin, g.makeHandler} {
		if err := begin(background, cfg); err != nil {
			return err
		}
	}
	g.store.OnChange(func(old, renewed *config.Config) { g.apply(background, old, renewed) })
	g.listening.Follow(background, cfg)
	g.running.Go(func() { g.reloadConfigs(background) })
	g.running.Go(func() {
		g.listening.AwaitFirst(background)
		if err := g.schema.Run(background); err != nil {
			g.stop(cli.ErrLogged)
		}
	})
	if err := g.serveAPI(ctx, cfg); err != nil {
		return err
	}
	if cause := context.Cause(ctx); !errors.Is(cause, errAsked) {
		return cause
	}
	return nil
}

// errAsked is the cause of an end that was asked for.
var errAsked = errors.New("asked to end")

// openPool makes the pool. It connects when it is used.
func (g *program) openPool(_ context.Context, cfg *config.Config) error {
	cc, err := cfg.Connection()
	if err != nil {
		return err
	}
	g.pool, err = exec.NewPool(exec.Options{
		Connection: &cc.Config, Size: cfg.DBPool, AcquireTimeout: cfg.DBPoolAcquisitionTimeout,
		MaxIdleTime: cfg.DBPoolMaxIdletime, MaxLifetime: cfg.DBPoolMaxLifetime,
		Settings: cli.PoolSettings(cfg), Observe: g.observePool,
	})
	return err
}

func (g *program) observePool(o exec.Observation) {
	switch o.Kind {
	case exec.TimedOut:
		g.journal.PoolTimedOut()
	case exec.Failed, exec.Lost:
		g.troubled.Store(true)
	}
}

// makeHandler makes what answers requests. Keys are fetched before.
func (g *program) makeHandler(ctx context.Context, cfg *config.Config) error {
	authenticator, err := g.keys.Authenticator(ctx, cfg)
	if err != nil {
		return err
	}
	g.handler.Store(gateway.NewHandler(gateway.Dependencies{
		Snapshot: g.schema.Snapshot, Database: g.pool, Log: g.log, AccessLog: g.process.Stdout, Metrics: g.metrics,
		Watched:       g.watched,
		RetryAfter:    func() int { return g.schema.State().RetryAfter() },
		OnUnavailable: g.recover,
	}, cfg, authenticator))
	return nil
}

// watched reports whether a snapshot is known to be the schema as it is.
func (g *program) watched(snapshot *cache.Snapshot) bool {
	since, ok := g.listening.Watched(time.Now())
	return ok && g.schema.LoadedSince(snapshot, since)
}

// recover loads the schema if a connection was lost since the last time: that looks after the database until it is
// back.
func (g *program) recover() {
	if g.troubled.Swap(false) {
		g.schema.Reload()
	}
}

// serveAPI opens the API's socket when the first attempt to load the schema has ended, and serves until ctx ends.
func (g *program) serveAPI(ctx context.Context, cfg *config.Config) error {
	wait := g.schema.WaitFirst
	if cfg.ServerReusePort {
		wait = g.schema.WaitLoaded // others may serve meanwhile
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
	ln, err := address.Listen(ctx)
	if err != nil {
		return err
	}
	addr := ln.Addr()
	g.api.Store(&addr)
	g.journal.Serving(addr)
	err = gateway.NewServer(g.handler.Load(), cfg, g.log).Run(ctx, ln)
	if err != nil && ctx.Err() != nil {
		g.journal.Failed("Stopping the API server:", err)
		return nil
	}
	return err
}

// serveAdmin serves probes until ctx ends, if there is a place for it.
func (g *program) serveAdmin(ctx context.Context, cfg *config.Config) error {
	if cfg.AdminServerPort == config.NoPort && cfg.AdminServerUnixSocket == "" {
		return nil
	}
	address := socket.Address{
		Host: cfg.AdminServerHost, Port: cfg.AdminServerPort,
		Unix: cfg.AdminServerUnixSocket, Mode: cfg.AdminServerUnixSocketMode,
	}
	ln, err := address.Listen(ctx)
	if err != nil {
		return fmt.Errorf("admin server: %w", err)
	}
	admin := gateway.NewAdmin(gateway.AdminOptions{
		Log: g.log,
		API: func() net.Addr {
			if addr := g.api.Load(); addr != nil {
				return *addr
			}
			return nil
		},
		Ready: g.readiness,
		Description: func() ([]byte, error) {
			if handler := g.handler.Load(); handler != nil {
				return handler.Description()
			}
			return nil, nil
		},
		Metrics: g.metrics.Write,
		Config: func(w io.Writer) error {
			_, err := io.WriteString(w, g.store.Current().Redacted())
			return err
		},
		Schema: func(w io.Writer) error {
			if snapshot := g.schema.Snapshot(); snapshot != nil {
				return snapshot.Dump(w)
			}
			return nil
		},
	})
	g.journal.AdminServing(ln.Addr())
	g.running.Go(func() {
		if err := admin.Serve(ln); err != nil {
			g.stop(err)
		}
	})
	g.running.Go(func() {
		<-ctx.Done()
		_ = admin.Shutdown()
	})
	return nil
}

// readiness is Ready if the schema is current and notifications are received. Where none are wanted, the database is
// asked instead.
func (g *program) readiness() gateway.Readiness {
	if !g.schema.State().Fresh() {
		return gateway.Pending
	}
	switch wanted, received := g.listening.State(); {
	case received:
		return gateway.Ready
	case wanted:
		return gateway.Pending
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	conn, err := g.store.Current().Connect(ctx)
	if err != nil {
		return gateway.Pending
	}
	_ = conn.Close(ctx)
	return gateway.Ready
}

// obeySignals reloads at SIGUSR1 and SIGUSR2 and ends serving at SIGTERM and SIGINT. A second one ends the process.
func (g *program) obeySignals(ctx context.Context) {
	names := map[os.Signal]string{syscall.SIGTERM: "SIGTERM", syscall.SIGINT: "SIGINT"}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-signals:
			switch s {
			case syscall.SIGUSR1:
				g.schema.Reload()
			case syscall.SIGUSR2:
				g.askForConfig()
			default:
				g.journal.Signaled(names[s])
				signal.Reset(syscall.SIGTERM, syscall.SIGINT)
				g.stop(errAsked)
			}
		}
	}
}

// connectToLoad opens the connection that a schema is loaded by. First, it reads the configuration there.
func (g *program) connectToLoad(ctx context.Context) (*pgx.Conn, error) {
	conn, err := g.store.Current().Connect(ctx)
	switch {
	case err != nil:
		return nil, err
	case g.store.Current().DBConfig:
		g.tellReload(g.store.ReloadOn(ctx, conn))
	default:
		g.login.Look(ctx, conn)
	}
	return conn, nil
}

// askForConfig has the configuration reloaded soon.
func (g *program) askForConfig() {
	select {
	case g.configAsked <- struct{}{}:
	default:
	}
}

// reloadConfigs reloads the configuration whenever that is asked for, and the schema if it depends on what changed.
func (g *program) reloadConfigs(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.configAsked:
		}
		old := g.store.Current()
		g.tellReload(g.store.Reload(ctx))
		if !reflect.DeepEqual(cli.SchemaOptions(old), cli.SchemaOptions(g.store.Current())) {
			g.schema.Reload()
		}
	}
}

func (g *program) tellReload(outcome config.Outcome, err error) {
	g.journal.DatabaseUnread(outcome.Settings, outcome.Roles)
	if err != nil {
		g.journal.ConfigRefused(err)
		return
	}
	g.journal.ConfigReloaded(g.store.Current().Warnings)
}

// apply puts a new configuration into force.
func (g *program) apply(ctx context.Context, old, renewed *config.Config) {
	g.schema.SetOptions(cli.SchemaOptions(renewed))
	g.pool.SetSettings(cli.PoolSettings(renewed))
	if authenticator, err := g.keys.Authenticator(ctx, renewed); err == nil { // there is always an old one
		g.handler.Load().Configure(renewed, authenticator)
	}
	if old.DBChannelEnabled != renewed.DBChannelEnabled || old.DBChannel != renewed.DBChannel {
		g.listening.Follow(ctx, renewed)
	}
}

// obey does what a notification asks for. With db-config, loading the schema reloads the configuration too.
func (g *program) obey(e notify.Event) {
	if e.Schema {
		g.schema.Reload()
	}
	if e.Config && !(e.Schema && g.store.Current().DBConfig) {
		g.askForConfig()
	}
}

// giveUp ends the process if it is not to recover from the loss of the database.
func (g *program) giveUp() {
	if !g.store.Current().DBPoolAutomaticRecovery {
		g.journal.Say("Automatic recovery disabled, exiting.")
		g.stop(cli.ErrLogged)
	}
}
