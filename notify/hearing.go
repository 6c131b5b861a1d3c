package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// errDeaf says that notifications do not arrive.
var errDeaf = errors.New("notifications do not arrive on this connection, which leads through a transaction pooler:" +
	" set db-channel-uri to a connection string that leads past it")

// hearTimeout bounds how long a notification may take to arrive.
const hearTimeout = 5 * time.Second

// requireHearing returns errDeaf if the connection leads through a pooler that does not pass notifications on because
// the session is not the client's own. There, a LISTEN succeeds and nothing is ever heard. A server that names its
// process as the server's process number of the connection does needs no proof. A notification that the connection
// sends to itself would be none: that arrives with the answer.
//
// It leaves no settings behind, because the session may be others' too.
func (l *Listener) requireHearing(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 2*startTimeout)
	defer cancel()
	var process uint32
	const ask = "SELECT pg_catalog.pg_backend_pid()"
	if err := conn.QueryRow(ctx, ask, pgx.QueryExecModeSimpleProtocol).Scan(&process); err != nil {
		return fmt.Errorf("asking for the server's process: %w", err)
	}
	if process == conn.PgConn().PID() {
		return nil
	}
	name := pgx.Identifier{l.private}.Sanitize()
	if err := execWithin(ctx, conn, "LISTEN "+name); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	if err := l.sendFromElsewhere(ctx, "NOTIFY "+name); err != nil {
		return fmt.Errorf("sending a notification: %w", err)
	}
	hearing, stop := context.WithTimeout(ctx, l.hearTimeout)
	defer stop()
	if _, err := conn.WaitForNotification(hearing); err != nil {
		if ctx.Err() == nil && hearing.Err() != nil && !conn.IsClosed() {
			_ = execWithin(ctx, conn, "UNLISTEN "+name) // the connection is closed in any case
			return errDeaf
		}
		return fmt.Errorf("waiting for a notification: %w", err)
	}
	return execWithin(ctx, conn, "UNLISTEN "+name)
}

// sendFromElsewhere runs a statement on a connection of its own.
func (l *Listener) sendFromElsewhere(ctx context.Context, statement string) error {
	conn, err := l.o.Connect(ctx)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	return execWithin(ctx, conn, statement)
}
