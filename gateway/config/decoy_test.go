package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// TestDecoys reads the settings with a search path of the login role in which others may create objects: operators and
// functions that PostgreSQL would prefer to its own for the types that the queries compare.
func TestDecoys(t *testing.T) {
	dsn := settingsDSN(t)
	read := func() (all []any) {
		conn := connectAs(t, dsn, "settings_login")
		settings, err := readSettings(t.Context(), conn, "")
		if err != nil {
			t.Fatal(err)
		}
		login, err := LoginSettings(t.Context(), conn)
		if err != nil {
			t.Fatal(err)
		}
		roles, _, err := readRoles(t.Context(), conn)
		if err != nil {
			t.Fatal(err)
		}
		anonymous := Config{DBAnonRole: "nobody there"}
		trouble, err := anonymous.AnonymousTrouble(t.Context(), conn)
		if err != nil || trouble == "" {
			t.Fatalf("%q, %v", trouble, err)
		}
		return []any{settings, login, roles, trouble}
	}
	want := read()
	admin := pgtest.Conn(t, dsn)
	plantDecoys(t, admin)
	for _, bent := range []string{
		"SELECT FROM pg_catalog.pg_db_role_setting WHERE setdatabase IN (0)",
		"SELECT format('%s', setdatabase, setrole, setconfig) FROM pg_catalog.pg_db_role_setting",
	} {
		if _, err := admin.Exec(t.Context(), bent); err == nil || !strings.Contains(err.Error(), "decoy") {
			t.Errorf("%s: %v, want the decoy", bent, err)
		}
	}
	if got := read(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// plantDecoys creates better matches for operators on the types of the catalog, and for a function, in public.
func plantDecoys(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	types := []string{"oid", "integer", "name", "text", "varchar"}
	sql := []string{`CREATE FUNCTION public.format(text, oid, oid, text[]) RETURNS text LANGUAGE plpgsql AS
		$$ BEGIN RAISE EXCEPTION 'decoy'; END $$`}
	for _, left := range types {
		for _, right := range types {
			sql = append(sql, fmt.Sprintf(`CREATE FUNCTION public.decoy(%s, %[2]s) RETURNS boolean LANGUAGE plpgsql AS
				$$ BEGIN RAISE EXCEPTION 'decoy'; END $$`, left, right))
			for _, operator := range []string{"=", "<>", "+"} {
				sql = append(sql, fmt.Sprintf("CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.decoy)",
					operator, left, right))
			}
		}
	}
	sql = append(sql, "GRANT USAGE ON SCHEMA public TO PUBLIC")
	if _, err := conn.Exec(t.Context(), strings.Join(sql, ";")); err != nil {
		t.Fatal(err)
	}
}
