package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options configure a listener.
type Options struct {
	// Connect opens a connection that must not go through a transaction pooler: notifications belong to a session.
	Connect func(context.Context) (*pgx.Conn, error)
	// Channel is the channel's name, as it is (it is quoted here).
	Channel string
	// Deliver is called with each event, one at a time.
	Deliver func(Event)
	// Observe is told what happens to the connection; nil for nobody.
	Observe func(Observation)
}

// ObservationKind tells the kinds of observations apart.
type ObservationKind uint8

// The kinds.
const (
	// Listening: the connection listens.
	Listening ObservationKind = iota
	// Failed: no connection, or it was lost; the next attempt comes after Delay.
	Failed
	// Received: a notification came.
	Received
)

// Observation is something that a log or metric may tell of.
type Observation struct {
	Kind    ObservationKind
	Channel string
	// Server and Address describe the database of Listening.
	Server, Address string
	Payload         string        // of Received
	Err             error         // of Failed
	Delay           time.Duration // of Failed
}

const (
	firstDelay = time.Second
	maxDelay   = 32 * time.Second
	// checkInterval is how often a silent connection is tried, so that one that died unnoticed is replaced.
	checkInterval = 30 * time.Second
	checkTimeout  = 10 * time.Second
)

// Listener listens on one channel. Its state is in the package's documentation.
type Listener struct {
	o         Options
	listening atomic.Bool
}

// New prepares a listener. Nothing happens before Run.
func New(o Options) *Listener {
	if o.Observe == nil {
		o.Observe = func(Observation) {}
	}
	return &Listener{o: o}
}

// Listening tells whether notifications are being received now.
func (l *Listener) Listening() bool { return l.listening.Load() }

// Run listens until ctx ends, which is not an error. Everything that it started has ended when it returns.
func (l *Listener) Run(ctx context.Context) error {
	events := make(chan Event)
	var folding sync.WaitGroup
	folding.Go(func() { fold(events, l.o.Deliver) })
	defer folding.Wait()
	defer close(events)

	delay := firstDelay
	for attempt := 0; ; attempt++ {
		err := l.session(ctx, events, attempt > 0, func() { delay = firstDelay })
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of the context is how a listener ends
		}
		l.o.Observe(Observation{Kind: Failed, Channel: l.o.Channel, Err: err, Delay: delay})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(delay):
		}
		delay = min(delay*2, maxDelay)
	}
}

// session connects and listens until the connection is lost, and returns why. Again tells that there was a session
// before this one, so that what changed since then has to be reloaded.
func (l *Listener) session(ctx context.Context, events chan<- Event, again bool, connected func()) error {
	conn, err := l.o.Connect(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer closeConn(conn)
	listen := "LISTEN " + pgx.Identifier{l.o.Channel}.Sanitize()
	if err := execWithin(ctx, conn, listen); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	l.listening.Store(true)
	defer l.listening.Store(false)
	connected()
	l.o.Observe(Observation{
		Kind: Listening, Channel: l.o.Channel,
		Server:  conn.PgConn().ParameterStatus("server_version"),
		Address: conn.PgConn().Conn().RemoteAddr().String(),
	})
	// Even the first session may have missed something: the schema was perhaps read before LISTEN.
	send(ctx, events, Event{Schema: true, Config: again})
	return l.receive(ctx, conn, listen, events)
}

// receive waits for notifications and tries the connection when it is silent for long. LISTEN serves as the trial,
// so that it stays the last statement that pg_stat_activity shows.
func (l *Listener) receive(ctx context.Context, conn *pgx.Conn, listen string, events chan<- Event) error {
	for {
		waiting, cancel := context.WithTimeout(ctx, checkInterval)
		n, err := conn.WaitForNotification(waiting)
		cancel()
		switch {
		case err == nil:
			l.o.Observe(Observation{Kind: Received, Channel: n.Channel, Payload: n.Payload})
			if e, ok := parsePayload(n.Payload); ok {
				send(ctx, events, e)
			}
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded) && !conn.IsClosed():
			if err := execWithin(ctx, conn, listen); err != nil {
				return fmt.Errorf("trying the connection: %w", err)
			}
		default:
			return fmt.Errorf("waiting for notifications: %w", err)
		}
	}
}

func send(ctx context.Context, events chan<- Event, e Event) {
	select {
	case events <- e:
	case <-ctx.Done():
	}
}

func execWithin(ctx context.Context, conn *pgx.Conn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	_, err := conn.Exec(ctx, sql)
	return err //nolint:wrapcheck // wrapped by the callers
}

// closeConn says goodbye within a bounded time, even when the listener's own context has ended.
func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
