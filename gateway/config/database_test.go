package config

import (
	"errors"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// settingsDSN returns a connection string for a database with testdata/settings.sql, without the user.
func settingsDSN(t *testing.T) string {
	t.Helper()
	return pgtest.Database(t, "testdata/settings.sql")
}

// as returns the connection string with another user.
func as(t testing.TB, dsn, user string) *pgx.ConnConfig {
	t.Helper()
	cc, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cc.User = user
	return cc
}

func connectAs(t testing.TB, dsn, user string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), as(t, dsn, user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.CloseConn(conn) })
	return conn
}

func TestReadSettings(t *testing.T) {
	dsn := settingsDSN(t)
	ofRole := map[string]string{
		"db-anon-role": "from_database", "db-schemas": "test, tenant1", "db-max-rows": "500",
		"jwt-secret": "a=b=" + goodSecret, "db-extra-search-path": "",
	}
	hooked := map[string]string{
		"db-anon-role": "hooked", "db-schemas": "seen_by_bare_login", "db-max-rows": "hidden by ALTER ROLE",
		"openapi-mode": "disabled",
	}
	both := maps.Clone(hooked)
	maps.Copy(both, ofRole)
	tests := []struct {
		name, user, preConfig string
		want                  map[string]string
	}{
		{"nothing", "bare_login", "", map[string]string{}},
		{"role in database before role", "settings_login", "", ofRole},
		{"function, and behind it the database's own settings", "bare_login", "hooks.pre_config", hooked},
		{"role before function", "settings_login", "hooks.pre_config", both},
		{"the role names the function", "Hooked Login", "none.such", map[string]string{
			"db-pre-config": "hooks.pre_config", "db-max-rows": "100", "db-anon-role": "hooked",
			"db-schemas": "seen_by_Hooked Login", "openapi-mode": "disabled",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn := connectAs(t, dsn, test.user)
			for range 2 {
				got, err := readSettings(t.Context(), conn, test.preConfig)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, test.want) {
					t.Errorf("got  %q\nwant %q", got, test.want)
				}
			}
			var left *string
			row := conn.QueryRow(t.Context(), "SELECT nullif(current_setting('pgrst.db_schemas', true), '')")
			if err := row.Scan(&left); err != nil {
				t.Fatal(err)
			}
			if left != nil && strings.HasPrefix(*left, "seen_by_") {
				t.Errorf("the function left %s on the connection", *left)
			}
		})
	}
}

func TestReadSettingsFails(t *testing.T) {
	dsn := settingsDSN(t)
	tests := []struct{ preConfig, code, message string }{
		{"select", "42883", "function select() does not exist"},
		{`x"; DROP SCHEMA hooks; --`, "42883", `function x"; drop schema hooks; --() does not exist`},
		{"none.such", "3F000", `schema "none" does not exist`},
		{"failing_hook", "P0001", "the hook fails"},
		{"writing_hook", "25006", "cannot execute"},
	}
	conn := connectAs(t, dsn, "bare_login")
	for _, test := range tests {
		_, err := readSettings(t.Context(), conn, test.preConfig)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != test.code ||
			!strings.Contains(strings.ToLower(pg.Message), strings.ToLower(test.message)) {
			t.Errorf("%s: got %v, want %s %s", test.preConfig, err, test.code, test.message)
		}
	}
}
