package cache

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/notify"
)

var (
	updateSteps = flag.Int("steps", 60, "how many random commands TestUpdateEqualsLoad and TestUpdateInPieces run")
	updateSeed  = flag.Uint64("seed", 1, "what random commands are drawn from; 0 is a seed of the moment")
)

// follower follows the changes of a database by the notifications of its event triggers, as a store does.
type follower struct {
	t        *testing.T
	ddl      *pgx.Conn // runs commands and listens
	read     *pgx.Conn
	options  Options
	known    *known
	snapshot *Snapshot
	pending  *touched
	renewed  []QualifiedName // the relations that were read last, if not all were
	outcomes map[string]int
	follows  int
}

func newFollower(t *testing.T, setup string) *follower {
	dsn := pgtest.Database(t)
	f := &follower{
		t: t, ddl: pgtest.Conn(t, dsn), read: pgtest.Conn(t, dsn), pending: newTouched(), outcomes: make(map[string]int),
		options: Options{Schemas: []string{"api"}, ExtraSearchPath: []string{"ext"}},
	}
	if err := prepareOn(t.Context(), f.read); err != nil {
		t.Fatal(err)
	}
	run(t, f.ddl, setup)
	if err := notify.InstallTriggers(t.Context(), f.ddl, "pgrst"); err != nil {
		t.Fatal(err)
	}
	run(t, f.ddl, "LISTEN pgrst")
	f.known = &f.load().known
	f.snapshot = Build(f.known.catalog)
	return f
}

// load reads everything.
func (f *follower) load() *loader {
	l := newLoader(f.read, f.options)
	if err := l.load(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	return l
}

// announced returns the changes announced since the last call.
func (f *follower) announced() []Change {
	f.t.Helper()
	run(f.t, f.ddl, "NOTIFY pgrst, 'end'")
	var changes []Change
	for {
		n, err := f.ddl.WaitForNotification(f.t.Context())
		if err != nil {
			f.t.Fatal(err)
		}
		if n.Payload == "end" {
			return changes
		}
		changes = append(changes, parseChange(f.t, n.Payload))
	}
}

// parseChange parses a payload. A payload without objects is treated as touching an object that is not known.
func parseChange(t *testing.T, payload string) Change {
	var words []string
	list, ok := strings.CutPrefix(payload, "reload schema ")
	if !ok {
		return Change{Objects: []ChangedObject{{}}}
	}
	if err := json.Unmarshal([]byte(list), &words); err != nil || len(words) < 3 || words[0] != "" {
		t.Fatalf("payload %s: %v", payload, err)
	}
	c := Change{Command: words[1]}
	for _, word := range words[2:] {
		o := ChangedObject{Dropped: word[0] == '-', Any: word[0] == '*'}
		if o.Any {
			class, schema, _ := strings.Cut(word[1:], " ")
			if _, err := fmt.Sscan(class, &o.Class); err != nil {
				t.Fatalf("payload %s: %v", payload, err)
			}
			o.Schema = schema
			c.Objects = append(c.Objects, o)
			continue
		}
		if _, err := fmt.Sscanf(word[1:], "%d %d", &o.Class, &o.Oid); err != nil {
			t.Fatalf("payload %s: %v", payload, err)
		}
		if parts := strings.SplitN(word, " ", 3); len(parts) == 3 {
			o.Schema = parts[2]
		}
		c.Objects = append(c.Objects, o)
	}
	return c
}

// follow loads what the changes touched, and returns how.
func (f *follower) follow(changes []Change) string {
	f.t.Helper()
	s := f.known.scope()
	for _, c := range changes {
		f.pending.add(s, c)
	}
	if !f.pending.relevant() {
		return "nothing"
	}
	outcome := "changes"
	l := newLoader(f.read, f.options)
	err := errUnknown
	if !f.pending.all {
		_, err = l.update(f.t.Context(), f.known, f.pending)
	}
	if errors.Is(err, errUnknown) {
		outcome = "everything"
		_, _ = f.read.Exec(f.t.Context(), "rollback")
		l = f.load()
	} else if err != nil {
		f.t.Fatal(err)
	}
	if f.renewed = nil; outcome == "changes" {
		f.renewed = slices.Concat(f.known.exposedNames(l.only), l.exposedNames(l.only))
	}
	f.snapshot = rebuild(f.snapshot, f.known.catalog, l.catalog)
	f.known, f.pending = &l.known, newTouched()
	if f.follows++; f.follows%5 == 0 { // as after so many changes that layers are merged
		flat := f.known.flat()
		f.known, f.snapshot = &flat, flattened(f.snapshot)
	}
	return outcome
}

// check runs commands, follows the changes and compares the result with that of a load of everything. It returns false
// if PostgreSQL refused the commands.
func (f *follower) check(sql string) (accepted bool) {
	f.t.Helper()
	if _, err := f.ddl.Exec(f.t.Context(), sql); err != nil {
		_, _ = f.ddl.Exec(f.t.Context(), "rollback")
		f.outcomes["refused"]++
		return false
	}
	changes, before, d := f.announced(), f.snapshot, doubt{}
	for _, c := range changes {
		d = d.with(f.known.scope(), c)
	}
	outcome := f.follow(changes)
	f.outcomes[outcome]++
	if outcome == "changes" && !d.all {
		f.requireRenewed(before, sql)
	}
	want := f.load()
	if !reflect.DeepEqual(f.known.catalog, want.catalog) {
		f.t.Errorf("after %s, which loaded %s:\n%s", sql, outcome, catalogDiff(f.known.catalog, want.catalog))
	}
	if outcome == "changes" {
		f.requireCode(&want.known, sql)
	}
	if !reflect.DeepEqual(flattened(f.snapshot), flattened(Build(want.catalog))) {
		f.t.Errorf("after %s, which loaded %s: the snapshot differs from that of a load of everything", sql, outcome)
	}
	return true
}

// flattened returns a snapshot with its relations in one map, and their relationships in another.
func flattened(s *Snapshot) *Snapshot {
	flat := *s
	flat.tables, flat.relationships = s.tables.whole(), s.relationships.whole()
	return &flat
}

// requireCode checks that the same is known of functions as after a load of everything.
func (f *follower) requireCode(want *known, sql string) {
	f.t.Helper()
	got := f.known
	functions := func(objects map[object]bool) map[uint32]bool {
		set := make(map[uint32]bool)
		for what := range objects {
			if what.class == classOfFunctions {
				set[what.oid] = true
			}
		}
		return set
	}
	for name, sets := range map[string][2]map[uint32]bool{
		"harmless": {got.code.plain, want.code.plain}, "dynamic": {got.dynamic, want.dynamic},
		"exposed": {got.exposedFunctions, want.exposedFunctions}, "casts": {got.casts, want.casts},
		"code": {functions(got.code.objects), functions(want.code.objects)},
	} {
		if !maps.Equal(sets[0], sets[1]) {
			f.t.Errorf("after %s: %s functions are %v, want %v", sql, name, keys(sets[0]), keys(sets[1]))
		}
	}
}

// requireRenewed checks that all relations were read that have changed in more than their readers and the code that
// they run, so that statements which use them get a new version.
func (f *follower) requireRenewed(before *Snapshot, sql string) {
	for name, table := range f.snapshot.tables.all() {
		old := before.tables.at(name)
		if old == table || slices.Contains(f.renewed, name) {
			continue
		}
		if fresh := *table; old != nil {
			fresh.Readers, fresh.Pure, fresh.Sees = old.Readers, old.Pure, old.Sees
			fresh.PureInsert, fresh.InsertSees = old.PureInsert, old.InsertSees
			fresh.PureChange, fresh.ChangeSees = old.PureChange, old.ChangeSees
			if reflect.DeepEqual(&fresh, old) {
				continue
			}
		}
		f.t.Errorf("after %s: %s has changed, but %v were read", sql, name, f.renewed)
	}
}

// catalogDiff describes the differences between two catalogs.
func catalogDiff(got, want *Catalog) string {
	var diff strings.Builder
	g, w := reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem()
	for i := range g.NumField() {
		a, b := g.Field(i), w.Field(i)
		if reflect.DeepEqual(a.Interface(), b.Interface()) {
			continue
		}
		name := g.Type().Field(i).Name
		if a.Kind() != reflect.Slice || a.Len() != b.Len() {
			fmt.Fprintf(&diff, "%s:\n got %+v\nwant %+v\n", name, a.Interface(), b.Interface())
			continue
		}
		for j := range a.Len() {
			if x, y := a.Index(j).Interface(), b.Index(j).Interface(); !reflect.DeepEqual(x, y) {
				fmt.Fprintf(&diff, "%s %d:\n got %+v\nwant %+v\n", name, j, x, y)
			}
		}
	}
	return diff.String()
}

// TestUpdateEqualsLoad runs random commands. After each, the followed changes must equal a load of everything.
func TestUpdateEqualsLoad(t *testing.T) {
	t.Parallel()
	setup, err := os.ReadFile("testdata/update.sql")
	if err != nil {
		t.Fatal(err)
	}
	f := newFollower(t, string(setup))
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

// TestForeignDDLCausesNoLoad checks that commands in schemas that are not exposed cause no load.
func TestForeignDDLCausesNoLoad(t *testing.T) {
	setup, err := os.ReadFile("testdata/update.sql")
	if err != nil {
		t.Fatal(err)
	}
	f := newFollower(t, string(setup))
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
