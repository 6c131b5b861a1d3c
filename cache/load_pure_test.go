package cache

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// load reads a catalog and infers a snapshot from it.
func load(t *testing.T, conn *pgx.Conn) *Snapshot {
	t.Helper()
	c, err := Load(t.Context(), conn, Options{Schemas: []string{"sky"}})
	if err != nil {
		t.Fatal(err)
	}
	return Build(c)
}

// run runs statements on a connection.
func run(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// TestPureRelations relies on the names in the file: impure relations are called after their reason.
func TestPureRelations(t *testing.T) {
	s := load(t, connect(t, "pure.sql"))
	if n := len(s.Tables("sky")); n != 19 {
		t.Errorf("%d relations", n)
	}
	for _, table := range s.Tables("sky") {
		if want := !strings.HasPrefix(table.Name.Name, "by_"); table.Pure != want {
			t.Errorf("%s: pure is %t", table.Name.Name, table.Pure)
		}
	}
}

// TestPureNowhere has operators and casts between PostgreSQL's own types: what a filter means is then a user's matter.
func TestPureNowhere(t *testing.T) {
	for name, sql := range map[string]string{
		"operator": `CREATE OPERATOR sky.<-< (leftarg = point, rightarg = int, function = hidden.near)`,
		"cast": `CREATE FUNCTION hidden.odd(point) RETURNS boolean LANGUAGE sql AS 'SELECT true';
			CREATE CAST (point AS boolean) WITH FUNCTION hidden.odd(point) AS IMPLICIT`,
	} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, "pure.sql")
			run(t, conn, sql)
			for _, table := range load(t, conn).Tables("sky") {
				if table.Pure {
					t.Errorf("%s is pure", table.Name.Name)
				}
			}
		})
	}
}

func TestDynamicSQL(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/pure.sql"))
	if load(t, conn).DynamicSQL {
		t.Error("dynamic SQL is seen where there is none")
	}
	for name, function := range map[string]string{
		"plpgsql":  `f(q text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE q; END'`,
		"constant": `f() RETURNS void LANGUAGE sql AS 'DEALLOCATE ALL'`,
	} {
		run(t, conn, "BEGIN; CREATE FUNCTION hidden."+function+"; COMMIT")
		if !load(t, conn).DynamicSQL {
			t.Errorf("%s: no dynamic SQL is seen", name)
		}
		run(t, conn, "ALTER ROUTINE hidden.f STABLE")
		if load(t, conn).DynamicSQL {
			t.Errorf("%s: dynamic SQL is seen in a stable function", name)
		}
		run(t, conn, "DROP ROUTINE hidden.f")
	}
}

func TestWatchedOn(t *testing.T) {
	conn := connect(t, "pure.sql")
	expect := func(want string) {
		t.Helper()
		if got := load(t, conn).WatchedOn; got != want {
			t.Errorf("watched on %q, want %q", got, want)
		}
	}
	expect("")
	run(t, conn, `CREATE FUNCTION hidden.tell() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
		CREATE EVENT TRIGGER trunkline_ddl ON ddl_command_end EXECUTE FUNCTION hidden.tell()`)
	expect("")
	run(t, conn, `CREATE EVENT TRIGGER trunkline_drop ON sql_drop EXECUTE FUNCTION hidden.tell()`)
	expect("pgrst")
	run(t, conn, `SET trunkline.channel = 'other'`)
	expect("other")
	run(t, conn, `ALTER EVENT TRIGGER trunkline_drop DISABLE`)
	expect("")
}
