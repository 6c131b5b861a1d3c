package pgsql

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

func TestSetSession(t *testing.T) {
	s := &Session{
		SearchPath: []string{"api", `Odd "schema"`, "public"}, Role: "pgsql_reader", Claims: []byte(`{"role": "x"}`),
		Method: "GET", Path: "/films", Headers: []byte(`{"a": "b"}`), Cookies: []byte("{}"), Timezone: "Asia/Tokyo", HasTimezone: true,
		RoleSettings:    []cache.Setting{{Name: "statement_timeout", Value: "3s"}},
		RoutineSettings: []cache.Setting{{Name: "work_mem", Value: "1MB"}},
		AppSettings:     []cache.Setting{{Name: "app.settings.name", Value: "value 'quoted'"}, {Name: "app.settings.empty", Value: ""}},
		ReadOnly:        true,
	}
	want := map[string]string{
		"search_path": `"api", "Odd ""schema""", "public"`, "role": "pgsql_reader", "request.jwt.claims": `{"role": "x"}`,
		"request.method": "GET", "request.path": "/films", "request.headers": `{"a": "b"}`, "request.cookies": "{}",
		"timezone": "Asia/Tokyo", "statement_timeout": "3s", "work_mem": "1MB", "app.settings.name": "value 'quoted'",
		"app.settings.empty": "", "transaction_read_only": "on",
	}
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	before := settingsOf(t, conn, want)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := run(t, conn, SetSession(s)); r.Err != nil {
		t.Fatal(r.Err)
	}
	if got := settingsOf(t, conn, want); !maps.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := settingsOf(t, conn, want); !maps.Equal(after, before) {
		t.Errorf("after the transaction %q\nbefore %q", after, before)
	}
}

func TestSetParameter(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	const value = `it's a \ "name"`
	if _, err := conn.Exec(t.Context(), SetParameter("application_name", value)); err != nil {
		t.Fatal(err)
	}
	if got := settingsOf(t, conn, map[string]string{"application_name": ""}); got["application_name"] != value {
		t.Errorf("got %q", got)
	}
}

// settingsOf returns the values of the settings that names has, "" for those that are not set.
func settingsOf(t *testing.T, conn *pgx.Conn, names map[string]string) map[string]string {
	t.Helper()
	values := make(map[string]string)
	for name := range names {
		row := conn.QueryRow(t.Context(), "select coalesce(current_setting($1, true), '')", name)
		var value string
		if err := row.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values[name] = value
	}
	return values
}

// TestSetSessionText sees that names and values of settings are parameters, and their number the shape.
func TestSetSessionText(t *testing.T) {
	with := func(name, value string) Statement {
		return SetSession(&Session{Role: value, AppSettings: []cache.Setting{{Name: "app.settings." + name, Value: value}}})
	}
	a, b := with("a", "1"), with("b", "'2'")
	if a.SQL != b.SQL {
		t.Errorf("other settings make another text:\n%s\n%s", a.SQL, b.SQL)
	}
	if two := SetSession(&Session{AppSettings: make([]cache.Setting, 2)}); two.SQL == a.SQL {
		t.Error("one more setting makes the same text")
	}
}

// TestManySettings sets more than a function has arguments.
func TestManySettings(t *testing.T) {
	s := &Session{SearchPath: []string{"public"}, Role: "none"}
	for i := range 250 {
		s.AppSettings = append(s.AppSettings, cache.Setting{Name: fmt.Sprintf("app.settings.s%d", i), Value: fmt.Sprint(i)})
	}
	conn := pgtest.Conn(t, pgtest.Database(t))
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if r := run(t, conn, SetSession(s)); r.Err != nil {
		t.Fatal(r.Err)
	}
	want := make(map[string]string)
	for _, setting := range s.AppSettings {
		want[setting.Name] = setting.Value
	}
	if got := settingsOf(t, conn, want); !maps.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestPreRequest(t *testing.T) {
	s := PreRequest(cache.QualifiedName{Schema: `a"b`, Name: "check"})
	if s.SQL != `SELECT "a""b"."check"()` || s.Params != nil {
		t.Errorf("got %s %v", s.SQL, s.Params)
	}
}

// TestSetRole sees that a role stays when the transaction ends, and that its name is a parameter.
func TestSetRole(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for _, role := range []string{"pgsql_reader", "none"} {
		s := SetRole(role)
		if want := "SELECT pg_catalog.set_config('role', $1, false)"; s.SQL != want {
			t.Errorf("got %s, want %s", s.SQL, want)
		}
		if r := run(t, conn, s); r.Err != nil || string(r.Rows[0][0]) != role {
			t.Errorf("got %q, %v", r.Rows, r.Err)
		}
		if got := settingsOf(t, conn, map[string]string{"role": ""})["role"]; got != role {
			t.Errorf("after the transaction the role is %s, want %s", got, role)
		}
	}
}

// TestSetNothingButRole leaves out what is empty, and only that.
func TestSetNothingButRole(t *testing.T) {
	const one = "pg_catalog.set_config('role', $1, true)"
	if got, want := SetSession(&Session{Role: "web"}).SQL, "SELECT pg_catalog.num_nulls("+one+")"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for name, s := range map[string]Session{
		"search_path":           {SearchPath: []string{}},
		"request.jwt.claims":    {Claims: []byte{}},
		"request.method":        {Method: "GET"},
		"request.path":          {Path: "/"},
		"request.headers":       {Headers: []byte("{}")},
		"request.cookies":       {Cookies: []byte("{}")},
		"transaction_read_only": {ReadOnly: true},
		"timezone":              {HasTimezone: true},
	} {
		sql := SetSession(&s).SQL
		if strings.Count(sql, "set_config(") != 2 || !strings.Contains(sql, "set_config('"+name+"', ") {
			t.Errorf("%s: got %s", name, sql)
		}
	}
}
