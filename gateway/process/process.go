package process

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"trunkline/cache"
	"trunkline/gateway"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
)

// Options are what a process works with.
type Options struct {
	Store *config.Store
	// Log takes the lines of the log, AccessLog those of requests.
	Log, AccessLog io.Writer
	// Stop ends serving with a cause.
	Stop context.CancelCauseFunc
}

// Process is the parts of a serving process.
type Process struct {
	Options
	log       *slog.Logger
	metrics   *metrics.Metrics
	journal   *journal.Journal
	schema    *cache.Store
	listening *listening
	login     *login
	keys      *keys
	pool      *exec.Pool

	// running are all goroutines.
	running sync.WaitGroup
	// configReload holds one if a reload of the configuration was asked for.
	configReload chan struct{}
	// connectionLost is set when a connection was lost or could not be opened.
	connectionLost atomic.Bool
	// handler answers requests, nil until the keys were fetched: the admin server is asked before.
	handler atomic.Pointer[gateway.Handler]
	// api is the address of the API's socket, nil before it listens.
	api atomic.Pointer[net.Addr]
}

// New puts the parts together. Nothing runs yet.
func New(o Options) *Process {
	p := &Process{Options: o, configReload: make(chan struct{}, 1)}
	p.metrics = metrics.New(func() metrics.Pool { return poolFigures(p.pool) })
	p.log = journal.NewLogger(o.Log, o.Store.Current)
	p.journal = journal.New(p.log, p.metrics)
	p.keys = newKeys(p.metrics, p.journal)
	p.listening = newListening(o.Store, p.journal, p.onNotification, p.onDatabaseLost)
	p.login = newLogin(func() { p.pool.Renew() })
	o.Store.OnRead(p.login.look)
	// Through a pooler, statements of other processes may be on the same session: theirs are of other generations.
	before := rand.Uint64()
	p.schema = cache.NewStore(cache.StoreOptions{
		Connect: p.connectToLoad, Options: SchemaOptions(o.Store.Current()), Observe: p.observeSchema(),
		Advance: func(loads uint64) { p.pool.SetGeneration(before + loads) },
	})
	p.metrics.ShowWatched(func() bool { return p.watched(p.schema.Snapshot()) })
	return p
}

// LogStart writes the first entries of the log.
func (p *Process) LogStart() {
	cfg := p.Store.Current()
	p.journal.Starting(cfg.Version)
	p.journal.Say(cfg.Warnings...)
}

// Wait returns when everything that was started has ended.
func (p *Process) Wait() { p.running.Wait() }

// watched reports whether a snapshot is known to be the schema as it is.
func (p *Process) watched(snapshot *cache.Snapshot) bool {
	since, ok := p.listening.watched(time.Now())
	return ok && p.schema.LoadedSince(snapshot, since)
}

// onDatabaseLost ends the process if it is not to recover from the loss of the database.
func (p *Process) onDatabaseLost() {
	if !p.Store.Current().DBPoolAutomaticRecovery {
		p.journal.Say("Automatic recovery disabled, exiting.")
		p.Stop(journal.ErrLogged)
	}
}

// errAsked is the cause of an end that was asked for.
var errAsked = errors.New("asked to end")

// Cause returns why serving ended when its context did, nil if that was asked for.
func Cause(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, errAsked) {
		return cause
	}
	return nil
}
