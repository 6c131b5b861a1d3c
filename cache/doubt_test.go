package cache

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// TestDoubts runs random commands, a few between loads. What a snapshot says about the code that runs and what it sees
// must be true wherever it is not in doubt, and not everything may be in doubt.
func TestDoubts(t *testing.T) {
	t.Parallel()
	f := newRandomFollower(t)
	random := rand.New(rand.NewPCG(*updateSeed, 1))
	g := &commands{random}
	steps, certain := *updateSteps/3, 0
	if testing.Short() {
		steps = min(steps, 10)
	}
	for range steps {
		var ran []string
		var d doubt
		for range 1 + random.IntN(4) {
			sql := g.next()
			if _, err := f.ddl.Exec(t.Context(), sql); err != nil {
				_, _ = f.ddl.Exec(t.Context(), "rollback")
				continue
			}
			ran = append(ran, sql)
			for _, c := range f.announced() {
				d = d.with(f.known.scope(), c)
			}
			requireDoubts(t, d, f.snapshot, Build(f.load().catalog), ran)
		}
		if !d.all {
			certain++
		}
		f.known = &f.load().known
		f.snapshot = Build(f.known.catalog)
		if t.Failed() {
			return
		}
	}
	t.Logf("seed %d: not everything was in doubt after %d of %d rounds", *updateSeed, certain, steps)
	if certain < steps/10 {
		t.Error("nearly always everything is in doubt")
	}
}

// requireDoubts checks that everything is in doubt that differs between two snapshots in a way that matters.
func requireDoubts(t *testing.T, d doubt, before, now *Snapshot, ran []string) {
	t.Helper()
	if d.all {
		return
	}
	after := strings.Join(ran, "; ")
	a, b := before.Expressions, now.Expressions
	if a.PureCasts && !b.PureCasts && !d.casts {
		t.Errorf("after %s: casts are not in doubt", after)
	}
	if a.PureCasts, b.PureCasts = false, false; a != b {
		t.Errorf("after %s: expressions were %+v and are %+v", after, a, b)
	}
	for name, old := range before.tables.all() {
		fresh := now.tables.at(name)
		if fresh == nil || d.relations[name] == anyAccess { // a dropped relation runs nothing
			continue
		}
		for access, traits := range map[Access][2]traits{
			Reads:   {{old.Pure, old.Sees}, {fresh.Pure, fresh.Sees}},
			Inserts: {{old.PureInsert, old.InsertSees}, {fresh.PureInsert, fresh.InsertSees}},
			Changes: {{old.PureChange, old.ChangeSees}, {fresh.PureChange, fresh.ChangeSees}},
		} {
			was, is := traits[0], traits[1]
			if d.relations[name]&access == 0 && was.pure && (!is.pure || is.sees&^was.sees != 0) {
				t.Errorf("after %s: access %d to %v has the traits %+v and had %+v", after, access, name, is, was)
			}
		}
		if d.relations[name]&Inserts == 0 && old.RowwiseInsert && !fresh.RowwiseInsert {
			t.Errorf("after %s: rows inserted into %v matter to each other", after, name)
		}
		for _, column := range old.Columns {
			if c := fresh.Column(column.Name); c != nil && c.Operators != column.Operators && d.relations[name]&Reads == 0 {
				t.Errorf("after %s: the operators of %v.%s have become %+v", after, name, column.Name, c.Operators)
			}
		}
	}
}

type traits struct {
	pure bool
	sees Settings
}

// TestDoubtIsBounded checks that many changes put everything in doubt, and that repeating one change puts no more in
// doubt than the change itself.
func TestDoubtIsBounded(t *testing.T) {
	known := exposing("api")
	known.relations = newLayered[uint32, *relation]()
	touching := func(oid uint32) Change {
		known.relations.set(oid, &relation{name: QualifiedName{"api", string(rune('a' + oid - firstUserOid))}, exposed: true})
		return Change{Command: "ALTER TABLE", Objects: []ChangedObject{{Class: classOfRelations, Oid: oid, Schema: "api"}}}
	}
	var d doubt
	for range 10 * maxFollowed {
		d = d.with(known.scope(), touching(firstUserOid))
	}
	if want := map[QualifiedName]Access{{"api", "a"}: anyAccess}; d.all || !reflect.DeepEqual(d.relations, want) {
		t.Errorf("after repeating one change: %+v", d)
	}
	for i := range uint32(maxFollowed) {
		if c := touching(firstUserOid + 1 + i); d.all {
			t.Fatalf("everything is in doubt after %d changes", i)
		} else {
			d = d.with(known.scope(), c)
		}
	}
	if !d.all {
		t.Errorf("after many changes: %+v", d)
	}
}

// TestDoubtFollowsLinks changes relations. What leads to them must be in doubt for the kinds of access that use them.
func TestDoubtFollowsLinks(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA ext; CREATE TABLE api.base (id int PRIMARY KEY);
		CREATE VIEW api.shown AS SELECT * FROM api.base; CREATE VIEW api.again AS SELECT * FROM api.shown;
		CREATE TABLE api.child (id int PRIMARY KEY, base int REFERENCES api.base);
		CREATE TABLE api.grandchild (child int REFERENCES api.child);
		CREATE TABLE api.parent (id int); CREATE TABLE api.heir () INHERITS (api.parent); CREATE TABLE api.other (id int);
		CREATE TABLE api.policed (id int); CREATE POLICY p ON api.policed USING (id IN (SELECT id FROM api.base));
		ALTER TABLE api.policed ENABLE ROW LEVEL SECURITY;
		CREATE FUNCTION api.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE api.calling (id int DEFAULT api.f());
		CREATE TABLE api.cascading (base int REFERENCES api.base ON DELETE CASCADE)`)
	for _, tt := range []struct {
		sql  string
		want map[string]Access
	}{
		{"CREATE TABLE api.fresh (id int)", nil},
		{"COMMENT ON TABLE api.other IS 'c'", map[string]Access{"other": anyAccess}},
		{"ALTER TABLE api.base ADD name text", map[string]Access{
			"base": anyAccess, "shown": anyAccess, "again": anyAccess, "child": Inserts | Changes, "policed": anyAccess,
			"cascading": Inserts | Changes,
		}},
		// The referenced table of a foreign key is announced too.
		{"ALTER TABLE api.grandchild ADD name text", map[string]Access{
			"grandchild": anyAccess, "child": anyAccess, "base": Changes,
		}},
		{"CREATE INDEX ON api.child (base)", map[string]Access{
			"child": anyAccess, "base": Changes, "grandchild": Inserts | Changes,
		}},
		{"ALTER TABLE api.heir ADD name text", map[string]Access{"heir": anyAccess, "parent": anyAccess}},
		{"CREATE TABLE ext.heir () INHERITS (api.other)", map[string]Access{"other": anyAccess}},
		{"CREATE OR REPLACE FUNCTION api.f() RETURNS int LANGUAGE sql AS 'SELECT 2'", map[string]Access{"calling": anyAccess}},
		{"CREATE FUNCTION api.g() RETURNS int LANGUAGE sql AS 'SELECT 1'", nil},
		{"GRANT SELECT ON api.other TO public", nil},
	} {
		run(t, f.ddl, tt.sql)
		var d doubt
		for _, c := range f.announced() {
			d = d.with(f.known.scope(), c)
		}
		got := make(map[string]Access)
		for name, access := range d.relations {
			got[name.Name] = access
		}
		if d.all || len(got)+len(tt.want) > 0 && !reflect.DeepEqual(got, tt.want) {
			t.Errorf("after %s: %+v", tt.sql, d)
		}
		f.known = &f.load().known
	}
}

// TestDoubtsWhatRunsOtherCode changes which code runs, in ways that random commands rarely find.
func TestDoubtsWhatRunsOtherCode(t *testing.T) {
	f := newFollower(t, `CREATE SCHEMA api; CREATE SCHEMA hid; CREATE SCHEMA ext;
		CREATE FUNCTION hid.code(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
		CREATE FUNCTION hid.same(text, text) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'texteq';
		CREATE OPERATOR hid.=== (FUNCTION = hid.same, LEFTARG = text, RIGHTARG = text);
		CREATE TABLE api.policed (id text); ALTER TABLE api.policed ENABLE ROW LEVEL SECURITY;
		CREATE POLICY p ON api.policed USING (id OPERATOR(hid.===) 'x');
		CREATE DOMAIN hid.number AS int; CREATE TABLE api.numbered (n hid.number);
		CREATE TABLE hid.base (id int); CREATE VIEW api.shown AS SELECT * FROM hid.base; CREATE TABLE api.plain (id int)`)
	pure := func(s *Snapshot) map[string]bool {
		pure := map[string]bool{"casts": s.Expressions.PureCasts}
		for name, table := range s.tables.all() {
			pure[name.Name] = table.Pure && table.PureInsert
			if table.Kind == KindView {
				pure[name.Name] = table.Pure
			}
		}
		return pure
	}
	for what, sql := range map[string]string{
		"casts":    "CREATE TABLE ext.text (id int)",
		"policed":  "CREATE OR REPLACE FUNCTION hid.same(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'",
		"numbered": "ALTER DOMAIN hid.number ADD CHECK (hid.code(value))",
		"shown":    "CREATE POLICY p ON hid.base USING (hid.code(id)); ALTER TABLE hid.base ENABLE ROW LEVEL SECURITY",
		"plain":    "CREATE TABLE hid.heir (CHECK (hid.code(id))) INHERITS (api.plain)",
	} {
		before := f.load()
		was := Build(before.catalog)
		run(t, f.ddl, sql)
		var d doubt
		for _, c := range f.announced() {
			d = d.with(before.known.scope(), c)
		}
		now := Build(f.load().catalog)
		requireDoubts(t, d, was, now, []string{sql})
		if what != "plain" && (!pure(was)[what] || pure(now)[what]) { // a check of a child does not concern its parent
			t.Errorf("after %s: pure of %s was %t and is %t", sql, what, pure(was)[what], pure(now)[what])
		}
	}
}
