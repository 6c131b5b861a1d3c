package cache

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Stores on one database do not load everything all at once. Where they have a place in common that stores the schema,
// one loads and the others take it over; else a few at a time load. An advisory lock of PostgreSQL is whose turn it is.
// It ends with the transaction of the load, so that it works through a pooler, and nobody waits for it for long.

// pacing is how long stores wait for each other.
type pacing struct {
	// settle passes before one of those that share loads. By then the others know what they have to see.
	settle time.Duration
	// look is the mean time between looks at what others have stored, and at the lock.
	look time.Duration
	// store is how long what was loaded may take to be stored after the lock is free, and patience how long a store waits
	// for its turn in all. Both grow with the time that loads take, up to maxPatience.
	store, patience, maxPatience time.Duration
}

func defaultPacing() pacing {
	return pacing{
		settle: 100 * time.Millisecond, look: 50 * time.Millisecond, store: 250 * time.Millisecond,
		patience: 2 * time.Second, maxPatience: 30 * time.Second,
	}
}

const (
	// sharedSlot is the lock of those that share what they load. The others have one of the slots from 1 on.
	sharedSlot = 0
	slots      = 4
)

// errBusy says that it is another one's turn, errNoTurns that the server has no locks for us.
var (
	errBusy    = errors.New("another process loads")
	errNoTurns = errors.New("there are no advisory locks")
)

// turn is a store that waits to load everything.
type turn struct {
	*Store
	pacing
	conn *pgx.Conn
	// wanted is what a stored image has to be of, and to have seen. It has no position if nothing is taken over.
	wanted stamp
	began  time.Time
	free   time.Time // when the lock was seen to be free after it was not; zero if it is not
	busy   bool      // it was not free at some time
	alone  bool      // the lock is not waited for any more
}

// newTurn notes what has to be seen.
func (s *Store) newTurn(ctx context.Context, conn *pgx.Conn) *turn {
	t := &turn{Store: s, pacing: s.pacing, conn: conn, began: time.Now()}
	t.store = max(t.store, s.took/4)
	t.patience = min(max(t.patience, 3*s.took), t.maxPatience)
	t.wanted = s.stampNow("")
	if s.o.Storage.Open == nil || s.known == nil || t.wanted.Timeline == "" {
		return t
	}
	const sql = "select pg_catalog.pg_current_snapshot()::pg_catalog.text"
	if err := conn.QueryRow(ctx, sql, pgx.QueryExecModeSimpleProtocol).Scan(&t.wanted.Position); err != nil {
		t.wanted.Position = "" // the load will tell why
	}
	return t
}

func (t *turn) shares() bool { return t.wanted.Position != "" }

// slot returns the number of the lock to be tried.
func (t *turn) slot() int32 {
	if t.shares() {
		return sharedSlot
	}
	return 1 + rand.Int32N(slots)
}

// take waits until it is the store's turn, which load tries, or takes over what another one has stored.
func (t *turn) take(ctx context.Context, load func(limit *int32) error) (*known, error) {
	if t.shares() {
		t.sleep(ctx, t.settle)
	}
	for ctx.Err() == nil {
		if found := t.takeOver(ctx); found != nil {
			return found, nil
		}
		if t.waits(ctx) {
			t.sleep(ctx, t.look)
			continue
		}
		slot := t.slot()
		limit := &slot
		if t.alone {
			limit = nil
		}
		switch err := load(limit); {
		case errors.Is(err, errNoTurns):
			t.alone = true
		case errors.Is(err, errBusy):
			t.busy, t.free = true, time.Time{}
			t.sleep(ctx, t.look)
		default:
			return nil, err
		}
	}
	return nil, ctx.Err()
}

// waits reports whether the store goes on waiting without a look at the lock itself: what another one has loaded may be
// stored soon.
func (t *turn) waits(ctx context.Context) bool {
	switch {
	case t.alone:
		return false
	case time.Since(t.began) > t.patience:
		t.alone = true
		return false
	case !t.busy || !t.shares():
		return false
	case t.free.IsZero():
		if free, err := t.isFree(ctx); err != nil || !free {
			return err == nil
		}
		t.free = time.Now()
		return true
	default:
		return time.Since(t.free) < t.store
	}
}

// isFree reports whether nobody has the lock.
func (t *turn) isFree(ctx context.Context) (free bool, err error) {
	const sql = "select pg_catalog.pg_try_advisory_xact_lock(1414679372, 0)" // it ends with the statement
	err = t.conn.QueryRow(ctx, sql, pgx.QueryExecModeSimpleProtocol).Scan(&free)
	return free, err
}

// takeOver returns what another store has loaded, if it has seen what has to be seen.
func (t *turn) takeOver(ctx context.Context) *known {
	if !t.shares() {
		return nil
	}
	ctx, cancel := context.WithDeadline(ctx, t.began.Add(t.patience))
	defer cancel()
	from, err := t.o.Storage.Open(ctx, func(position string) bool { return covers(position, t.wanted.Position) })
	if err != nil {
		return nil
	}
	defer func() { _ = from.Close() }() // it was only read
	r, err := newStoredReader(from, t.o.Storage.MaxBytes)
	if err != nil || r.stamp.fits(&t.wanted) != "" || r.stamp.Timeline != t.wanted.Timeline ||
		!covers(r.stamp.Whole, t.wanted.Position) {
		return nil
	}
	found, err := r.takeover()
	if err != nil {
		return nil
	}
	found.position, found.whole = r.stamp.Position, r.stamp.Whole
	return found
}

// sleep sleeps for about a while.
func (t *turn) sleep(ctx context.Context, while time.Duration) {
	timer := time.NewTimer(while/2 + rand.N(while+1))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// begin starts the transaction of a load, if it is the loader's turn.
func (l *loader) begin(ctx context.Context) error {
	sql := beginSQL + limitSQL(l.limit)
	if l.prepared != nil {
		sql += genericSQL
	}
	if err := l.exec(ctx, sql); err != nil || l.slot == nil {
		return err
	}
	taken := false
	err := l.query(ctx, "turn", [][]byte{strconv.AppendInt(nil, int64(*l.slot), 10)}, func(r *row) { taken = r.bool() })
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused):
		err = errNoTurns
	case err == nil && !taken:
		err = errBusy
	default:
		return err
	}
	return errors.Join(err, l.exec(ctx, "rollback"))
}
