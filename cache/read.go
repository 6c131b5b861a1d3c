package cache

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// readCatalog reads the catalog on a connection of its own: what was touched, if that is enough.
func (s *Store) readCatalog(ctx context.Context, asked *touched) (*Catalog, error) {
	if limit := s.o.Limit(); limit > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, loadTimeout+limit)
		defer cancel()
	}
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
	if err := prepareOn(ctx, conn); err != nil {
		CloseConn(conn)
		return nil, err
	}
	return s.readChangesOn(ctx, conn, asked, start)
}

// readChangesOn reads what was touched. It keeps the connection if that succeeds, and closes it otherwise.
func (s *Store) readChangesOn(
	ctx context.Context, conn *pgx.Conn, asked *touched, start time.Time,
) (*Catalog, error) {
	s.identify(ctx, conn)
	l := newLoader(conn, s.currentOptions())
	l.limit = s.o.Limit()
	l.positioned = s.o.Storage.Save != nil
	err := s.replay.await(ctx, l)
	changed := false
	if err == nil {
		changed, err = l.update(ctx, s.known, asked)
	}
	if err != nil {
		CloseConn(conn)
		return nil, err
	}
	s.spare.put(conn)
	if changed {
		s.update = &Updated{Commands: asked.commands, Read: time.Since(start)}
		s.renewed = slices.Concat(s.known.exposedNames(l.only), l.exposedNames(l.only))
	} else {
		s.unneeded = true
	}
	s.keep(l)
	return l.catalog, nil
}

// readAll reads everything, on a connection of its own, when it is the store's turn, or takes over what another store
// has read meanwhile.
func (s *Store) readAll(ctx context.Context) (*Catalog, error) {
	s.spare.close() // what it was opened with may have changed
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer CloseConn(conn)
	s.frugal = s.o.Frugally()
	start := time.Now()
	found, err := s.newTurn(ctx, conn).take(ctx, func(slot *int32) error { return s.loadAll(ctx, conn, slot) })
	if err != nil {
		return nil, err
	}
	if found != nil {
		s.known, s.shared, s.taken = found, found, &TakenOver{Read: time.Since(start)}
	}
	return s.known.catalog, nil
}

// loadAll loads everything, if the lock of a slot can be had.
func (s *Store) loadAll(ctx context.Context, conn *pgx.Conn, slot *int32) error {
	start := time.Now()
	l := newLoader(conn, s.currentOptions())
	l.limit = s.o.Limit()
	l.positioned, l.slot, l.earlier = s.o.Storage.Save != nil, slot, s.shared
	l.connected = func(event Connected) { s.o.Observe(event) }
	snapshot := s.Snapshot()
	first := snapshot == nil || snapshot.unconfirmed() // an old schema is better than none
	if !first {
		if err := s.replay.await(ctx, l); err != nil {
			return err
		}
	}
	if err := l.load(ctx); err != nil {
		return err
	}
	l.whole = l.position
	if first {
		s.loadAgainIfBehind(l)
	}
	s.took = time.Since(start)
	s.o.Observe(Queried{Elapsed: s.took, Timings: l.timings})
	s.keep(l)
	return nil
}

// exposedNames returns the names of those of the relations that are exposed.
func (l *known) exposedNames(relations []uint32) []QualifiedName {
	var names []QualifiedName
	for _, oid := range relations {
		if r := l.relations.at(oid); r != nil && r.exposed {
			names = append(names, r.name)
		}
	}
	return names
}

// keep keeps what is known after a load, without the rest of the loader.
func (s *Store) keep(l *loader) {
	known := l.known
	s.known, s.shared = &known, &known
}

// CloseConn closes an idle connection. It waits for the server to close it too, for a bounded time.
func CloseConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}
