package notify

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// probeInterval is the longest time between two attempts to connect during a pause. It is short, so that the listener
// listens within a second of the database, however long that was away.
const probeInterval = 500 * time.Millisecond

// connectError is returned if no connection could be opened.
type connectError struct{ err error }

func (e *connectError) Error() string { return "connecting: " + e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// away reports whether the database could not be reached, or was starting, ending or full.
func (e *connectError) away() bool {
	var postgres *pgconn.PgError
	return !errors.As(e.err, &postgres) || slices.Contains([]string{"57P01", "57P02", "57P03", "53300"}, postgres.Code)
}

// pause waits before the next attempt to connect. If the last one has failed because the database was away, it tries
// silently meanwhile, and returns the connection when there is one.
func (l *Listener) pause(ctx context.Context, delay time.Duration, failure error) *pgx.Conn {
	ctx, cancel := context.WithTimeout(ctx, delay)
	defer cancel()
	var refused *connectError
	if !errors.As(failure, &refused) || !refused.away() {
		<-ctx.Done()
		return nil
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(probeInterval/2 + rand.N(probeInterval/2)): // many listeners do not connect at once
		}
		if conn, err := l.o.Connect(ctx); err == nil {
			return conn
		}
	}
}
