package notify

import (
	"context"
	_ "embed" // the scripts
	"fmt"

	"github.com/jackc/pgx/v5"
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
		return fmt.Errorf("install the event triggers: %w", err)
	}
	return nil
}

// RemoveTriggers undoes InstallTriggers. It needs a superuser.
func RemoveTriggers(ctx context.Context, conn *pgx.Conn) error {
	if err := setChannel(ctx, conn, ""); err != nil {
		return err
	}
	if _, err := conn.PgConn().Exec(ctx, removeScript).ReadAll(); err != nil {
		return fmt.Errorf("remove the event triggers: %w", err)
	}
	return nil
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
		return fmt.Errorf("naming the channel: %w", err)
	}
	return nil
}
