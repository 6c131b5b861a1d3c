package config

import (
	"reflect"
	"slices"
	"testing"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

func TestReadRoles(t *testing.T) {
	dsn := settingsDSN(t)
	superuser := pgtest.Conn(t, dsn)
	want := Roles{
		Settings: map[string][]cache.Setting{
			"timeout_role": {{Name: "app.tenant", Value: "of the role here"}, {Name: "statement_timeout", Value: "6s"}, {Name: "work_mem", Value: "3MB"}},
			"Serial Role":  {{Name: "TimeZone", Value: "Europe/Paris"}},
			"nested_role":  {{Name: "app.tenant", Value: "sea=shore"}},
			"reading_role": {{Name: "default_transaction_read_only", Value: "TRUE"}},
			"writing_role": {{Name: "default_transaction_read_only", Value: "no"}},
			"odd_role":     {{Name: "plpgsql.extra_warnings", Value: "all"}},
		},
		Isolation: map[string]string{
			"Serial Role": "serializable", "repeatable_role": "repeatable read", "committed_role": "repeatable read",
		},
		ReadOnly: map[string]bool{"reading_role": true, "writing_role": false},
	}
	warnings := []string{`WARNING: ALTER ROLE "odd_role" SET default_tablespace: ` +
		`invalid value for parameter "default_tablespace": "no_such_tablespace"; the setting is ignored`}
	check := func(what string) {
		t.Helper()
		// A new connection each time: what a module reports of its settings depends on whether it is loaded.
		got, told, err := readRoles(t.Context(), connectAs(t, dsn, "settings_login"))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got  %+v\nwant %+v", what, got, want)
		}
		if !slices.Equal(told, warnings) {
			t.Errorf("%s: warnings %q, want %q", what, told, warnings)
		}
	}
	check("without grants")
	if superuser.PgConn().ParameterStatus("server_version") < "15" {
		return // there are no grants on parameters
	}
	if _, err := superuser.Exec(t.Context(), "GRANT SET ON PARAMETER log_min_messages TO settings_login"); err != nil {
		t.Fatal(err)
	}
	want.Settings["logging_role"] = []cache.Setting{{Name: "log_min_messages", Value: "fatal"}}
	check("with a grant")
	if _, err := superuser.Exec(t.Context(), "REVOKE SET ON PARAMETER log_min_messages FROM settings_login"); err != nil {
		t.Fatal(err)
	}
}

// TestReadRolesLeavesNothing tries settings on a connection that is used for other things afterwards.
func TestReadRolesLeavesNothing(t *testing.T) {
	conn := connectAs(t, settingsDSN(t), "settings_login")
	const query = "SELECT current_setting('work_mem') || current_setting('TimeZone') || " +
		"current_setting('default_transaction_isolation') || current_setting('statement_timeout')"
	var before, after string
	if err := conn.QueryRow(t.Context(), query).Scan(&before); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readRoles(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRow(t.Context(), query).Scan(&after); err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Errorf("the settings were %s and are %s", before, after)
	}
}

// TestLoginSettings changes what the server sets for the sessions of a role that logs in, and what it sets for others.
func TestLoginSettings(t *testing.T) {
	dsn := settingsDSN(t)
	superuser := pgtest.Conn(t, dsn)
	conn := connectAs(t, dsn, "bare_login")
	read := func() string {
		t.Helper()
		text, err := LoginSettings(t.Context(), conn)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	database := superuser.Config().Database
	for _, c := range []struct {
		change, back string
		matters      bool
	}{
		{"ALTER ROLE bare_login SET work_mem = '5MB'", "ALTER ROLE bare_login RESET ALL", true},
		{
			"ALTER ROLE bare_login IN DATABASE " + database + " SET work_mem = '5MB'",
			"ALTER ROLE bare_login IN DATABASE " + database + " RESET ALL", true,
		},
		{"ALTER ROLE ALL SET work_mem = '5MB'", "ALTER ROLE ALL RESET ALL", true},
		{
			"ALTER DATABASE " + database + " SET work_mem = '5MB'",
			"ALTER DATABASE " + database + " RESET work_mem", true,
		},
		{"ALTER ROLE plain_role SET work_mem = '5MB'", "ALTER ROLE plain_role RESET ALL", false},
		{
			"ALTER ROLE bare_login IN DATABASE postgres SET work_mem = '5MB'",
			"ALTER ROLE bare_login IN DATABASE postgres RESET ALL", false,
		},
	} {
		before := read()
		if _, err := superuser.Exec(t.Context(), c.change); err != nil {
			t.Fatal(err)
		}
		if matters := read() != before; matters != c.matters {
			t.Errorf("%s: the change matters: %t", c.change, matters)
		}
		if _, err := superuser.Exec(t.Context(), c.back); err != nil {
			t.Fatal(err)
		}
		if read() != before {
			t.Errorf("%s: the previous settings are not restored", c.back)
		}
	}
}
