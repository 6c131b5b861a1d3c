package cache

import (
	"fmt"
	"testing"
)

// TestWhatDefaultsNameIsFollowed changes what the defaults of columns and of domains name, or moves it by moving
// something else.
func TestWhatDefaultsNameIsFollowed(t *testing.T) {
	const setup = `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA far; CREATE SCHEMA ext;
		CREATE TABLE hid.base (id serial PRIMARY KEY, name text); CREATE VIEW hid.shown AS SELECT 1 AS n; `
	for expression, commands := range map[string][]string{
		"nextval('hid.base_id_seq')":      {"ALTER TABLE hid.base SET SCHEMA far", "ALTER SEQUENCE far.base_id_seq OWNED BY NONE", "ALTER SEQUENCE far.base_id_seq RENAME TO s"},
		"'hid.base'::regtype::text":       {"ALTER TABLE hid.base RENAME TO root", "ALTER TABLE hid.root SET SCHEMA far"},
		"'hid.base[]'::regtype::text":     {"ALTER TABLE hid.base RENAME TO root"},
		"(NULL::hid.base)::text":          {"ALTER TABLE hid.base RENAME TO root"},
		"(NULL::hid.base).name":           {"ALTER TABLE hid.base RENAME name TO title"},
		"(NULL::hid.shown[])[1]::text":    {"ALTER VIEW hid.shown RENAME TO seen"},
		"'hid.base'::regclass::oid::text": {"ALTER TABLE hid.base RENAME TO root"},
	} {
		t.Run(expression, func(t *testing.T) {
			column := newFollower(t, setup+fmt.Sprintf("CREATE TABLE api.one (x text DEFAULT %s)", expression))
			for _, sql := range commands {
				column.checkFollowed(sql)
			}
			domain := newFollower(t, setup+fmt.Sprintf("CREATE DOMAIN hid.d AS text DEFAULT %s; CREATE TABLE api.one (x hid.d)", expression))
			for _, sql := range commands {
				domain.checkAccepted(sql)
			}
			later := newFollower(t, setup)
			for _, sql := range append([]string{
				fmt.Sprintf("CREATE DOMAIN far.d AS text DEFAULT %s", expression), "CREATE TABLE api.one (x far.d)",
			}, commands...) {
				later.checkAccepted(sql)
			}
		})
	}
}

// TestNamesOfPostgresTypesAreFollowed gives relations and types names of PostgreSQL's types, and takes them away. They
// matter in the schemas of the search path only.
func TestNamesOfPostgresTypesAreFollowed(t *testing.T) {
	f := newFollower(t, "CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext; CREATE TABLE api.one (id int)")
	for _, step := range []struct{ sql, outcome string }{
		{"CREATE TABLE hid.text (id int)", "nothing"},
		{"CREATE VIEW api.texts AS SELECT * FROM hid.text", "changes"},
		{"ALTER TABLE hid.text ADD n int", "changes"},
		{"ALTER TABLE hid.text SET SCHEMA ext", "everything"},
		{"ALTER TABLE ext.text ADD m int", "changes"},
		{"ALTER TABLE ext.text SET SCHEMA hid", "everything"},
		{"CREATE TABLE ext.point (id int)", "everything"},
		{"ALTER TABLE ext.point SET SCHEMA hid", "everything"},
		{"ALTER TABLE hid.point SET SCHEMA api", "everything"},
		{"CREATE TYPE api.kind AS ENUM ('a')", "changes"},
		{"ALTER TYPE api.kind RENAME TO sort", "changes"},
		{"DROP TABLE api.point", "everything"},
		{"CREATE DOMAIN hid.name AS int", "nothing"},
		{"ALTER TABLE api.one ADD n hid.name", "changes"},
		{"ALTER DOMAIN hid.name SET SCHEMA ext", "everything"},
		{"DROP DOMAIN ext.name CASCADE", "everything"},
		{"CREATE TEMPORARY TABLE date (id int)", "nothing"},
	} {
		f.requireOutcome(step.sql, step.outcome)
	}
}

// TestRangeTypesAreFollowed makes range types, with which PostgreSQL makes functions that it does not tell of.
func TestRangeTypesAreFollowed(t *testing.T) {
	f := newFollower(t, "CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext; CREATE TYPE api.kind AS ENUM ('a', 'b')")
	for _, step := range []struct{ sql, outcome string }{
		{"CREATE TYPE api.span AS RANGE (subtype = int)", "changes"},
		{"CREATE TYPE hid.kinds AS RANGE (subtype = api.kind)", "nothing"},
		{"CREATE TABLE api.one (span api.span, kinds hid.kinds DEFAULT hid.kinds('a', 'b'))", "changes"},
		{"CREATE OR REPLACE FUNCTION hid.kinds(api.kind, api.kind) RETURNS hid.kinds LANGUAGE plpgsql AS 'BEGIN END'", "everything"},
		{"ALTER TYPE api.kind RENAME TO sort", "changes"},
		{"ALTER TYPE hid.kinds RENAME TO sorts", "changes"},
		{"ALTER TYPE api.span SET SCHEMA hid", "changes"},
		{"DROP TYPE hid.span CASCADE", "changes"},
	} {
		f.requireOutcome(step.sql, step.outcome)
	}
}

// TestManyTypesMadeElsewhere makes so many range types in a transaction that it is not told which.
func TestManyTypesMadeElsewhere(t *testing.T) {
	f := newFollower(t, "CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext; CREATE TABLE api.one (id int)")
	f.requireOutcome(`DO $$ BEGIN FOR i IN 1 .. 50 LOOP
		EXECUTE format('CREATE TYPE hid.span%s AS RANGE (subtype = int)', i); END LOOP; END $$`, "nothing")
	f.requireOutcome("ALTER TABLE api.one ADD span text DEFAULT hid.span45(1, 2)", "changes")
}

// TestCastsThatMayBeCalledLater changes who may call the function of a cast.
func TestCastsThatMayBeCalledLater(t *testing.T) {
	f := newRandomFollower(t)
	for _, sql := range []string{
		"CREATE FUNCTION hid.j(hid.d0) RETURNS json LANGUAGE sql AS 'SELECT NULL::json'",
		"CREATE CAST (hid.d0 AS json) WITH FUNCTION hid.j(hid.d0) AS IMPLICIT",
	} {
		f.checkAccepted(sql)
	}
	for _, sql := range []string{
		"REVOKE EXECUTE ON FUNCTION hid.j(hid.d0) FROM PUBLIC", "ALTER FUNCTION hid.j(hid.d0) OWNER TO update_owner",
		"ALTER FUNCTION hid.j(hid.d0) OWNER TO CURRENT_USER", "GRANT EXECUTE ON FUNCTION hid.j(hid.d0) TO update_reader",
	} {
		before := len(f.snapshot.representations)
		f.checkFollowed(sql)
		if len(f.snapshot.representations) == before {
			t.Errorf("%s: nothing has changed", sql)
		}
	}
}

// TestTemporaryRelationsDoNotMatter makes temporary relations, which no other session uses.
func TestTemporaryRelationsDoNotMatter(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext; CREATE TABLE api.one (id int PRIMARY KEY);
		CREATE FUNCTION hid.code() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; CREATE TYPE hid.row AS (id int)`)
	for _, sql := range []string{
		"CREATE TEMPORARY TABLE heir (CHECK (hid.code() = 1)) INHERITS (api.one)", "CREATE TEMPORARY VIEW shown AS SELECT * FROM api.one",
		"CREATE TEMPORARY TABLE made OF hid.row",
	} {
		f.requireOutcome(sql, "nothing")
	}
	f.requireOutcome("ALTER TABLE api.one ADD name text", "changes")
	if table := f.snapshot.Table(QualifiedName{"api", "one"}); !table.Pure {
		t.Error("a temporary child counts")
	}
	run(t, f.ddl, `CREATE FUNCTION pg_temp.code() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
		ALTER TABLE api.one ADD n int DEFAULT pg_temp.code()`)
	f.follow(f.announced())
	if table := f.snapshot.Table(QualifiedName{"api", "one"}); table.PureInsert {
		t.Error("a function that was not told of does not count as code")
	}
}

// TestLittleIsLoadedInFull checks that commands on what nothing can depend on do not load everything.
func TestLittleIsLoadedInFull(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext;
		CREATE DOMAIN api.size AS int CONSTRAINT small CHECK (value < 9); CREATE TABLE api.one (size api.size, name text)`)
	for _, step := range []struct{ sql, outcome string }{
		{"ALTER DOMAIN api.size ADD CONSTRAINT large CHECK (value > 0)", "changes"},
		{"ALTER DOMAIN api.size RENAME CONSTRAINT large TO big", "nothing"},
		{"ALTER DOMAIN api.size DROP CONSTRAINT big", "changes"},
		{`CREATE COLLATION hid.plain FROM "C"`, "nothing"},
		{"ALTER TABLE api.one ALTER name SET DEFAULT 'x' COLLATE hid.plain", "changes"},
		{"COMMENT ON COLLATION hid.plain IS 'x'", "nothing"},
		{"ALTER COLLATION hid.plain RENAME TO bare", "everything"},
		{"DROP COLLATION hid.bare CASCADE", "changes"},
		{"CREATE TEXT SEARCH CONFIGURATION hid.search (COPY = simple)", "nothing"},
		{"DROP TEXT SEARCH CONFIGURATION hid.search", "nothing"},
		{"CREATE FOREIGN DATA WRAPPER wrapper", "nothing"},
		{"CREATE SERVER remote FOREIGN DATA WRAPPER wrapper", "nothing"},
		{"DROP FOREIGN DATA WRAPPER wrapper CASCADE", "nothing"},
	} {
		f.requireOutcome(step.sql, step.outcome)
	}
}
