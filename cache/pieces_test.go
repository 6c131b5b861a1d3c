package cache

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestUpdateInPieces runs several random commands before each load, and loads only a part of the changes that they
// announced. What was served and still exists must stay served, and no relationship may lead to a missing relation.
// After all changes are loaded, the result must equal that of a load of everything.
func TestUpdateInPieces(t *testing.T) {
	t.Parallel()
	f := newRandomFollower(t)
	g := &commands{rand.New(rand.NewPCG(*updateSeed, 1))}
	steps := *updateSteps
	if testing.Short() {
		steps = min(steps, 30)
	}
	var waiting []Change
	var history []string
	for accepted := 0; accepted < steps && !t.Failed(); {
		sql := g.replace()
		if _, err := f.ddl.Exec(t.Context(), sql); err != nil {
			_, _ = f.ddl.Exec(t.Context(), "rollback")
			continue
		}
		accepted++
		history = append(history, sql)
		waiting = append(waiting, f.announced()...)
		for len(waiting) > 0 && g.IntN(3) > 0 {
			told := min(len(waiting), 1+g.IntN(3))
			f.followPiece(waiting[:told])
			waiting = waiting[told:]
		}
		if len(waiting) > 0 && g.IntN(4) > 0 {
			continue
		}
		f.outcomes[f.follow(waiting)]++
		waiting = nil
		if want := f.load(); !reflect.DeepEqual(f.known.catalog, want.catalog) {
			t.Errorf("after all of %q:\n%s", history, catalogDiff(f.known.catalog, want.catalog))
		}
		history = nil
	}
	t.Logf("seed %d: %v", *updateSeed, f.outcomes)
	if t.Failed() {
		t.Logf("%q", history)
	}
}

// replace returns commands. Often they give a name to another object within one transaction.
func (g *commands) replace() string {
	v, x, s := g.view(), g.table(), g.schema()
	switch g.IntN(6) {
	case 0:
		return "BEGIN; DROP VIEW IF EXISTS " + v + " CASCADE; CREATE VIEW " + v + " AS SELECT * FROM " + g.relation() + "; COMMIT"
	case 1:
		return "BEGIN; ALTER TABLE " + x + " RENAME TO tmp; ALTER TABLE " + s + ".t3 RENAME TO " + x[len(x)-2:] + "; COMMIT"
	case 2:
		return "BEGIN; DROP TABLE IF EXISTS " + x + " CASCADE; CREATE TABLE " + x + " (id int PRIMARY KEY, t0 int REFERENCES " +
			g.table() + "); COMMIT"
	default:
		return g.next()
	}
}

// followPiece loads a part of the changes, and checks that nothing is missing because of that.
func (f *follower) followPiece(told []Change) {
	f.t.Helper()
	before := f.snapshot
	f.outcomes[f.follow(told)]++
	now, want := f.snapshot, Build(f.load().catalog)
	for name := range before.tables.all() {
		if want.Table(name) != nil && now.Table(name) == nil {
			f.t.Errorf("after %+v: %s is missing", told, name)
		}
	}
	for name := range before.routines {
		if len(want.Routines(name)) > 0 && len(now.Routines(name)) == 0 {
			f.t.Errorf("after %+v: function %s is missing", told, name)
		}
	}
	for key, all := range now.relationships.all() {
		for _, r := range all {
			source, foreign := now.Table(r.Table), now.Table(r.Foreign)
			if source == nil && want.relationships.at(key) == nil || foreign == nil && now.exposes(r.Foreign.Schema) &&
				want.Table(r.Foreign) != nil {
				f.t.Errorf("after %+v: %+v leads to nothing", told, r)
			}
		}
	}
}

// exposes reports whether a schema is exposed.
func (s *Snapshot) exposes(schema string) bool { return s.schemas[schema] != nil }

// TestDropsAndRenamesAreFollowed checks that commands that drop, rename and move do not load everything.
func TestDropsAndRenamesAreFollowed(t *testing.T) {
	f := newRandomFollower(t)
	for _, sql := range []string{
		"ALTER TABLE api.t0 RENAME TO renamed", "ALTER TABLE hid.t0 SET SCHEMA far", "ALTER VIEW api.v1 RENAME TO other",
		"ALTER TABLE api.t1 SET SCHEMA far", "ALTER TABLE far.t1 SET SCHEMA api", "DROP TABLE api.t2",
		"BEGIN; ALTER TABLE api.p0 RENAME TO t2; CREATE TABLE api.p0 (id int); COMMIT",
		"BEGIN; DROP VIEW api.other CASCADE; CREATE VIEW api.other AS SELECT * FROM api.t1; COMMIT",
		"ALTER FUNCTION api.f0(int) RENAME TO f1", "ALTER FUNCTION api.f1(int) SET SCHEMA hid", "DROP FUNCTION hid.f1(int)",
		"CREATE TYPE api.e1 AS ENUM ('a')", "ALTER TABLE api.t2 ADD e1 api.e1 DEFAULT 'a', ADD more api.e1[]",
		"ALTER TYPE api.e1 ADD VALUE 'b'", "ALTER TYPE api.e1 RENAME VALUE 'b' TO 'c'", "ALTER TYPE api.e1 RENAME TO e2",
		"CREATE FUNCTION api.f2(e api.e2) RETURNS api.e2 LANGUAGE sql AS 'SELECT e'", "ALTER TYPE api.e2 SET SCHEMA far",
		"CREATE DOMAIN api.d1 AS far.e2 DEFAULT 'a' CHECK (value <> 'c')", "ALTER TABLE api.t2 ADD d1 api.d1",
		"ALTER DOMAIN api.d1 SET DEFAULT 'c'", "ALTER TYPE far.e2 RENAME TO e3", "DROP DOMAIN api.d1 CASCADE", "DROP TYPE far.e3 CASCADE",
		"DROP TABLE far.t0 CASCADE", "DROP TABLE api.renamed CASCADE",
	} {
		f.checkFollowed(sql)
	}
}

// TestKeysOfHiddenTablesAreFollowed changes the keys of a table that only views show, and the views.
func TestKeysOfHiddenTablesAreFollowed(t *testing.T) {
	f := newFollower(t, `create schema ext; create schema api; create schema hid;
		create table hid.keys (a int unique, b int unique, c int primary key);
		create table api.one (id int primary key, a int);
		create table api.two (id int primary key, b int);
		create view api.v as select * from hid.keys`)
	for _, sql := range []string{
		"ALTER TABLE api.one ADD FOREIGN KEY (a) REFERENCES hid.keys (a)",
		"ALTER TABLE api.two ADD FOREIGN KEY (b) REFERENCES hid.keys (b)",
		"ALTER TABLE hid.keys RENAME b TO d", "CREATE OR REPLACE VIEW api.v AS SELECT a, d AS b, c, a AS again FROM hid.keys",
		"CREATE VIEW api.w AS SELECT again, b FROM api.v", "ALTER TABLE api.one DROP CONSTRAINT one_a_fkey",
		"CREATE MATERIALIZED VIEW api.m AS SELECT a, c FROM api.v", "DROP VIEW api.w", "ALTER TABLE hid.keys RENAME TO locks",
		"DROP MATERIALIZED VIEW api.m", "ALTER TABLE hid.locks DROP CONSTRAINT keys_pkey",
	} {
		f.checkFollowed(sql)
	}
}
