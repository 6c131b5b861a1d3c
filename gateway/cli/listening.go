package cli

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/sql"
	"trunkline/gateway/config"
	"trunkline/gateway/metrics"
	"trunkline/notify"
)

// Listening keeps a listener for notifications that suits the configuration.
type Listening struct {
	store   *config.Store
	journal *metrics.Journal
	// deliver is told of events, lost of each connection that could not be made or was lost.
	deliver func(notify.Event)
	lost    func()

	listener atomic.Pointer[notify.Listener] // nil if notifications are not wanted
	silence  func()                          // stops it
	heard    chan struct{}                   // closed when the listener has had its first say
	hear     sync.Once
}

// NewListening returns one that does not listen yet.
func NewListening(store *config.Store, journal *metrics.Journal, deliver func(notify.Event), lost func()) *Listening {
	return &Listening{
		store: store, journal: journal, deliver: deliver, lost: lost,
		silence: func() {}, heard: make(chan struct{}),
	}
}

// Follow starts a listener in the place of the present one, if notifications are wanted. It ends with ctx or Stop.
// Calls must not be concurrent.
func (l *Listening) Follow(ctx context.Context, cfg *config.Config) {
	l.Stop()
	if !cfg.DBChannelEnabled {
		l.say()
		return
	}
	listener := notify.New(notify.Options{
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return l.store.Current().ConnectListener(ctx) },
		Channel: cfg.DBChannel,
		Proof:   sql.Watched,
		Deliver: func(e notify.Event) {
			l.deliver(e)
			l.say()
		},
		Observe: l.observe,
	})
	l.listener.Store(listener)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = listener.Run(ctx) // ends with its context only
	}()
	l.silence = func() {
		cancel()
		<-done
	}
}

// Stop stops the listener, and returns when it has ended.
func (l *Listening) Stop() {
	l.silence()
	l.silence = func() {}
	l.listener.Store(nil)
	l.journal.ListenerStopped()
}

// AwaitFirst returns when the listener has delivered its first event or failed for the first time, or soon if it
// does neither. Who loads the schema then does not load it twice.
func (l *Listening) AwaitFirst(ctx context.Context) {
	select {
	case <-l.heard:
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
}

// Watched reports whether every change of the schema is known to be announced, and since when none can have been
// missed: see [notify.Listener.Watched].
func (l *Listening) Watched(now time.Time) (since time.Time, ok bool) {
	if listener := l.listener.Load(); listener != nil {
		return listener.Watched(now)
	}
	return time.Time{}, false
}

// State tells whether notifications are wanted, and whether they are received.
func (l *Listening) State() (wanted, received bool) {
	listener := l.listener.Load()
	return listener != nil, listener != nil && listener.Listening()
}

func (l *Listening) say() { l.hear.Do(func() { close(l.heard) }) }

func (l *Listening) observe(o notify.Observation) {
	switch o.Kind {
	case notify.Listening:
		l.journal.ListenerConnected(o.Server, o.Address, o.Channel)
	case notify.Received:
		l.journal.Notified(o.Channel, o.Payload)
	case notify.Proven:
		l.journal.TriggersFound(triggersText(o.Triggers), o.Channel)
	case notify.Failed:
		l.journal.ListenerFailed(o.Err, o.Channel, o.Delay)
		l.say()
		l.lost()
	}
}

// triggersText says what was found of the event triggers of --watch-ddl.
func triggersText(found notify.Triggers) string {
	switch found {
	case notify.Intact:
		return "announce every change of the schema"
	case notify.Elsewhere:
		return "notify on another channel; install them again"
	case notify.Altered:
		return "are not as this version installs them; install them again"
	default:
		return "were removed"
	}
}
