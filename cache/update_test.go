package cache

import (
	"flag"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var (
	updateSteps = flag.Int("steps", 60, "how many random commands TestUpdateEqualsLoad and TestUpdateInPieces run")
	updateSeed  = flag.Uint64("seed", 1, "what random commands are drawn from; 0 is a seed of the moment")
)

// TestUpdateEqualsLoad runs random commands. After each, the followed changes must equal a load of everything.
func TestUpdateEqualsLoad(t *testing.T) {
	t.Parallel()
	f := newRandomFollower(t)
	g := &commands{rand.New(rand.NewPCG(*updateSeed, 0))}
	steps := *updateSteps
	if testing.Short() {
		steps = min(steps, 30)
	}
	for accepted := 0; accepted < steps && !t.Failed(); {
		if f.check(g.next()) {
			accepted++
		}
	}
	t.Logf("seed %d: %v", *updateSeed, f.outcomes)
	if f.outcomes["changes"] < steps/10 {
		t.Error("hardly any load was of the changes only")
	}
}

// TestFarRelationsMatter changes relations in other schemas, which objects of the exposed schema depend on through
// several others.
func TestFarRelationsMatter(t *testing.T) {
	setup, err := os.ReadFile("testdata/update.sql")
	if err != nil {
		t.Fatal(err)
	}
	f := newFollower(t, string(setup)+`;CREATE TABLE hid.deep (id int PRIMARY KEY); CREATE TABLE hid.whole (id int) PARTITION BY LIST (id);
		CREATE VIEW hid.d1 AS SELECT * FROM hid.deep; CREATE VIEW hid.d2 AS SELECT * FROM hid.d1;
		CREATE VIEW api.deep AS SELECT * FROM hid.d2; CREATE TABLE api.part PARTITION OF hid.whole DEFAULT`)
	many := func(command string) string {
		return "DO $$ BEGIN FOR i IN 1 .. 40 LOOP EXECUTE format('" + command + "', i); END LOOP; END $$"
	}
	for _, sql := range []string{
		many("CREATE TABLE hid.m%s (id int)") + "; CREATE POLICY p ON hid.deep USING (true)", many("ALTER TABLE hid.m%s SET SCHEMA far"),
		"DROP POLICY p ON hid.deep", "CREATE POLICY p ON hid.deep USING (hid.tru())", "ALTER TABLE hid.deep ENABLE ROW LEVEL SECURITY",
		"DROP POLICY p ON hid.deep", "ALTER TABLE hid.deep RENAME id TO no",
		"CREATE RULE r AS ON INSERT TO hid.d1 DO INSTEAD NOTHING",
		"CREATE INDEX i ON hid.deep ((hid.f0()))", "ALTER FUNCTION hid.f0() IMMUTABLE", "CREATE INDEX i ON hid.deep ((hid.f0()))",
		"DROP INDEX hid.i", "CREATE TABLE far.ref (deep int REFERENCES hid.deep, t0 int REFERENCES api.t0, PRIMARY KEY (deep, t0))",
		"ALTER TABLE far.ref RENAME TO referring", "DROP TABLE far.referring",
		"ALTER TABLE hid.whole DETACH PARTITION api.part", "ALTER TABLE hid.whole ATTACH PARTITION api.part DEFAULT",
		"ALTER FUNCTION hid.f0() RENAME TO f9", "ALTER SEQUENCE hid.t0_id_seq RENAME TO s9",
	} {
		before := f.outcomes["nothing"]
		if f.check(sql) && f.outcomes["nothing"] != before && !strings.Contains(sql, "s9") {
			t.Errorf("%s: nothing was loaded", sql)
		}
	}
	t.Log(f.outcomes)
}

// TestMaterializedViewsFollowNames renames what a materialized view shows. The view has no links to it.
func TestMaterializedViewsFollowNames(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext;
		CREATE TABLE api.base (id int PRIMARY KEY); CREATE TABLE api.child (id int PRIMARY KEY, base int REFERENCES api.base);
		CREATE MATERIALIZED VIEW api.bases AS SELECT * FROM api.base; CREATE MATERIALIZED VIEW api.children AS SELECT * FROM api.child`)
	for _, sql := range []string{
		"ALTER TABLE api.base RENAME id TO key", "ALTER TABLE api.base RENAME TO root", "ALTER TABLE api.child RENAME base TO root",
		"ALTER TABLE api.child DROP CONSTRAINT child_base_fkey", "ALTER TABLE api.child RENAME TO leaf",
		"ALTER MATERIALIZED VIEW api.children RENAME TO leaves", "ALTER TABLE api.root SET SCHEMA hid",
	} {
		f.check(sql)
	}
	if f.outcomes["refused"] > 0 {
		t.Error(f.outcomes)
	}
}

// TestOthersKeepWhatWasNotRead changes what uses of relations do that are not read for it. They keep all their parts.
func TestOthersKeepWhatWasNotRead(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext;
		DO $$ BEGIN CREATE ROLE update_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;
		CREATE TABLE api.base (id int PRIMARY KEY, name text DEFAULT 'x', size int); COMMENT ON TABLE api.base IS 'base';
		CREATE TABLE api.child (id int PRIMARY KEY, base int REFERENCES api.base ON DELETE CASCADE, note text DEFAULT 'y');
		CREATE TABLE api.leaf (child int REFERENCES api.child ON UPDATE CASCADE, n int, PRIMARY KEY (child, n));
		CREATE VIEW api.bases AS SELECT * FROM api.base; CREATE VIEW api.children AS SELECT * FROM api.child;
		GRANT SELECT (id, note) ON api.child TO update_reader; GRANT SELECT (id) ON api.bases TO update_reader;
		COMMENT ON TABLE api.child IS 'child'; COMMENT ON COLUMN api.child.note IS 'note'; ALTER TABLE api.leaf ENABLE ROW LEVEL SECURITY`)
	for _, sql := range []string{
		"CREATE POLICY p ON api.base USING (current_setting('request.jwt.claims', true) <> '')",
		"ALTER TABLE api.base ENABLE ROW LEVEL SECURITY", "ALTER TABLE api.base ADD CHECK (size < length(current_setting('request.path')))",
		"DROP POLICY p ON api.base", "CREATE POLICY p ON api.leaf USING (current_setting('request.method', true) = 'GET')",
		"CREATE RULE r AS ON DELETE TO api.leaf DO INSTEAD NOTHING", "DROP RULE r ON api.leaf", "DROP TABLE api.leaf",
		"ALTER TABLE api.base DISABLE ROW LEVEL SECURITY", "DROP TABLE api.base CASCADE",
	} {
		f.check(sql)
	}
	if f.outcomes["refused"] > 0 || f.outcomes["changes"] < 5 {
		t.Error(f.outcomes)
	}
}

// TestAncestorsMatter changes relations and types from which exposed tables have columns through others that nothing
// else is known of, and shows tables that others refer to and that nothing was known of either.
func TestAncestorsMatter(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA far; CREATE SCHEMA ext; CREATE TYPE far.kind AS (a int, b text);
		CREATE TABLE far.top (id int); CREATE TABLE hid.middle () INHERITS (far.top); CREATE TABLE hid.low () INHERITS (hid.middle);
		CREATE TABLE api.leaf () INHERITS (hid.low); CREATE TABLE hid.made OF far.kind; CREATE TABLE api.heir () INHERITS (hid.made)`)
	for sql, want := range map[string]string{
		"ALTER TABLE far.top ADD x int": "changes", "ALTER TABLE hid.middle ADD y int": "changes",
		"ALTER TABLE far.top RENAME id TO key": "changes", "ALTER TYPE far.kind ADD ATTRIBUTE c int CASCADE": "everything",
		`CREATE TABLE hid.root (id int); CREATE TABLE far.stem () INHERITS (hid.root); CREATE TABLE far.twig () INHERITS (far.stem)`: "nothing",
	} {
		clear(f.outcomes)
		if f.check(sql); f.outcomes[want] != 1 || len(f.outcomes) != 1 {
			t.Errorf("%s: %v, want %s", sql, f.outcomes, want)
		}
	}
	for _, sql := range []string{
		"CREATE TABLE api.end () INHERITS (far.twig)", "ALTER TABLE hid.root ADD x int", "ALTER TABLE far.stem ADD w int", "ALTER TABLE hid.root RENAME id TO key",
		"CREATE TABLE hid.base (id int PRIMARY KEY, base int REFERENCES hid.base); CREATE TABLE hid.user (id int PRIMARY KEY, base int REFERENCES hid.base)",
		"CREATE TABLE far.whole (id int PRIMARY KEY, base int REFERENCES hid.base) PARTITION BY LIST (id); CREATE TABLE far.part PARTITION OF far.whole DEFAULT",
		"CREATE TABLE hid.far (id int PRIMARY KEY, u int REFERENCES hid.user); CREATE TABLE hid.farther (f int REFERENCES hid.far)",
		"CREATE VIEW api.bases AS SELECT * FROM hid.base", "CREATE VIEW api.users AS SELECT * FROM hid.user", "CREATE VIEW api.fars AS SELECT * FROM hid.far", "CREATE VIEW api.parts AS SELECT * FROM far.whole",
	} {
		if !f.check(sql) {
			t.Error("refused: " + sql)
		}
	}
}

// TestForeignDDLCausesNoLoad checks that commands in schemas that are not exposed cause no load.
func TestForeignDDLCausesNoLoad(t *testing.T) {
	f := newRandomFollower(t)
	for _, sql := range []string{
		"CREATE TABLE far.a (id int PRIMARY KEY, name text)",
		"CREATE TABLE far.b (id serial PRIMARY KEY, a int REFERENCES far.a)",
		"ALTER TABLE far.a ADD x text DEFAULT 'x'",
		"CREATE VIEW far.v AS SELECT a.id FROM far.a JOIN api.t0 USING (id)",
		"COMMENT ON TABLE far.a IS 'x'",
		"CREATE INDEX ON far.a (name)",
		"CREATE FUNCTION far.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
		"CREATE TRIGGER t BEFORE INSERT ON far.a EXECUTE FUNCTION far.f()",
		"CREATE POLICY p ON far.a USING (true)",
		"CREATE TYPE far.e AS ENUM ('a')",
		"CREATE DOMAIN far.d AS int CHECK (value > 0)",
		"CREATE SCHEMA farther",
		"CREATE TABLE farther.c AS SELECT 1 AS id",
		"DROP FUNCTION far.f() CASCADE",
		"DROP SCHEMA farther CASCADE",
		"DROP TYPE far.e",
		"DROP TABLE far.a CASCADE",
		"DO $$ BEGIN FOR i IN 1 .. 300 LOOP EXECUTE format('CREATE TABLE far.many%s (id int)', i); END LOOP; END $$",
		"DO $$ BEGIN FOR i IN 1 .. 300 LOOP EXECUTE format('DROP TABLE far.many%s', i); END LOOP; END $$",
		"CREATE SCHEMA farther", "DO $$ BEGIN FOR i IN 1 .. 400 LOOP EXECUTE format('CREATE TABLE farther.m%s (id int)', i); END LOOP; END $$",
		"DROP SCHEMA farther CASCADE",
	} {
		f.check(sql)
		if f.outcomes["nothing"] == 0 || len(f.outcomes) != 1 {
			t.Fatalf("%s: %v", sql, f.outcomes)
		}
	}
}

// TestFunctionsNotAnnouncedYet loads a function after others were created or dropped that are not announced yet.
func TestFunctionsNotAnnouncedYet(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext; CREATE TABLE api.coded (id int PRIMARY KEY);
		CREATE FUNCTION hid.first() RETURNS int LANGUAGE sql AS 'SELECT 1'`)
	run(t, f.ddl, "CREATE FUNCTION api.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
	earlier := f.announced()
	run(t, f.ddl, "DROP FUNCTION hid.first(); CREATE FUNCTION hid.second() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'")
	run(t, f.ddl, "CREATE FUNCTION api.g() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER TABLE api.coded ADD n int DEFAULT hid.second()")
	for _, piece := range [][]Change{earlier, f.announced()} {
		if got := f.follow(piece); got != "changes" {
			t.Errorf("%s was loaded", got)
		}
	}
	if want := f.load(); !reflect.DeepEqual(f.known.catalog, want.catalog) {
		t.Errorf("at the end:\n%s", catalogDiff(f.known.catalog, want.catalog))
	}
}

// TestTransactionAnnouncedInPieces replaces relations in transactions. It follows an earlier command on what they show
// and the first command of each transaction only: no relation may be missing meanwhile.
func TestTransactionAnnouncedInPieces(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext; CREATE TABLE api.coded (id int PRIMARY KEY, code int);
		CREATE VIEW api.shown AS SELECT id, code FROM api.coded; CREATE TABLE api.other (id int)`)
	served := func() (names []string) {
		for i := range f.known.catalog.Tables {
			names = append(names, f.known.catalog.Tables[i].Name.Name)
		}
		return names
	}
	want := served()
	for _, transaction := range []string{
		"BEGIN; DROP VIEW api.shown; CREATE VIEW api.shown AS SELECT id FROM api.coded; COMMIT",
		"BEGIN; ALTER TABLE api.other RENAME TO old; ALTER TABLE api.old SET SCHEMA hid; CREATE TABLE api.other (n int); COMMIT",
		"DROP TABLE hid.old",
	} {
		run(t, f.ddl, "COMMENT ON TABLE api.coded IS 'c'")
		earlier := f.announced()
		run(t, f.ddl, transaction)
		all := f.announced()
		for _, piece := range [][]Change{earlier, all[:1], all[1:]} {
			if f.follow(piece); !slices.Equal(served(), want) {
				t.Errorf("%s: %q are served", transaction, served())
			}
		}
		if want := f.load(); !reflect.DeepEqual(f.known.catalog, want.catalog) {
			t.Errorf("after %s:\n%s", transaction, catalogDiff(f.known.catalog, want.catalog))
		}
	}
}
