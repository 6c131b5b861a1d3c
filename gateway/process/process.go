package process

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"trunkline/cache"
	"trunkline/gateway"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
	"trunkline/gateway/storage"
	"trunkline/gateway/tracing"
)

// Options configure a process.
type Options struct {
	Store *config.Store
	// Log receives the lines of the log, AccessLog those of the access log.
	Log, AccessLog io.Writer
	// Stop ends serving. Its argument is the cause.
	Stop context.CancelCauseFunc
}

// Process holds the parts of a serving process.
type Process struct {
	Options
	log       *slog.Logger
	service   *service
	metrics   *metrics.Metrics
	journal   *journal.Journal
	schema    *cache.Store
	finder    *cache.Finder
	kept      *storage.Keeper
	listening *listening
	notices   notices
	collector *collector
	login     *login
	anonymous anonymous
	keys      *keys
	pool      *exec.Pool
	// tracer is nil if requests are not traced.
	tracer *tracing.Tracer

	// running are all goroutines.
	running sync.WaitGroup
	// configReload holds a value if a reload of the configuration is pending.
	configReload chan struct{}
	// beat is received from as long as signals are.
	beat chan struct{}
	// announced counts the notifications that the schema has changed.
	announced atomic.Uint64
	// connectionLost is set when a connection was lost or could not be opened.
	connectionLost atomic.Bool
	// draining is set when serving is going to end, succeeding while a successor is being started.
	draining, succeeding atomic.Bool
	// stopping is held while serving is ended, or left to a successor.
	stopping sync.Mutex
	// sockets are those that clients and probes connect to.
	sockets sockets
	// inherited is what this process takes over from its predecessor, or nil. admin is the admin server, or nil.
	inherited *inheritance
	admin     *gateway.Admin
	// handler answers requests. It is nil until the keys have been fetched, but the admin server runs before that.
	handler atomic.Pointer[gateway.Handler]
	// server serves the API. It is nil before it does.
	server atomic.Pointer[gateway.Server]
	// api is the address of the API's socket, nil before it listens.
	api atomic.Pointer[net.Addr]
}

// New connects the parts. It starts nothing.
func New(o Options) *Process {
	p := &Process{Options: o, service: newService(), configReload: make(chan struct{}, 1), beat: make(chan struct{})}
	p.metrics = metrics.New(func() metrics.Pool { return poolFigures(p.pool) })
	p.log = journal.NewLogger(o.Log, o.Store.Current)
	p.journal = journal.New(p.log, p.metrics)
	p.keys = newKeys(p.metrics, p.journal)
	p.collector = newCollector()
	p.listening = newListening(o.Store, p.journal, p.onNotifications, p.onDatabaseLost, p.readsStandby)
	p.notices.barrier = p.listening.barrier
	p.login = newLogin(func() { p.pool.Renew() })
	o.Store.OnRead(p.login.look)
	p.kept = storage.NewKeeper(o.Store.Current().SchemaCacheDumpPath, p.journal.SchemaUnstored)
	// Through a pooler, statements of other processes may be on the same session. They belong to other generations.
	before := rand.Uint64()
	p.schema = cache.NewStore(cache.StoreOptions{
		Connect: p.connectToLoad, Reconnect: p.connectAgain, Options: schemaOptions(o.Store.Current()), Observe: p.observeSchema(),
		Advance: func(loads uint64) { p.pool.SetGeneration(before + loads) },
		Limit:   func() time.Duration { return o.Store.Current().DBSchemaLoadTimeout },
		Await:   p.listening.awaitFirst, Storage: p.storage(), Frugally: p.collector.frugally,
	})
	p.finder = cache.NewFinder(p.schema, p.connectAgain)
	p.setLookupRate(o.Store.Current())
	p.showState()
	return p
}

// LogStart writes the first messages of the log.
func (p *Process) LogStart() {
	cfg := p.Store.Current()
	p.journal.Starting(cfg.Version)
	if text := limitation(runtime.GOOS); text != "" {
		p.journal.Info(text)
	}
	p.limitMemory()
	p.journal.Info(cfg.Warnings...)
	p.noteDatabase()
}

// stop ends serving, unless it has been ended before, because of a cause.
func (p *Process) stop(cause error) {
	p.stopping.Lock()
	defer p.stopping.Unlock()
	p.service.stopping(cause)
	p.Stop(cause)
}

// Ending tells the service manager that the process is going to end, given the error with which it does, or nil.
func (p *Process) Ending(err error) { p.service.stopping(err) }

// Wait waits for everything that was started.
func (p *Process) Wait() { p.running.Wait() }

// readsStandby reports whether the schema is, or may be, read from a standby.
func (p *Process) readsStandby() bool {
	snapshot := p.schema.Snapshot()
	return snapshot == nil || snapshot.Standby
}

// standing implements [gateway.Dependencies].Standing.
func (p *Process) standing(snapshot *cache.Snapshot, uses *cache.Uses) (version uint64, certain bool) {
	s := p.schema.Standing()
	if uses == nil {
		return s.Load(), false
	}
	return s.Version(uses), s.Snapshot == snapshot && p.watches(s) && s.Certain(uses)
}

// watches reports whether every change since the load of a snapshot is known to be announced.
func (p *Process) watches(s *cache.Standing) bool {
	since, ok := p.listening.watched(time.Now())
	return ok && s.LoadedSince(since)
}

// matches reports whether the snapshot is known to match the schema.
func (p *Process) matches() bool {
	s := p.schema.Standing()
	return s != nil && p.watches(s) && s.Unchanged()
}

// onDatabaseLost ends the process if automatic recovery is disabled.
func (p *Process) onDatabaseLost() {
	if !p.Store.Current().DBPoolAutomaticRecovery {
		p.journal.Info("Automatic recovery disabled, exiting.")
		p.stop(journal.ErrLogged)
	}
}

// errAsked is the cause of a requested end.
var errAsked = errors.New("asked to end")

// Cause returns why serving ended, given its context, or nil if the end was requested.
func Cause(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, errAsked) && !errors.Is(cause, gateway.ErrHandedOver) {
		return cause
	}
	return nil
}
