package notify

import (
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// TriggersScript creates the event triggers that make DDL notify, or replaces those of an older version. It is for
// psql, needs a superuser, and takes the channel from the database's setting trunkline.channel.
//
//go:embed sql/watch_ddl.sql
var TriggersScript string

// removeScript removes them.
//
//go:embed sql/unwatch_ddl.sql
var removeScript string

// proofQuery looks at the event triggers. Its only row says how many there are, on which channel they notify (NULL if
// they are not as they were installed), and which version of them it is.
//
//go:embed sql/watched.sql
var proofQuery string

// defaultChannel is where the triggers notify unless the database has a setting.
const defaultChannel = "pgrst"

// InstallTriggers makes DDL in the connection's database notify on a channel. It needs a superuser.
func InstallTriggers(ctx context.Context, conn *pgx.Conn, channel string) error {
	if channel == defaultChannel {
		channel = ""
	}
	if err := setChannel(ctx, conn, channel); err != nil {
		return err
	}
	if _, err := conn.PgConn().Exec(ctx, TriggersScript).ReadAll(); err != nil {
		return fmt.Errorf("installing the event triggers: %w", explained(err, conn))
	}
	return nil
}

// RemoveTriggers undoes InstallTriggers. It needs a superuser.
func RemoveTriggers(ctx context.Context, conn *pgx.Conn) error {
	if err := setChannel(ctx, conn, ""); err != nil {
		return err
	}
	if _, err := conn.PgConn().Exec(ctx, removeScript).ReadAll(); err != nil {
		return fmt.Errorf("removing the event triggers: %w", explained(err, conn))
	}
	return nil
}

// explained says who may do what was refused to the role that is connected.
func explained(err error, conn *pgx.Conn) error {
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) || refusal.Code != "42501" { // insufficient_privilege
		return err
	}
	return fmt.Errorf("the role %s is not allowed to do this. It takes a superuser or, in a hosted PostgreSQL, its equivalent (such "+
		"as rds_superuser). Connect as one (PGRST_DB_URI), or have one run the output of trunkline watch-ddl print: %w",
		pgx.Identifier{conn.Config().User}.Sanitize(), err)
}

// HasTriggers reports whether there are event triggers of any version in the connection's database.
func HasTriggers(ctx context.Context, conn *pgx.Conn) (has bool, err error) {
	const query = "SELECT EXISTS (SELECT FROM pg_catalog.pg_event_trigger" +
		" WHERE evtname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ('{trunkline_ddl,trunkline_drop}'::pg_catalog.text[]))"
	if err := conn.QueryRow(ctx, query).Scan(&has); err != nil {
		return false, fmt.Errorf("looking for the event triggers: %w", err)
	}
	return has, nil
}

// FindTriggers returns what there is of the event triggers in the connection's database, for those who listen on a channel.
// conn must be idle, and is idle afterwards.
func FindTriggers(ctx context.Context, conn *pgx.Conn, channel string) (Triggers, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return Absent, fmt.Errorf("looking for the event triggers: %w", err)
	}
	defer func() { _ = tx.Rollback(ctx) }() // closes the connection if it fails
	var count int
	var on *string
	var found proof
	_, err = tx.Exec(ctx, "SET LOCAL search_path = pg_catalog, pg_temp")
	if err == nil {
		err = tx.QueryRow(ctx, proofQuery, pgx.QueryExecModeExec).Scan(&count, &on, &found.version, &found.older)
	}
	if err != nil {
		return Absent, fmt.Errorf("looking for the event triggers: %w", err)
	}
	if found.triggers = count > 0; on != nil {
		found.channel = *on
	}
	return found.judge(channel), nil
}

// setChannel sets the database's setting from which the script takes the channel, or removes it if channel is "".
func setChannel(ctx context.Context, conn *pgx.Conn, channel string) error {
	const query = "SELECT pg_catalog.format('ALTER DATABASE %I %s', pg_catalog.current_database(), CASE" +
		" WHEN $1 = '' THEN 'RESET trunkline.channel' ELSE pg_catalog.format('SET trunkline.channel = %L', $1) END)"
	var statement string
	err := conn.QueryRow(ctx, query, channel).Scan(&statement)
	if err == nil {
		_, err = conn.Exec(ctx, statement)
	}
	if err != nil {
		return fmt.Errorf("naming the channel: %w", explained(err, conn))
	}
	return nil
}
