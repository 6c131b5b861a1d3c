package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Options configure a listener.
type Options struct {
	// Connect opens a connection that must not go through a transaction pooler: notifications belong to a session.
	Connect func(context.Context) (*pgx.Conn, error)
	// Channel is the channel's name, as it is (it is quoted here).
	Channel string
	// Deliver is called with the events that came together, as those of a transaction do. It is not called concurrently,
	// and must not block: meanwhile nothing is received.
	Deliver func([]Event)
	// Located reports whether events of the schema shall tell the position of the change; nil for never. That is for those
	// who read from a standby.
	Located func() bool
	// AllowBarrier reports whether one more barrier may be sent, see [Listener.Barrier]; nil for always.
	AllowBarrier func() bool
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
	// Proven: a proof found the event triggers in another state, Triggers, than the one before, or than Absent.
	Proven
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
	Triggers        Triggers      // of Proven
}

const (
	// A lost connection is replaced at once. After that attempt there are pauses, from firstDelay to maxDelay.
	firstDelay = 100 * time.Millisecond
	maxDelay   = 32 * time.Second
	// settledTime is how long a connection must have received for the next attempt to be made at once again. One that is
	// lost sooner shows at least that there is a database: the pause after it is at most briefDelay.
	settledTime = 250 * time.Millisecond
	briefDelay  = 500 * time.Millisecond
	// startTimeout bounds each of the statements by which a session begins.
	startTimeout = 10 * time.Second
	// settings are the session's: names mean PostgreSQL's own, a proof that hangs on a lock is given up before the
	// connection is, and barriers do not wait for a disk or a standby.
	settings = "SET search_path = pg_catalog, pg_temp; SET statement_timeout = '5s'; SET synchronous_commit = off"
	// trim moves the tail of PostgreSQL's queue of notifications past those that nobody waits for. LISTEN reads from the
	// tail, and needs to know how the transactions ended that sent what it finds there. Servers that let VACUUM remove
	// that too soon reject every LISTEN ("could not access status of transaction") until the tail has moved.
	trim = "SELECT pg_catalog.pg_notification_queue_usage()"
)

// Listener listens on one channel. Its state is in the package's documentation.
type Listener struct {
	o        Options
	interval time.Duration // proofInterval, except in tests
	proof    string        // proofQuery, except in tests
	// private is a channel of the listener's own, hearTimeout how long a notification on it may take at the start.
	private     string
	hearTimeout time.Duration
	barriers    barriers
	listening   atomic.Bool
	watch       atomic.Pointer[watch] // nil while nothing is proven
}

// New prepares a listener. Nothing happens before Run.
func New(o Options) *Listener {
	if o.Observe == nil {
		o.Observe = func(Observation) {}
	}
	if o.AllowBarrier == nil {
		o.AllowBarrier = func() bool { return true }
	}
	if o.Located == nil {
		o.Located = func() bool { return false }
	}
	return &Listener{
		o: o, interval: proofInterval, proof: proofQuery,
		private: fmt.Sprintf("trunkline %x", rand.Uint64()), hearTimeout: hearTimeout,
	}
}

// Listening reports whether notifications are being received now.
func (l *Listener) Listening() bool { return l.listening.Load() }

// Run listens until ctx ends, which is not an error. Everything that it started has ended when it returns.
func (l *Listener) Run(ctx context.Context) error {
	var pauses backoff
	var conn *pgx.Conn // that was opened during a pause
	for attempt := 0; ; attempt++ {
		var received time.Time // since when, if it did
		err := l.session(ctx, conn, attempt > 0, func() { received = time.Now() })
		if ctx.Err() != nil {
			return nil // the end of the context is how a listener ends
		}
		if !received.IsZero() {
			pauses.received(time.Since(received))
		}
		delay := pauses.next()
		l.o.Observe(Observation{Kind: Failed, Channel: l.o.Channel, Err: err, Delay: delay})
		conn = l.pause(ctx, delay, err)
	}
}

// backoff are the pauses between attempts to connect that fail: none before the first, then longer and longer ones, of
// random lengths, so that many listeners do not connect at once.
type backoff struct{ longest time.Duration }

// received is called when a session has ended that had received notifications for some time.
func (b *backoff) received(d time.Duration) {
	if d >= settledTime {
		b.longest = 0
	}
	b.longest = min(b.longest, briefDelay)
}

func (b *backoff) next() time.Duration {
	if b.longest == 0 {
		b.longest = firstDelay
		return 0
	}
	pause := b.longest/2 + rand.N(b.longest/2)
	b.longest = min(2*b.longest, maxDelay)
	return pause
}

// session listens until the connection is lost, and returns why. It connects if there is no connection yet. Again tells
// that there was a session before this one, so that what changed since then has to be reloaded. Receives is called when
// the session has been proven and what was missed is told of.
func (l *Listener) session(ctx context.Context, conn *pgx.Conn, again bool, receives func()) (err error) {
	if conn == nil {
		if conn, err = l.o.Connect(ctx); err != nil {
			return &connectError{err}
		}
	}
	defer closeConn(conn)
	_ = execWithin(ctx, conn, trim) // which helps some servers; what else is wrong, the next statement shows
	if err := l.requireHearing(ctx, conn); err != nil {
		return err
	}
	private := pgx.Identifier{l.private}.Sanitize()
	listen := "LISTEN " + pgx.Identifier{l.o.Channel}.Sanitize()
	for _, statement := range []string{settings, "LISTEN " + private, listen} {
		if err := execWithin(ctx, conn, statement); err != nil {
			return fmt.Errorf("listening: %w", err)
		}
	}
	l.listening.Store(true)
	defer l.listening.Store(false)
	l.o.Observe(Observation{
		Kind: Listening, Channel: l.o.Channel,
		Server:  conn.PgConn().ParameterStatus("server_version"),
		Address: conn.PgConn().Conn().RemoteAddr().String(),
	})
	w := &watcher{l: l, conn: conn, listen: listen, private: private}
	defer l.watch.Store(nil)
	l.barriers.admit()
	defer l.barriers.refuse()
	if _, err := w.prove(ctx); err != nil {
		return err
	}
	// Even the first session may have missed something: the schema was perhaps read before LISTEN.
	if err := w.deliver(ctx, []Event{{Schema: true, Config: again, Missed: true}}); err != nil {
		return err
	}
	receives()
	return w.receive(ctx)
}

// receive passes notifications on, sends barriers, and proves at intervals that all changes are announced.
func (w *watcher) receive(ctx context.Context) error {
	for due := time.Now().Add(w.l.interval); ; {
		if err := w.sendBarrier(ctx); err != nil {
			return err
		}
		together, err := w.awaitSome(ctx, due)
		if err != nil {
			return err
		}
		if err := w.deliver(ctx, w.l.eventsOf(together)); err != nil {
			return err
		}
		w.pass(together)
		if time.Now().Before(due) {
			continue
		}
		reload, err := w.prove(ctx)
		if err != nil {
			return err
		}
		if reload {
			if err := w.deliver(ctx, []Event{{Schema: true, Missed: true}}); err != nil {
				return err
			}
		}
		due = time.Now().Add(w.l.interval)
	}
}

const (
	// maxTogether bounds the notifications that are delivered at once.
	maxTogether = 256
	// restTime is how long the rest of what was received in part is waited for.
	restTime = time.Second
)

// awaitSome returns the next notification with those that have been received together with it, or none when a moment
// has come or a barrier has to be sent. PostgreSQL sends the notifications of a transaction at once: to deliver the
// first of them alone would have half of what the transaction changed loaded.
func (w *watcher) awaitSome(ctx context.Context, due time.Time) ([]*pgconn.Notification, error) {
	n, err := w.await(ctx, due)
	if n == nil || err != nil {
		return nil, err
	}
	together := []*pgconn.Notification{n}
	for len(together) < maxTogether {
		if n = w.kept(ctx); n == nil && w.conn.PgConn().Frontend().ReadBufferLen() > 0 {
			n, err = w.awaitUntil(ctx, time.Now().Add(restTime)) // a barrier waits meanwhile
		}
		if n == nil || err != nil { // there is nothing more, or the rest of a notification has not come
			return together, err
		}
		together = append(together, n)
	}
	return together, nil
}

// kept returns the next notification that has been received with the answer to a statement, nil if there is none.
func (w *watcher) kept(ctx context.Context) *pgconn.Notification {
	ended, cancel := context.WithCancel(ctx)
	cancel() // nothing is read from the connection
	n, _ := w.conn.WaitForNotification(ended)
	return n
}

// eventsOf returns the events that notifications are.
func (l *Listener) eventsOf(notifications []*pgconn.Notification) []Event {
	events := make([]Event, 0, len(notifications))
	for _, n := range notifications {
		if n.Channel == l.private {
			continue
		}
		l.o.Observe(Observation{Kind: Received, Channel: n.Channel, Payload: n.Payload})
		if e, ok := parsePayload(n.Payload); ok {
			events = append(events, e)
		}
	}
	return events
}

// await returns the next notification, or nil when a moment has come or a barrier has to be sent.
func (w *watcher) await(ctx context.Context, due time.Time) (*pgconn.Notification, error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	w.l.barriers.waiting(cancel)
	defer w.l.barriers.waiting(nil)
	n, err := w.awaitUntil(waiting, due)
	if errors.Is(err, context.Canceled) && ctx.Err() == nil && !w.conn.IsClosed() {
		return nil, nil
	}
	return n, err
}

// awaitUntil returns the next notification, or nil when a moment has come. It returns the error of ctx when that ends.
func (w *watcher) awaitUntil(ctx context.Context, due time.Time) (*pgconn.Notification, error) {
	if !time.Now().Before(due) {
		return nil, ctx.Err()
	}
	waiting, cancel := context.WithDeadline(ctx, due)
	defer cancel()
	n, err := w.conn.WaitForNotification(waiting)
	switch {
	case err == nil:
		return n, nil
	case w.conn.IsClosed():
		return nil, fmt.Errorf("waiting for notifications: %w", err)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, nil // the moment has come
	default:
		return nil, fmt.Errorf("waiting for notifications: %w", err)
	}
}

func execWithin(ctx context.Context, conn *pgx.Conn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	_, err := conn.Exec(ctx, sql)
	return err
}

// closeConn closes a connection within a bounded time, even if the context of the listener has ended. It differs from
// cache.CloseConn in not waiting for the server, and the package imports none of the module.
func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
