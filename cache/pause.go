package cache

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// probeInterval is the time between two attempts to open a connection during a pause. It is short, so that the schema is
// fresh again within a second of the database, however long that was away.
const probeInterval = 500 * time.Millisecond

// pause waits before the next attempt to load: until a time has passed, or a load is requested. If the last attempt has
// failed because the database was away, it also ends when a connection can be opened again.
func (s *Store) pause(ctx context.Context, delay time.Duration, failure error) {
	paused, cancel := context.WithTimeout(ctx, delay)
	defer cancel()
	var probing sync.WaitGroup
	defer probing.Wait()
	if away(failure, delay) {
		probing.Go(func() {
			if s.reach(paused) {
				cancel()
			}
		})
	}
	s.awaitRequest(paused)
	cancel()
}

// reach tries to open a connection until that succeeds or ctx ends, and reports whether it has succeeded.
func (s *Store) reach(ctx context.Context) bool {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
		if s.probe(ctx) == nil {
			return true
		}
	}
}

// probeDatabase opens a connection and closes it.
func (s *Store) probeDatabase(ctx context.Context) error {
	conn, err := s.o.Reconnect(ctx)
	if err == nil {
		CloseConn(conn)
	}
	return err
}

// away reports whether an attempt failed because the database was away: it could not be reached, was starting, ending or
// full, or, before the first pause, the connection was lost. A load whose connection is lost again and again may be the
// reason for that.
func away(failure error, delay time.Duration) bool {
	var unreachable *ConnectError
	var postgres *pgconn.PgError
	if !errors.As(failure, &unreachable) && delay > firstDelay {
		return false
	}
	if errors.As(failure, &postgres) {
		return slices.Contains([]string{"57P01", "57P02", "57P03", "53300"}, postgres.Code)
	}
	return unreachable != nil || errors.Is(failure, io.ErrUnexpectedEOF) || errors.Is(failure, syscall.ECONNRESET)
}
