package config

import (
	"context"
	_ "embed" // the queries
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/cache"
)

var (
	//go:embed queries/impersonated_roles.sql
	impersonatedRolesSQL string
	//go:embed queries/setting_modules.sql
	settingModulesSQL string
)

// Roles are the settings of the roles that the login role is a member of, by name of the role.
type Roles struct {
	// Settings are to be set in each transaction of the role.
	Settings map[string][]cache.Setting
	// Isolation is the default isolation level if it is not read committed. ReadOnly is set if transactions are
	// read-only by default. Both must be set when a transaction starts.
	Isolation map[string]string
	ReadOnly  map[string]bool
	// StatementTimeout is that of connections whose role has none of its own, 0 for none.
	StatementTimeout time.Duration
}

// unsettable returns the settings of roles that are never applied, because they would break the request or later
// requests on its connection.
func unsettable() []string {
	return []string{
		"client_encoding",               // bodies are UTF-8
		"role", "session_authorization", // the request sets them
		"exit_on_error",                                  // an error would end the connection
		"temp_buffers",                                   // fails once the session has used a temporary table
		"transaction_isolation", "transaction_read_only", // per transaction, and must be set at its start
		"transaction_deferrable",
	}
}

// roleSetting is a row of impersonated_roles.sql.
type roleSetting struct {
	role string
	cache.Setting
}

// readRoles reads the settings of the roles that the login role can switch to. Settings that cannot be applied are left
// out: silently if only superusers can set them, with a warning if the value is not valid, as PostgreSQL does when such
// a role logs in.
func readRoles(ctx context.Context, conn *pgx.Conn) (roles Roles, warnings []string, err error) {
	all, err := queryRoles(ctx, conn)
	if err != nil {
		return Roles{}, nil, err
	}
	all = slices.DeleteFunc(all, func(s roleSetting) bool {
		return slices.Contains(unsettable(), strings.ToLower(s.Name))
	})
	tried, err := tryOut(ctx, conn, all)
	if err != nil {
		return Roles{}, nil, err
	}
	roles = Roles{Settings: map[string][]cache.Setting{}, Isolation: map[string]string{}, ReadOnly: map[string]bool{}}
	if roles.StatementTimeout, err = sessionTimeout(ctx, conn); err != nil {
		return Roles{}, nil, err
	}
	for i := range all {
		s := &all[i]
		t := tried[s.Setting]
		switch {
		case t.refused == nil:
			roles.add(s.role, s.Setting, t.value)
		case t.mistaken():
			warnings = append(warnings, fmt.Sprintf("WARNING: ALTER ROLE %s SET %s: %s; the setting is ignored",
				pgx.Identifier{s.role}.Sanitize(), s.Name, t.refused.Message))
		}
	}
	return roles, warnings, nil
}

// add adds a setting. value is its value as PostgreSQL displays it.
func (r *Roles) add(role string, s cache.Setting, value string) {
	name := strings.ToLower(s.Name)
	switch {
	case name == "default_transaction_isolation":
		if value == "serializable" || value == "repeatable read" {
			r.Isolation[role] = value
		}
		return
	case name == "default_transaction_read_only":
		r.ReadOnly[role] = value == "on"
	}
	r.Settings[role] = append(r.Settings[role], s)
}

func queryRoles(ctx context.Context, conn *pgx.Conn) ([]roleSetting, error) {
	rows, err := conn.Query(ctx, impersonatedRolesSQL, pgx.QueryExecModeExec)
	if err != nil {
		return nil, fmt.Errorf("reading the settings of roles: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s roleSetting, err error) {
		err = row.Scan(&s.role, &s.Name, &s.Value)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the settings of roles: %w", err)
	}
	return all, nil
}

// trial is the result of a statement, or why it was refused.
type trial struct {
	value   string
	refused *pgconn.PgError
}

// mistaken reports whether the refusal should be reported. A setting that is reserved for superusers, or can only be
// set at the start of a session, is not a mistake.
func (t *trial) mistaken() bool {
	return t.refused.Code != "42501" && t.refused.Code != "55P02" // insufficient_privilege, cant_change_runtime_param
}

// tryOut sets each setting in a transaction that is rolled back, which is the only way to find out whether the login
// role may set it and whether the value is valid. Unsettable ones are not tried.
func tryOut(ctx context.Context, conn *pgx.Conn, all []roleSetting) (map[cache.Setting]trial, error) {
	if err := loadModules(ctx, conn, all); err != nil {
		return nil, err
	}
	tried := make(map[cache.Setting]trial, len(all))
	var settings []cache.Setting
	var statements []statement
	for i := range all {
		s := all[i].Setting
		if _, again := tried[s]; again {
			continue
		}
		tried[s] = trial{}
		settings = append(settings, s)
		statements = append(statements, newStatement("SELECT pg_catalog.set_config($1, $2, true)", s.Name, s.Value))
	}
	trials, err := runEach(ctx, conn, statements)
	for i := range trials {
		tried[settings[i]] = trials[i]
	}
	return tried, err
}

// loadModules loads the modules that may define custom settings. Before a module is loaded, its settings accept any
// value from anyone; afterwards, setting them can fail.
func loadModules(ctx context.Context, conn *pgx.Conn, all []roleSetting) error {
	var prefixes []string
	for i := range all {
		if prefix, _, custom := strings.Cut(strings.ToLower(all[i].Name), "."); custom {
			prefixes = append(prefixes, prefix)
		}
	}
	if len(prefixes) == 0 {
		return nil
	}
	rows, err := conn.Query(ctx, settingModulesSQL, pgx.QueryExecModeExec, prefixes)
	if err != nil {
		return fmt.Errorf("reading the modules that have settings: %w", err)
	}
	functions, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	if err != nil {
		return fmt.Errorf("reading the modules that have settings: %w", err)
	}
	statements := make([]statement, len(functions))
	for i, function := range functions { // using a function loads its module
		oid := strconv.FormatUint(uint64(function), 10)
		statements[i] = newStatement("SELECT pg_catalog.fmgr_c_validator($1::pg_catalog.oid)::text", oid)
	}
	_, err = runEach(ctx, conn, statements)
	return err
}
