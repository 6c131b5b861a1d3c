package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// positionQuery asks how many bytes of the log the primary has written, those among them that are not on disk yet.
const positionQuery = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text"

// deliver passes events on, if there are any, with a position behind all of them if that is wanted. An error is one of
// the connection.
func (w *watcher) deliver(ctx context.Context, events []Event) error {
	ofSchema := func(e Event) bool { return e.Schema }
	if slices.ContainsFunc(events, ofSchema) && w.l.o.Located() {
		position, err := w.position(ctx)
		if err != nil {
			return fmt.Errorf("asking for the log's position: %w", err)
		}
		for i := range events {
			if events[i].Schema {
				events[i].Position = position
			}
		}
	}
	if len(events) > 0 {
		w.l.o.Deliver(events)
	}
	return nil
}

// position returns a position behind everything that was committed, or 0 if PostgreSQL does not tell. LISTEN behind the
// query is what pg_stat_activity shows of the connection.
func (w *watcher) position(ctx context.Context) (uint64, error) {
	asking, cancel := context.WithTimeout(ctx, proofTimeout)
	defer cancel()
	var text string
	err := w.conn.QueryRow(asking, positionQuery).Scan(&text)
	if refusal := (*pgconn.PgError)(nil); errors.As(err, &refusal) && !w.conn.IsClosed() {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	position, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, err
	}
	return position, execWithin(ctx, w.conn, w.listen)
}
