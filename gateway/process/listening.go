package process

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/time/rate"

	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/notify"
)

// Listen listens for notifications, if that is configured, until ctx ends or StopListening is called.
func (p *Process) Listen(ctx context.Context) { p.listening.follow(ctx, p.Store.Current()) }

// StopListening stops the listener, and returns when it has ended.
func (p *Process) StopListening() { p.listening.stop() }

// listening maintains the listener for the current configuration.
type listening struct {
	store   *config.Store
	journal *journal.Journal
	// deliver is called with events that came together, lost when a connection fails or cannot be opened.
	deliver func([]notify.Event)
	lost    func()
	// located reports whether events have to tell where in the primary's log the change is.
	located func() bool

	listener atomic.Pointer[notify.Listener] // nil if listening is disabled
	failed   atomic.Pointer[string]          // why the last connection was lost, or could not be opened; nil if it listens
	end      func()                          // stops the listener and waits for it
	first    chan struct{}                   // closed after its first event or error
	once     sync.Once
	// barriers limits those of all listeners.
	barriers *rate.Limiter
}

// newListening returns a listening that has not been started.
func newListening(
	store *config.Store, j *journal.Journal, deliver func([]notify.Event), lost func(), located func() bool,
) *listening {
	return &listening{
		store: store, journal: j, deliver: deliver, lost: lost, located: located,
		end: func() {}, first: make(chan struct{}), barriers: rate.NewLimiter(0, 0),
	}
}

// follow replaces the listener, or only stops it if listening is disabled. The new one ends with ctx or stop. It must
// not be called concurrently.
func (l *listening) follow(ctx context.Context, cfg *config.Config) {
	l.stop()
	if !cfg.DBChannelEnabled {
		l.concluded()
		return
	}
	listener := notify.New(notify.Options{
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return l.store.Current().ConnectListener(ctx) },
		Channel: cfg.DBChannel,
		Deliver: func(together []notify.Event) {
			l.deliver(together)
			l.concluded()
		},
		Located: l.located, AllowBarrier: l.barriers.Allow,
		Observe: l.observe,
	})
	l.listener.Store(listener)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = listener.Run(ctx) // ends only with its context
	}()
	l.end = func() {
		cancel()
		<-done
	}
}

// setRate sets how many barriers may be sent in a second.
func (l *listening) setRate(perSecond int) {
	l.barriers.SetLimit(rate.Limit(perSecond))
	l.barriers.SetBurst(perSecond)
}

// stop stops the listener and waits for it.
func (l *listening) stop() {
	l.end()
	l.end = func() {}
	l.listener.Store(nil)
	l.journal.ListenerStopped()
}

// awaitFirst waits until the listener has delivered its first event or error, for a short time. It saves the caller
// from loading the schema twice.
func (l *listening) awaitFirst(ctx context.Context) {
	select {
	case <-l.first:
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
}

// watched reports whether every change of the schema is known to be announced, and since when none can have been
// missed: see [notify.Listener.Watched].
func (l *listening) watched(now time.Time) (since time.Time, ok bool) {
	if listener := l.listener.Load(); listener != nil {
		return listener.Watched(now)
	}
	return time.Time{}, false
}

// state reports whether listening is enabled, and whether notifications are received.
func (l *listening) state() (wanted, received bool) {
	listener := l.listener.Load()
	return listener != nil, listener != nil && listener.Listening()
}

// errDisabled says that listening is disabled.
var errDisabled = errors.New("listening is disabled")

// barrier is [notify.Listener.Barrier] of the current listener.
func (l *listening) barrier(ctx context.Context) error {
	listener := l.listener.Load()
	if listener == nil {
		return errDisabled
	}
	return listener.Barrier(ctx)
}

// failure returns why notifications are not received, "" if they are or that is not known.
func (l *listening) failure() string {
	if text := l.failed.Load(); text != nil && l.listener.Load() != nil {
		return *text
	}
	return ""
}

// concluded is called when the listener has delivered an event or an error.
func (l *listening) concluded() { l.once.Do(func() { close(l.first) }) }

func (l *listening) observe(o notify.Observation) {
	l.journal.Listener(o)
	if o.Kind == notify.Listening {
		l.failed.Store(nil)
	}
	if o.Kind == notify.Failed {
		text := journal.ErrorText(o.Err)
		l.failed.Store(&text)
		l.concluded()
		l.lost()
	}
}
