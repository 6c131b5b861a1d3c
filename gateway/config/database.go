package config

import (
	"context"
	_ "embed" // the queries
	"fmt"
	"slices"
	"strconv"
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
	//go:embed queries/impersonated_roles.sql
	impersonatedRolesSQL string
	//go:embed queries/granted_parameters.sql
	grantedParametersSQL string
)

// Database is what a database contributes to a configuration. The zero value contributes nothing.
type Database struct {
	// Settings are the values of keys, by their names in a file.
	Settings map[string]string
	// RoleSettings and RoleIsolation are those of [Config].
	RoleSettings  map[string][]Setting
	RoleIsolation map[string]string
}

// LoginSettings returns a text that differs from that of another time if what the server sets for new sessions of the
// role that is logged in was changed in between. Conn must be idle, and is afterwards.
func LoginSettings(ctx context.Context, conn *pgx.Conn) (text string, err error) {
	if err := conn.QueryRow(ctx, loginSettingsSQL, pgx.QueryExecModeExec).Scan(&text); err != nil {
		return "", fmt.Errorf("reading the settings of the role that logs in: %w", err)
	}
	return text, nil
}

// readSettings returns the settings pgrst.* of the keys that the database may set. Those of the role that is logged
// in come first: what ALTER ROLE … IN DATABASE … SET says of it, then ALTER ROLE … SET; then what the function
// preConfig sets, a name with or without schema, "" for none. Nothing that the function does outlives the call.
func readSettings(ctx context.Context, conn *pgx.Conn, preConfig string) (map[string]string, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("beginning to read the settings: %w", err)
	}
	defer func() { _ = tx.Rollback(ctx) }() // closes the connection if it fails
	names := map[string]string{}
	var settings []string
	for _, key := range Keys() {
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

// roleSetting is a row of impersonated_roles.sql.
type roleSetting struct {
	role, name, value string
	restricted        bool
}

// readRoles reads the settings and the default isolation levels of the roles that the role that is logged in may
// become, without those that it is not allowed to set.
func readRoles(ctx context.Context, conn *pgx.Conn) (map[string][]Setting, map[string]string, error) {
	rows, err := conn.Query(ctx, impersonatedRolesSQL, pgx.QueryExecModeExec)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the settings of roles: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s roleSetting, err error) {
		err = row.Scan(&s.role, &s.name, &s.value, &s.restricted)
		return s, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the settings of roles: %w", err)
	}
	granted, err := grantedParameters(ctx, conn, all)
	if err != nil {
		return nil, nil, err
	}
	settings, isolation := map[string][]Setting{}, map[string]string{}
	for _, s := range all {
		switch {
		case s.name == "default_transaction_isolation":
			if level := isolationLevel(s.value); level != "" {
				isolation[s.role] = level
			}
		case !s.restricted || slices.Contains(granted, s.name):
			settings[s.role] = append(settings[s.role], Setting{Name: s.name, Value: s.value})
		}
	}
	return settings, isolation, nil
}

// isolationLevel returns the levels that need a statement, "" for the others: they are read committed.
func isolationLevel(value string) string {
	level := strings.ToLower(value)
	if level == "serializable" || level == "repeatable read" {
		return level
	}
	return ""
}

// grantedParameters returns the restricted settings that the role that is logged in may set.
func grantedParameters(ctx context.Context, conn *pgx.Conn, all []roleSetting) ([]string, error) {
	var restricted []string
	for _, s := range all {
		if s.restricted {
			restricted = append(restricted, s.name)
		}
	}
	if len(restricted) == 0 || serverMajor(conn) < 15 {
		return nil, nil
	}
	rows, err := conn.Query(ctx, grantedParametersSQL, pgx.QueryExecModeExec, restricted)
	if err != nil {
		return nil, fmt.Errorf("reading the granted settings: %w", err)
	}
	granted, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("reading the granted settings: %w", err)
	}
	return granted, nil
}

// serverMajor is the server's major version, 0 if it does not tell.
func serverMajor(conn *pgx.Conn) int {
	version := conn.PgConn().ParameterStatus("server_version")
	digits := len(version) - len(strings.TrimLeft(version, "0123456789"))
	major, err := strconv.Atoi(version[:digits])
	if err != nil {
		return 0
	}
	return major
}
