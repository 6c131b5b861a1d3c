package pgsql

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner/request"
)

// qualifiedName finds what carries pg_catalog in SQL: functions, operators, types.
var qualifiedName = regexp.MustCompile(`OPERATOR\(pg_catalog\.([^)]+)\)|pg_catalog\.([a-z_]+)(\()?`)

// TestDecoys runs the statements of the golden files where others have defined better matches for everything that our
// SQL calls, in every schema of the search path and in that of temporary objects. Nothing changes. And it does where
// one name in a statement loses its pg_catalog, so that the decoys are worth something.
func TestDecoys(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	path := []string{"api", "public", "ext"}
	mustRun(t, conn, bindRoutines)
	statements := goldenStatements(t)
	want := map[string]string{}
	for _, s := range statements {
		want[describe(s)] = executeUnder(t, conn, s, path...)
	}
	functions, operators := namesIn(statements)
	for _, schema := range path {
		mustRun(t, conn, decoys(schema, functions, operators))
	}
	sameAnswers(t, conn, statements, want, path)
	bent := bentNames(t, conn, statements, want, path)

	statements = slices.DeleteFunc(statements, hasDefaults)
	mustRun(t, conn, temporaryDecoys)
	sameAnswers(t, conn, statements, want, path)
	maps.Copy(bent, bentNames(t, conn, statements, want, path))
	for _, name := range []string{
		"json_agg", "jsonb_agg", "array_agg", "count", "to_jsonb", "json_build_object", "jsonb_build_object", "json_to_record",
		"json_array_elements", "#>>", "->", "text", "json", "jsonb", "to_tsquery", "obj_description", "pg_class",
	} {
		if !bent[name] {
			t.Errorf("the decoys of %s are never called", name)
		}
	}
	t.Logf("caught: %s", strings.Join(slices.Sorted(maps.Keys(bent)), " "))
}

// sameAnswers fails if statements do not answer what is wanted.
func sameAnswers(t *testing.T, conn *pgx.Conn, statements []Statement, want map[string]string, path []string) {
	t.Helper()
	for _, s := range statements {
		if got := executeUnder(t, conn, s, path...); got != want[describe(s)] {
			t.Errorf("%s\n got %.300s\nwant %.300s", s.SQL, got, want[describe(s)])
		}
	}
}

// hasDefaults reports whether a statement has the default of a column in it, as pg_get_expr wrote it: with types that
// have no schema, although a temporary one might be meant then.
func hasDefaults(s Statement) bool { return strings.Contains(s.SQL, "'::text") }

// bindRoutines keeps the fixture's own functions from meeting the decoys: their text is resolved when they run. It also
// makes a schema to describe in which there will be no decoys.
const bindRoutines = `
CREATE SCHEMA ext;
CREATE SCHEMA shown;
COMMENT ON SCHEMA shown IS 'Shown';
CREATE TABLE shown.things (id integer, name text);
CREATE FUNCTION shown.things(n integer, OUT m integer) LANGUAGE sql AS 'SELECT n';
DO $$
DECLARE f regprocedure;
BEGIN
	FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'api'::regnamespace AND prokind = 'f' LOOP
		EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', f);
	END LOOP;
END $$`

// temporaryDecoys are types and relations: PostgreSQL looks for these in pg_temp first, and never for functions.
const temporaryDecoys = `
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (false);
CREATE DOMAIN pg_temp.json AS pg_catalog.json CHECK (false);
CREATE DOMAIN pg_temp.jsonb AS pg_catalog.jsonb CHECK (false);
CREATE TEMPORARY TABLE pg_class (oid integer);
CREATE TEMPORARY TABLE pg_proc (oid integer);
CREATE TEMPORARY TABLE pg_namespace (oid integer);
CREATE TEMPORARY TABLE pg_attribute (oid integer);
CREATE TEMPORARY TABLE pg_description (oid integer);`

// goldenStatements returns the statements of the golden files, and those that describe a schema. Left out is what is
// not ours: casts that the client asks for, and names of fields that mean functions of a row.
func goldenStatements(t *testing.T) (all []Statement) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		for _, c := range readGolden(t, file) {
			plan := parseCall(t, c.request).plan(t)
			main := Main(plan, Options{})
			theirs := regexp.MustCompile(`CAST\(|"films"."count"`).MatchString(main.SQL)
			if plan.Media.Kind != request.MediaPlan && !theirs {
				all = append(all, main)
			}
		}
	}
	return append(all, Root("shown", true), Root("shown", false))
}

func namesIn(statements []Statement) (functions, operators []string) {
	for _, s := range statements {
		for _, found := range qualifiedName.FindAllStringSubmatch(s.SQL, -1) {
			switch {
			case found[1] != "":
				operators = append(operators, found[1])
			case found[3] != "":
				functions = append(functions, found[2])
			}
		}
	}
	slices.Sort(functions)
	slices.Sort(operators)
	return slices.Compact(functions), slices.Compact(operators)
}

// decoys returns SQL that defines functions and operators of these names for many types in a schema. Those that
// PostgreSQL does not allow are left out.
func decoys(schema string, functions, operators []string) string {
	return fmt.Sprintf(`
DO $$
DECLARE
	n text; a text; b text;
	types text[] := '{text,varchar,json,jsonb,integer,bigint,oid,name,record,anyelement,text[],anyarray}';
	decoy text := ' RETURNS text LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION $e$decoy$e$; END''';
BEGIN
	FOREACH n IN ARRAY '{%[2]s}'::text[] LOOP
		EXECUTE format('CREATE FUNCTION %[1]s.%%I()%%s', n, decoy);
		EXECUTE format('CREATE FUNCTION %[1]s.%%I(VARIADIC text[])%%s', n, decoy);
		FOREACH a IN ARRAY types LOOP
			CONTINUE WHEN a = 'text[]';
			EXECUTE format('CREATE FUNCTION %[1]s.%%I(%%s)%%s', n, a, decoy);
			FOREACH b IN ARRAY '{text,json,jsonb,integer,anyelement}'::text[] LOOP
				EXECUTE format('CREATE FUNCTION %[1]s.%%I(%%s, %%s)%%s', n, a, b, decoy);
			END LOOP;
		END LOOP;
	END LOOP;
	FOREACH a IN ARRAY types LOOP
		CONTINUE WHEN a IN ('record', 'anyelement', 'anyarray');
		FOREACH b IN ARRAY types LOOP
			CONTINUE WHEN b IN ('record', 'anyelement', 'anyarray');
			EXECUTE format('CREATE FUNCTION %[1]s.decoy(%%s, %%s)%%s', a, b, decoy);
			FOREACH n IN ARRAY '{%[3]s}'::text[] LOOP
				EXECUTE format('CREATE OPERATOR %[1]s.%%s (LEFTARG = %%s, RIGHTARG = %%s, FUNCTION = %[1]s.decoy)', n, a, b);
			END LOOP;
		END LOOP;
	END LOOP;
END $$`, schema, strings.Join(functions, ","), `"`+strings.Join(operators, `","`)+`"`)
}

// bentNames takes pg_catalog away from one name after another, and returns the names where that changes an answer.
func bentNames(t *testing.T, conn *pgx.Conn, statements []Statement, want map[string]string, path []string) map[string]bool {
	t.Helper()
	bent := map[string]bool{}
	for _, s := range statements {
		for _, found := range qualifiedName.FindAllStringSubmatch(s.SQL, -1) {
			name := found[1] + found[2]
			if bent[name] {
				continue
			}
			open := s
			if found[1] != "" {
				open.SQL = strings.ReplaceAll(s.SQL, found[0], found[1])
			} else {
				open.SQL = strings.ReplaceAll(s.SQL, "pg_catalog."+name+found[3], name+found[3])
			}
			bent[name] = executeUnder(t, conn, open, path...) != want[describe(s)]
		}
	}
	maps.DeleteFunc(bent, func(_ string, changed bool) bool { return !changed })
	return bent
}

func mustRun(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%.300s: %v", sql, err)
	}
}
