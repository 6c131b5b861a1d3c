package cache

import (
	"errors"
	"flag"
	"math/rand/v2"
	"reflect"
	"testing"
)

var missedSteps = flag.Int("missed", 40, "how many times TestMissedEqualsLoad looks for what was missed")

// find looks for unannounced changes, and returns how they were loaded.
func (f *follower) find() string {
	f.t.Helper()
	l := newLoader(f.read, f.options)
	missed := newTouched()
	missed.missed = true
	missed.because(CauseReconnect)
	changed, err := l.update(f.t.Context(), f.known, missed)
	switch {
	case errors.Is(err, errUnknown):
		run(f.t, f.read, "rollback")
		l = f.load()
		f.snapshot, f.known = rebuild(f.snapshot, f.known.catalog, l.catalog), &l.known
		return "everything"
	case err != nil:
		f.t.Fatal(err)
	}
	f.snapshot, f.known = rebuild(f.snapshot, f.known.catalog, l.catalog), &l.known
	if changed {
		return "changes"
	}
	return "nothing"
}

// requireLoaded checks that the result of find equals that of a load of everything.
func (f *follower) requireLoaded(sql, outcome string) {
	f.t.Helper()
	want := f.load()
	if !reflect.DeepEqual(f.known.catalog, want.catalog) {
		f.t.Errorf("after %s, which loaded %s:\n%s", sql, outcome, catalogDiff(f.known.catalog, want.catalog))
	}
	if !reflect.DeepEqual(flattened(f.snapshot), flattened(Build(want.catalog))) {
		f.t.Errorf("after %s, which loaded %s: the snapshot differs from that of a load of everything", sql, outcome)
	}
}

// TestMissedEqualsLoad runs a few unannounced random commands at a time. What is found must equal what a load of
// everything finds.
func TestMissedEqualsLoad(t *testing.T) {
	t.Parallel()
	f := newRandomFollower(t)
	random := rand.New(rand.NewPCG(*updateSeed, 1))
	g := &commands{random}
	steps := *missedSteps
	if testing.Short() {
		steps = min(steps, 20)
	}
	for range steps {
		script := ""
		for range 1 + random.IntN(3) {
			for sql := g.next(); ; sql = g.next() {
				if _, err := f.ddl.Exec(t.Context(), sql); err == nil {
					script += sql + "; "
					break
				}
				_, _ = f.ddl.Exec(t.Context(), "rollback")
			}
		}
		outcome := f.find()
		f.outcomes[outcome]++
		f.requireLoaded(script, outcome)
		if t.Failed() {
			break
		}
	}
	t.Logf("seed %d: %v", *updateSeed, f.outcomes)
	if f.outcomes["changes"] < steps/10 {
		t.Error("hardly any load was of the changes only")
	}
}

// TestDeletionsAreFound makes unannounced deletions that leave no trace in other rows.
func TestDeletionsAreFound(t *testing.T) {
	f := newFollower(t, deletionSetup)
	for _, sql := range []string{
		"ALTER TABLE api.child DROP CONSTRAINT link", "DROP POLICY careful ON api.child", "DROP TRIGGER busy ON api.child",
		"DROP RULE no ON api.child", "COMMENT ON COLUMN api.child.n IS NULL", "COMMENT ON TABLE api.child IS NULL",
		"ALTER TABLE api.heir NO INHERIT api.parent", "ALTER TABLE api.parent DROP CONSTRAINT parent_name_key",
		"ALTER DOMAIN api.positive DROP CONSTRAINT more", "COMMENT ON FUNCTION api.f IS NULL", "DROP FUNCTION api.label(api.child)",
		"ALTER TABLE api.child ALTER n DROP DEFAULT", "DROP INDEX api.known", "ALTER TABLE api.child DROP n",
		"DROP SEQUENCE api.counter CASCADE", "DROP VIEW api.shown", "DROP FUNCTION api.f", "DROP TABLE api.child",
	} {
		run(t, f.ddl, sql)
		outcome := f.find()
		f.requireLoaded(sql, outcome)
		if outcome == "nothing" {
			t.Errorf("%s was not found", sql)
		}
		if outcome := f.find(); outcome != "nothing" {
			t.Errorf("%s was found twice; the second time %s was loaded", sql, outcome)
		}
	}
}

// TestWritesAreFound makes unannounced changes that write no row of a relation, a function or a type.
func TestWritesAreFound(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext; CREATE TABLE api.plain (id int, name text);
		CREATE FUNCTION hid.code() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
		CREATE COLLATION hid.bare FROM "C"; CREATE TEXT SEARCH CONFIGURATION hid.search (COPY = simple);
		CREATE TEXT SEARCH DICTIONARY hid.words (TEMPLATE = simple);
		CREATE TABLE api.named (a text DEFAULT 'x' COLLATE hid.bare, b tsvector DEFAULT to_tsvector('hid.search', 'x'),
			c text[] DEFAULT ts_lexize('hid.words', 'x'))`)
	for _, sql := range []string{
		"CREATE STATISTICS api.coded ON (hid.code()), id FROM api.plain", "DROP STATISTICS api.coded",
		"ALTER COLLATION hid.bare RENAME TO nude", "ALTER TEXT SEARCH CONFIGURATION hid.search RENAME TO find",
		"ALTER TEXT SEARCH DICTIONARY hid.words RENAME TO terms",
	} {
		run(t, f.ddl, sql)
		outcome := f.find()
		f.requireLoaded(sql, outcome)
		if outcome == "nothing" {
			t.Errorf("%s was not found", sql)
		}
	}
}

// TestIrrelevantChangesAreNotFound writes to catalogs without changing anything that a snapshot contains.
func TestIrrelevantChangesAreNotFound(t *testing.T) {
	f := newFollower(t, deletionSetup)
	for _, sql := range []string{
		"SELECT", "CREATE TEMPORARY TABLE scratch (id serial PRIMARY KEY, t text DEFAULT 'x' CHECK (t > ''))",
		"DROP TABLE scratch", "BEGIN; CREATE TABLE api.gone (id int); ROLLBACK", "ANALYZE", "VACUUM", "VACUUM FREEZE",
		"CREATE TABLE hid.other (id int PRIMARY KEY, f int REFERENCES hid.other)", "ALTER TABLE hid.other ADD n int",
		"DROP TABLE hid.other", "CREATE SCHEMA further; CREATE VIEW further.v AS SELECT 1 AS n", "DROP SCHEMA further CASCADE",
		"INSERT INTO api.parent VALUES (1, 'x')",
	} {
		run(t, f.ddl, sql)
		if outcome := f.find(); outcome != "nothing" {
			t.Errorf("after %s, %s was loaded", sql, outcome)
		}
		f.requireLoaded(sql, "nothing")
	}
}

const deletionSetup = `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext;
	CREATE FUNCTION hid.tru() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
	CREATE FUNCTION hid.trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
	CREATE TABLE api.parent (id int PRIMARY KEY, name text UNIQUE);
	CREATE TABLE api.child (id int PRIMARY KEY, parent int CONSTRAINT link REFERENCES api.parent, n int DEFAULT 1 CHECK (n > 0));
	CREATE UNIQUE INDEX known ON api.child (n);
	COMMENT ON TABLE api.child IS 'children'; COMMENT ON COLUMN api.child.n IS 'a number';
	CREATE POLICY careful ON api.child USING (hid.tru());
	CREATE TRIGGER busy BEFORE INSERT ON api.child FOR EACH ROW EXECUTE FUNCTION hid.trg();
	CREATE RULE no AS ON DELETE TO api.child DO INSTEAD NOTHING;
	CREATE TABLE api.heir () INHERITS (api.parent);
	CREATE VIEW api.shown AS SELECT id, parent FROM api.child;
	CREATE DOMAIN api.positive AS int CONSTRAINT more CHECK (value > 0);
	CREATE FUNCTION api.f(n api.positive) RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION api.f IS 'one';
	CREATE FUNCTION api.label(api.child) RETURNS text LANGUAGE sql AS 'SELECT ''x''';
	CREATE SEQUENCE api.counter; CREATE TABLE api.counted (id int DEFAULT nextval('api.counter'))`
