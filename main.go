// Command trunkline serves the schemas of a PostgreSQL database as a REST API. This file puts the parts together:
// configuration → pool → schema → listener → HTTP. They stop in reverse order.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/gateway"
	"trunkline/gateway/auth"
	"trunkline/gateway/cli"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/metrics"
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
	process *cli.Process
	log     *slog.Logger
	metrics *metrics.Metrics
	journal *metrics.Journal
	store   *config.Store
	schema  *cache.Store
	pool    *exec.Pool
	handler *gateway.Handler
	queried time.Duration // how long the catalog took to read last

	// stop ends serving, and the process with the cause, unless that is errAsked. Running are all goroutines.
	stop    context.CancelCauseFunc
	running sync.WaitGroup

	api      atomic.Pointer[net.Addr]        // of the API's socket, nil before it listens
	listener atomic.Pointer[notify.Listener] // nil if notifications are not wanted
	silence  func()                          // stops the listener
	heard    chan struct{}                   // closed when the listener has had its first say
	hear     sync.Once
	// configAsked holds one if a reload of the configuration was asked for.
	configAsked chan struct{}

	authenticator  *auth.Authenticator
	authentication auth.Options // of the authenticator, without functions
	endKeys        func()       // ends its fetching of keys
}

func newProgram(p *cli.Process, store *config.Store) *program {
	g := &program{
		process: p, store: store, heard: make(chan struct{}), configAsked: make(chan struct{}, 1),
		silence: func() {}, endKeys: func() {},
	}
	g.metrics = metrics.New(g.poolFigures)
	g.journal, g.log = p.Journal(store, g.metrics)
	g.schema = cache.NewStore(cache.StoreOptions{
		Connect: g.connectToLoad, Options: cli.SchemaOptions(store.Current()), Observe: g.observeSchema,
	})
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
	defer g.running.Wait()
	defer end()
	defer stop(nil)
	g.running.Go(func() { g.obeySignals(background) })

	cfg := g.store.Current()
	g.journal.Starting(cfg.Version)
	g.journal.Say(cfg.Warnings...)
	if err := g.prepare(background, cfg); err != nil {
		return err
	}
	defer g.pool.Close()
	if err := g.serveAdmin(background, cfg); err != nil {
		return err
	}
	g.store.OnChange(func(old, renewed *config.Config) { g.apply(background, old, renewed) })
	g.listen(background, cfg)
	defer func() { g.silence() }()
	g.running.Go(func() { g.reloadConfigs(background) })
	g.running.Go(func() {
		g.awaitListener(background)
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

// prepare makes the parts that requests need.
func (g *program) prepare(ctx context.Context, cfg *config.Config) error {
	cc, err := cfg.Connection()
	if err != nil {
		return err
	}
	g.pool, err = exec.NewPool(exec.Options{
		Connection: &cc.Config, Size: cfg.DBPool, AcquireTimeout: cfg.DBPoolAcquisitionTimeout,
		MaxIdleTime: cfg.DBPoolMaxIdletime, MaxLifetime: cfg.DBPoolMaxLifetime,
		Settings: poolSettings(cfg), Observe: g.observePool,
	})
	if err != nil {
		return err
	}
	authenticator, err := g.authenticate(ctx, cfg)
	if err != nil {
		return err
	}
	g.handler = gateway.NewHandler(gateway.Dependencies{
		Snapshot: g.schema.Snapshot, Database: g.pool, Log: g.log, AccessLog: g.process.Stdout, Metrics: g.metrics,
		RetryAfter: func() int { return g.schema.State().RetryAfter() }, OnUnavailable: g.schema.Reload,
	}, cfg, authenticator)
	return nil
}

// serveAPI opens the API's socket when the first attempt to load the schema has ended, and serves until ctx ends.
func (g *program) serveAPI(ctx context.Context, cfg *config.Config) error {
	if cfg.ServerReusePort {
		_ = g.schema.WaitLoaded(ctx) // others may serve meanwhile
	} else {
		_ = g.schema.WaitFirst(ctx) // the log tells of its failure
	}
	if ctx.Err() != nil {
		return nil
	}
	address := gateway.Address{
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
	if err := gateway.NewServer(g.handler, cfg, g.log).Run(ctx, ln); err != nil {
		g.journal.Failed("Stopping the API server:", err)
	}
	return nil
}

// serveAdmin serves probes until ctx ends, if there is a place for it.
func (g *program) serveAdmin(ctx context.Context, cfg *config.Config) error {
	if cfg.AdminServerPort == config.NoPort && cfg.AdminServerUnixSocket == "" {
		return nil
	}
	address := gateway.Address{
		Host: cfg.AdminServerHost, Port: cfg.AdminServerPort,
		Unix: cfg.AdminServerUnixSocket, Mode: cfg.AdminServerUnixSocketMode,
	}
	ln, err := address.Listen(ctx)
	if err != nil {
		return fmt.Errorf("admin server: %w", err)
	}
	admin := gateway.NewAdmin(gateway.AdminOptions{
		API: func() net.Addr {
			if addr := g.api.Load(); addr != nil {
				return *addr
			}
			return nil
		},
		Ready:   g.readiness,
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
	if listener := g.listener.Load(); listener != nil {
		if listener.Listening() {
			return gateway.Ready
		}
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
	if err != nil || !g.store.Current().DBConfig {
		return conn, err
	}
	g.tellReload(g.store.ReloadOn(ctx, conn))
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
	g.pool.SetSettings(poolSettings(renewed))
	authenticator, err := g.authenticate(ctx, renewed)
	if err != nil {
		g.journal.Failed("Keeping the old keys:", err)
		authenticator = g.authenticator
	}
	g.handler.Configure(renewed, authenticator)
	if old.DBChannelEnabled != renewed.DBChannelEnabled || old.DBChannel != renewed.DBChannel {
		g.listen(ctx, renewed)
	}
}

// authenticate returns the authenticator for a configuration: the present one, with its cache and its keys, if it
// serves the same purpose.
func (g *program) authenticate(ctx context.Context, cfg *config.Config) (*auth.Authenticator, error) {
	options := auth.Options{
		Secret: cfg.KeyMaterial(), Remote: auth.Remote{URLs: cfg.KeyURLs(), Issuers: cfg.JWTIssuer},
		Audience: cfg.JWTAudience, AnonymousRole: cfg.DBAnonRole, CacheSize: cfg.JWTCacheMaxEntries,
	}
	var err error
	if options.Role, _, err = auth.ParseRolePath(cfg.JWTRoleClaimKey); err != nil {
		return nil, err
	}
	if g.authenticator != nil && reflect.DeepEqual(options, g.authentication) {
		return g.authenticator, nil
	}
	plain := options
	options.OnLookup, options.Remote.OnError = g.metrics.JWTLookup, g.journal.KeysFailed
	ctx, end := context.WithCancel(ctx)
	authenticator, err := auth.New(ctx, &options)
	if err != nil {
		end()
		return nil, err
	}
	g.endKeys()
	g.authenticator, g.authentication, g.endKeys = authenticator, plain, end
	return authenticator, nil
}

// listen starts a listener in the place of the present one, if notifications are wanted.
func (g *program) listen(ctx context.Context, cfg *config.Config) {
	g.silence()
	g.listener.Store(nil)
	g.silence = func() {}
	if !cfg.DBChannelEnabled {
		g.hear.Do(func() { close(g.heard) })
		return
	}
	listener := notify.New(notify.Options{
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return g.store.Current().ConnectListener(ctx) },
		Channel: cfg.DBChannel, Deliver: g.obey, Observe: g.observeListener,
	})
	g.listener.Store(listener)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = listener.Run(ctx) // ends with its context only
	}()
	g.silence = func() {
		cancel()
		<-done
	}
}

// awaitListener returns when the listener has had its first say, so that the schema is not loaded twice at start.
func (g *program) awaitListener(ctx context.Context) {
	select {
	case <-g.heard:
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
}

// obey does what a notification asks for. Loading the schema reloads the configuration too, with db-config.
func (g *program) obey(e notify.Event) {
	if e.Schema {
		g.schema.Reload()
	}
	if e.Config && !(e.Schema && g.store.Current().DBConfig) {
		g.askForConfig()
	}
	g.hear.Do(func() { close(g.heard) })
}

// observeListener tells of the listener. With automatic recovery off, a lost connection ends the process.
func (g *program) observeListener(o notify.Observation) {
	switch o.Kind {
	case notify.Listening:
		g.journal.ListenerConnected(o.Server, o.Address, o.Channel)
	case notify.Received:
		g.journal.Notified(o.Channel, o.Payload)
	case notify.Failed:
		g.journal.ListenerFailed(o.Err, o.Channel, o.Delay)
		g.hear.Do(func() { close(g.heard) })
		g.giveUp()
	}
}

// observeSchema tells of the loads of the schema.
func (g *program) observeSchema(event cache.Event) {
	switch e := event.(type) {
	case cache.Connected:
		g.journal.DatabaseConnected(e.Server, g.store.Current().DBPool)
	case cache.Queried:
		g.queried = e.Elapsed
		parts := make([]string, len(e.Timings))
		for i, t := range e.Timings {
			parts[i] = fmt.Sprintf("%s: %.1f ms", t.Part, float64(t.Elapsed)/float64(time.Millisecond))
		}
		g.journal.SchemaQueried(e.Elapsed, strings.Join(parts, ", "))
	case cache.Published:
		g.pool.SetGeneration(e.Generation)
		g.journal.SchemaLoaded(e.Summary.String(), g.queried, e.Elapsed, e.Generation, false)
	case cache.Unchanged:
		g.journal.SchemaLoaded(e.Summary.String(), g.queried, e.Elapsed, e.Generation, true)
	case cache.Failed:
		g.observeFailure(e)
	}
}

func (g *program) observeFailure(e cache.Failed) {
	var fatal *cache.FatalError
	var unreachable *cache.ConnectError
	switch {
	case errors.As(e.Err, &fatal) && fatal.Reason == cache.UnsupportedVersion:
		g.journal.Failed("Cannot run in this PostgreSQL version.", fatal.Err)
	case errors.As(e.Err, &fatal):
		g.journal.Failed("Failed to establish a connection.", fatal.Err)
	case errors.As(e.Err, &unreachable):
		g.journal.DatabaseUnreachable(unreachable.Err)
		g.giveUp()
	default:
		g.journal.SchemaFailed(e.Err, e.Options.Schemas, e.Options.ExtraSearchPath)
	}
	if e.RetryIn > 0 {
		g.journal.SchemaRetries(e.RetryIn)
	}
}

// giveUp ends the process if it is not to recover from the loss of the database.
func (g *program) giveUp() {
	if !g.store.Current().DBPoolAutomaticRecovery {
		g.journal.Say("Automatic recovery disabled, exiting.")
		g.stop(cli.ErrLogged)
	}
}

func (g *program) observePool(o exec.Observation) {
	if o.Kind == exec.TimedOut {
		g.journal.PoolTimedOut()
	}
}

func (g *program) poolFigures() metrics.Pool {
	if g.pool == nil {
		return metrics.Pool{}
	}
	s := g.pool.Stats()
	return metrics.Pool{Max: s.Size, Idle: s.Idle, Busy: s.Busy, Waiting: s.Waiting}
}

func poolSettings(cfg *config.Config) exec.Settings {
	return exec.Settings{
		MaxWaiting: cfg.DBPoolMaxWaiting, Prepared: cfg.DBPreparedStatements,
		StatementCacheSize: cfg.DBStatementCacheSize, StreamThreshold: cfg.ServerStreamThreshold,
	}
}
