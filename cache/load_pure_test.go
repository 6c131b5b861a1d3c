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

// TestPureRelations relies on the names in the file: the name of an impure relation is the reason.
func TestPureRelations(t *testing.T) {
	s := load(t, connect(t, "pure.sql"))
	if n := len(s.Tables("sky")); n != 23 {
		t.Errorf("%d relations", n)
	}
	for _, table := range s.Tables("sky") {
		if want := !strings.HasPrefix(table.Name.Name, "by_"); table.Pure != want {
			t.Errorf("%s: Pure is %t", table.Name.Name, table.Pure)
		}
	}
}

// TestPureNowhere defines operators and casts between PostgreSQL's own types, so that any filter may run users' code.
func TestPureNowhere(t *testing.T) {
	for name, sql := range map[string]string{
		"operator": `CREATE OPERATOR sky.<@ (leftarg = point, rightarg = int, function = hidden.near)`,
		"support": `CREATE FUNCTION hidden.odd(int, int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
			CREATE OPERATOR sky.<> (leftarg = int, rightarg = int, function = hidden.odd)`,
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

// TestPureOperators defines operators that a filter on a column may resolve to, and others that it may not.
func TestPureOperators(t *testing.T) {
	conn := connect(t, "pure.sql")
	run(t, conn, `CREATE TABLE sky.mixed (t text, v varchar, c hidden.colour, p point, j json, i int);
		CREATE TYPE hidden.box AS (w int, h int);
		CREATE FUNCTION hidden.boxed(varchar) RETURNS hidden.box IMMUTABLE LANGUAGE sql AS 'SELECT null::hidden.box';
		CREATE CAST (varchar AS hidden.box) WITH FUNCTION hidden.boxed(varchar) AS IMPLICIT;
		CREATE FUNCTION hidden.cmp(hidden.box, hidden.box) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
		CREATE OPERATOR sky.&& (leftarg = hidden.box, rightarg = hidden.box, function = hidden.cmp);
		CREATE FUNCTION hidden.cmp(anyenum, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
		CREATE OPERATOR sky.~ (leftarg = anyenum, rightarg = text, function = hidden.cmp);
		CREATE FUNCTION hidden.cmp(json, hidden.box) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
		CREATE OPERATOR sky.@> (leftarg = json, rightarg = hidden.box, function = hidden.cmp);`)
	table := load(t, conn).Table(QualifiedName{"sky", "mixed"})
	for name, impure := range map[string]Operators{
		"t": 0,
		"v": OperatorsOf("&&"),
		"c": OperatorsOf("~"),
		"i": 0,
		"j": OperatorsOf("@>"),
	} {
		use := table.Column(name).Operators
		if got := allOperators() &^ use.Pure; got != impure {
			t.Errorf("%s: impure are %b, want %b", name, got, impure)
		}
		if want := name != "c"; use.Fixed.Has(OperatorsOf("=")) != want {
			t.Errorf("%s: fixed are %b", name, use.Fixed)
		}
	}
}

func TestDynamicSQL(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/pure.sql"))
	if load(t, conn).DynamicSQL {
		t.Error("found dynamic SQL where there is none")
	}
	for name, tt := range map[string]struct {
		sql  string
		want bool
	}{
		"plpgsql":       {`CREATE FUNCTION hidden.f(q text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE q; END'`, true},
		"stable":        {`CREATE FUNCTION hidden.f(q text) RETURNS void STABLE LANGUAGE plpgsql AS 'BEGIN EXECUTE q; END'`, true},
		"constant":      {`CREATE FUNCTION hidden.f() RETURNS void LANGUAGE sql AS 'DEALLOCATE ALL'`, true},
		"procedure":     {`CREATE PROCEDURE hidden.f() LANGUAGE plpgsql AS 'BEGIN DISCARD ALL; END'`, true},
		"inline block":  {`CREATE FUNCTION hidden.f() RETURNS void LANGUAGE plpgsql AS 'BEGIN DO E''BEGIN EX\105CUTE 1; END''; END'`, true},
		"made function": {`CREATE FUNCTION hidden.f() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE OR REPLACE FUNCTION hidden.g() RETURNS int LANGUAGE sql AS ''SELECT 1''; END'`, true},
		"other library": {`CREATE EXTENSION dblink SCHEMA hidden`, true},
		"parsed body":   {`CREATE FUNCTION hidden.f() RETURNS int BEGIN ATOMIC SELECT 1; END`, false},
		"conflict":      {`CREATE FUNCTION hidden.f() RETURNS void LANGUAGE sql AS 'INSERT INTO sky.written VALUES (1) ON CONFLICT DO NOTHING'`, false},
		"quiet library": {`CREATE EXTENSION hstore SCHEMA hidden`, false},
		"crosstab":      {`CREATE EXTENSION tablefunc SCHEMA hidden`, false},
		"member":        {`CREATE FUNCTION hidden.f(q text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE q; END'; ALTER EXTENSION citext ADD FUNCTION hidden.f(text)`, true},
		"trigger":       {`CREATE FUNCTION hidden.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN EXECUTE ''x''; RETURN NEW; END'`, true},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, conn, "BEGIN")
			defer run(t, conn, "ROLLBACK")
			run(t, conn, tt.sql)
			l := newLoader(conn, Options{})
			if _, err := l.readFunctions(t.Context(), &l.code); err != nil {
				t.Fatal(err)
			}
			if len(l.dynamic) > 0 != tt.want {
				t.Errorf("found dynamic SQL in %d functions", len(l.dynamic))
			}
		})
	}
	// The body of such a function is parsed when it is created, so that it cannot contain utility commands.
	if _, err := conn.Exec(t.Context(), `CREATE FUNCTION hidden.f() RETURNS void BEGIN ATOMIC DEALLOCATE ALL; END`); err == nil {
		t.Error("a parsed body may contain DEALLOCATE")
	}
}
