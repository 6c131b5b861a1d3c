package idempotency

import (
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Schema is the schema of the table of keys and its functions. It must not be exposed.
const Schema = "trunkline_idempotency"

// InstallScript creates the table of keys and its functions, or brings the functions up to date. It is for psql too.
//
//go:embed sql/install.sql
var InstallScript string

// removeScript removes them, with all answers that are kept.
//
//go:embed sql/remove.sql
var removeScript string

// Install creates the table of keys and its functions in the connection's database. It needs the privilege to create
// schemas.
func Install(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.PgConn().Exec(ctx, InstallScript).ReadAll(); err != nil {
		return fmt.Errorf("installing the table of keys: %w", explained(err))
	}
	return nil
}

// Remove undoes Install.
func Remove(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.PgConn().Exec(ctx, removeScript).ReadAll(); err != nil {
		return fmt.Errorf("removing the table of keys: %w", explained(err))
	}
	return nil
}

// explained says who may do what was refused.
func explained(err error) error {
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) || refusal.Code != "42501" { // insufficient_privilege
		return err
	}
	return fmt.Errorf("the role that connected is not allowed to do this. Connect as the owner of the database or of the table "+
		"(PGRST_DB_URI): %w", err)
}
