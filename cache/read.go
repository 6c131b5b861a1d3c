package cache

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"
)

// readCatalog reads the catalog on a connection of its own: what was touched, if that is enough.
func (s *Store) readCatalog(ctx context.Context, asked *touched) (*Catalog, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	if !asked.all && s.known != nil && reflect.DeepEqual(s.known.options, s.currentOptions()) {
		catalog, err := s.readChanges(ctx, asked)
		if !errors.Is(err, errUnknown) {
			return catalog, err
		}
	}
	return s.readAll(ctx)
}

// readChanges reads what was touched, on a connection that may have been lost since it was used last.
func (s *Store) readChanges(ctx context.Context, asked *touched) (*Catalog, error) {
	start := time.Now()
	if conn := s.spare.take(); conn != nil {
		catalog, err := s.readChangesOn(ctx, conn, asked, start)
		if err == nil || errors.Is(err, errUnknown) || ctx.Err() != nil {
			return catalog, err
		}
	}
	conn, err := s.o.Reconnect(ctx)
	if err != nil {
		return nil, &ConnectError{err}
	}
	return s.readChangesOn(ctx, conn, asked, start)
}

// readChangesOn reads what was touched. It keeps the connection if that succeeds, and closes it otherwise.
func (s *Store) readChangesOn(
	ctx context.Context, conn *pgx.Conn, asked *touched, start time.Time,
) (*Catalog, error) {
	l := newLoader(conn, s.currentOptions())
	err := s.replay.await(ctx, l)
	if err == nil {
		err = l.update(ctx, s.known, asked)
	}
	if err != nil {
		CloseConn(conn)
		return nil, err
	}
	s.spare.put(conn)
	s.update = &Updated{Commands: asked.commands, Read: time.Since(start)}
	s.keep(l)
	return l.catalog, nil
}

// readAll reads everything, on a connection of its own.
func (s *Store) readAll(ctx context.Context) (*Catalog, error) {
	s.spare.close() // what it was opened with may have changed
	conn, err := s.o.Connect(ctx)
	if err != nil {
		return nil, &ConnectError{err}
	}
	defer CloseConn(conn)
	start := time.Now()
	l := newLoader(conn, s.currentOptions())
	l.connected = func(server string) { s.o.Observe(Connected{Server: server}) }
	if s.Snapshot() == nil { // an old schema is better than none
		defer s.loadAgainIfBehind(l)
	} else if err := s.replay.await(ctx, l); err != nil {
		return nil, err
	}
	if err := l.load(ctx); err != nil {
		return nil, err
	}
	s.o.Observe(Queried{Elapsed: time.Since(start), Timings: l.timings})
	s.keep(l)
	return l.catalog, nil
}

// keep keeps what is known after a load, without the rest of the loader.
func (s *Store) keep(l *loader) {
	known := l.known
	s.known = &known
}

// CloseConn closes an idle connection. It waits for the server to close it too, for a bounded time.
func CloseConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}
