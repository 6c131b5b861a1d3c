package config

import (
	"context"
	_ "embed" // the query
	"fmt"

	"github.com/jackc/pgx/v5"
)

//go:embed queries/anonymous_role.sql
var anonymousRoleSQL string

// AnonymousTrouble returns why the requests of db-anon-role cannot run, and what to do about it, in one line. It returns
// "" if they can, or if the key is not set. conn must be idle, and is idle afterwards.
func (c *Config) AnonymousTrouble(ctx context.Context, conn *pgx.Conn) (string, error) {
	if c.DBAnonRole == "" {
		return "", nil
	}
	var exists, taken bool
	var login string
	err := conn.QueryRow(ctx, anonymousRoleSQL, pgx.QueryExecModeExec, c.DBAnonRole).Scan(&exists, &taken, &login)
	if err != nil {
		return "", fmt.Errorf("looking for db-anon-role: %w", err)
	}
	role, quoted := pgx.Identifier{c.DBAnonRole}.Sanitize(), pgx.Identifier{login}.Sanitize()
	grant := "GRANT " + role + " TO " + quoted + ";"
	switch {
	case !exists:
		return fmt.Sprintf("WARNING: db-anon-role: the role %s does not exist, so requests without a token fail. Correct the "+
			"key, or run CREATE ROLE %s NOLOGIN; %s", role, role, grant), nil
	case !taken:
		return fmt.Sprintf("WARNING: db-anon-role: %s cannot switch to the role %s, so requests without a token fail. Run %s",
			quoted, role, grant), nil
	default:
		return "", nil
	}
}

// DatabaseGiven reports whether db-uri is set. If it is not, libpq's variables and defaults say where the database is.
func (c *Config) DatabaseGiven() bool { return c.sources["db-uri"] != "" }
