package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	// errNotListening says that no notifications are being received.
	errNotListening = errors.New("no notifications are being received")
	// errTooMany says that no more barriers are allowed.
	errTooMany = errors.New("there are too many barriers")
)

// Barrier returns when every notification that PostgreSQL had sent before the call has been delivered. It returns an
// error if ctx ends before, or if that cannot be known because the listener does not listen or loses its connection, or
// because no more barriers are allowed.
//
// The listener sends itself a notification. PostgreSQL passes notifications on in the order in which their transactions
// were committed (PostgreSQL manual, NOTIFY), so that all earlier ones have arrived when that one does.
func (l *Listener) Barrier(ctx context.Context) error {
	b, err := l.barriers.join(l.o.AllowBarrier)
	if err != nil {
		return err
	}
	select {
	case <-b.passed:
		return b.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// barriers are those of one listener. One is sent at a time; callers that come meanwhile share the next one.
type barriers struct {
	mu   sync.Mutex
	open bool
	// next is joined by callers and has not been sent, nil if nobody waits. sent has, and has not arrived.
	next, sent *barrier
	number     uint64 // of the one that was sent last
	// interrupt ends the session's wait for notifications, nil if it does not wait.
	interrupt func()
}

// barrier is one notification of the listener to itself.
type barrier struct {
	passed chan struct{} // closed when it has arrived, or err is set
	err    error
}

// join returns the barrier that is going to be sent next. If there is none yet, allow is asked.
func (b *barriers) join(allow func() bool) (*barrier, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.open:
		return nil, errNotListening
	case b.next != nil:
		return b.next, nil
	case !allow():
		return nil, errTooMany
	}
	b.next = &barrier{passed: make(chan struct{})}
	b.interruptLocked()
	return b.next, nil
}

// interruptLocked ends the session's wait if there is a barrier to send.
func (b *barriers) interruptLocked() {
	if b.next != nil && b.sent == nil && b.interrupt != nil {
		b.interrupt()
	}
}

// admit has callers join from now on.
func (b *barriers) admit() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = true
}

// refuse fails the barriers that have not passed, and all callers from now on.
func (b *barriers) refuse() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = false
	for _, some := range []*barrier{b.sent, b.next} {
		some.end(errNotListening)
	}
	b.sent, b.next = nil, nil
}

// waiting sets what ends the session's wait for notifications, nil when it has ended. If there is a barrier to send, it
// is called at once.
func (b *barriers) waiting(interrupt func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.interrupt = interrupt
	b.interruptLocked()
}

// send returns the number of the barrier that has to be sent now, 0 if there is none.
func (b *barriers) send() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil || b.sent != nil {
		return 0
	}
	b.sent, b.next = b.next, nil
	b.number++
	return b.number
}

// arrived ends the barrier with a number, without an error if it has arrived.
func (b *barriers) arrived(number uint64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if number == b.number {
		b.sent.end(err)
		b.sent = nil
	}
}

// end ends a barrier, which may be nil.
func (b *barrier) end(err error) {
	if b != nil {
		b.err = err
		close(b.passed)
	}
}

// sendBarrier sends the barrier that somebody waits for, if there is one. LISTEN behind it is what pg_stat_activity shows
// of the connection. An error is one of the connection.
func (w *watcher) sendBarrier(ctx context.Context) error {
	number := w.l.barriers.send()
	if number == 0 {
		return nil
	}
	err := execWithin(ctx, w.conn, fmt.Sprintf("NOTIFY %s, '%d'", w.private, number))
	if err == nil {
		return execWithin(ctx, w.conn, w.listen)
	}
	w.l.barriers.arrived(number, err)
	if refusal := (*pgconn.PgError)(nil); errors.As(err, &refusal) && !w.conn.IsClosed() {
		return nil
	}
	return fmt.Errorf("sending a notification: %w", err)
}

// pass ends the barriers that have arrived among notifications, all of which have been delivered.
func (w *watcher) pass(notifications []*pgconn.Notification) {
	for _, n := range notifications {
		if n.Channel != w.l.private {
			continue
		}
		if number, err := strconv.ParseUint(n.Payload, 10, 64); err == nil {
			w.l.barriers.arrived(number, nil)
		}
	}
}
