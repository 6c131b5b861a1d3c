package config

import (
	"context"
	_ "embed" // the queries
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

var (
	//go:embed queries/role_settings.sql
	roleSettingsSQL string
	//go:embed queries/login_settings.sql
	loginSettingsSQL string
	//go:embed queries/session_settings.sql
	sessionSettingsSQL string
)

// databaseValues is what the database contributes to a configuration. The zero value contributes nothing.
type databaseValues struct {
	// Settings maps keys, as named in a file, to their values.
	Settings map[string]string
	// Roles are those of [Config].
	Roles Roles
	// Warnings are to be logged.
	Warnings []string
}

// LoginSettings returns text that changes if the settings which the server applies to new sessions of the login role
// change. conn must be idle, and is idle afterwards.
func LoginSettings(ctx context.Context, conn *pgx.Conn) (text string, err error) {
	if err := conn.QueryRow(ctx, loginSettingsSQL, pgx.QueryExecModeExec).Scan(&text); err != nil {
		return "", fmt.Errorf("reading the settings of the login role: %w", err)
	}
	return text, nil
}

// readSettings returns the settings pgrst.* of the keys that the database may set. Those of the login role come first:
// ALTER ROLE … IN DATABASE … SET, then ALTER ROLE … SET. They are followed by what the function preConfig sets (a name
// with or without schema, or ""). Its effects end with the call.
func readSettings(ctx context.Context, conn *pgx.Conn, preConfig string) (map[string]string, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("starting a transaction to read the settings: %w", err)
	}
	defer func() { _ = tx.Rollback(ctx) }() // closes the connection if it fails
	names := map[string]string{}
	var settings []string
	for _, key := range allKeys() {
		if key.InDatabase {
			names[key.Setting()] = key.Name
			settings = append(settings, key.Setting())
		}
	}
	ofRole, err := querySettings(ctx, tx, roleSettingsSQL, settings, names)
	if err != nil {
		return nil, err
	}
	if override, ok := ofRole["db-pre-config"]; ok {
		preConfig = override
	}
	if preConfig == "" {
		return ofRole, nil
	}
	call := "SELECT FROM " + qualified(preConfig).Sanitize() + "() AS pre_config"
	if _, err := tx.Exec(ctx, call, pgx.QueryExecModeExec); err != nil {
		return nil, fmt.Errorf("calling db-pre-config: %w", err)
	}
	all, err := querySettings(ctx, tx, sessionSettingsSQL, settings, names)
	if err != nil {
		return nil, err
	}
	for name, value := range ofRole {
		all[name] = value
	}
	return all, nil
}

// qualified splits schema.name at its first dot.
func qualified(name string) pgx.Identifier { return strings.SplitN(name, ".", 2) }

func querySettings(
	ctx context.Context, tx pgx.Tx, sql string, settings []string, names map[string]string,
) (map[string]string, error) {
	values := map[string]string{}
	rows, err := tx.Query(ctx, sql, pgx.QueryExecModeExec, settings)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	var setting, value string
	_, err = pgx.ForEachRow(rows, []any{&setting, &value}, func() error {
		values[names[setting]] = value
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	return values, nil
}
