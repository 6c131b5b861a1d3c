package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// positionQuery asks how many bytes of the log the primary has written, those among them that are not on disk yet.
const positionQuery = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text"

// deliver passes an event on, with its position if that is wanted. An error is one of the connection.
func (w *watcher) deliver(ctx context.Context, e Event) error {
	if e.Schema && w.l.o.Located() {
		var err error
		if e.Position, err = w.position(ctx); err != nil {
			return fmt.Errorf("asking for the log's position: %w", err)
		}
	}
	w.l.o.Deliver(e)
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
