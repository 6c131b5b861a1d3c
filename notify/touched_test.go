package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestDDLReportsTouchedObjects runs commands of every kind. Each touched object is described by its catalog, and by its
// name if it still exists.
func TestDDLReportsTouchedObjects(t *testing.T) {
	l := listen(t, append(install(), `CREATE SCHEMA api; CREATE SCHEMA back;
		CREATE TABLE back.director (id int PRIMARY KEY); CREATE TABLE back.extra (id int);
		CREATE FUNCTION back.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`)...)
	for _, test := range []struct{ sql, want string }{
		{"CREATE TABLE api.film (id int PRIMARY KEY, title text, director int REFERENCES back.director)", "CREATE TABLE: pg_class director, pg_class film"},
		{"ALTER TABLE api.film RENAME title TO name", "ALTER TABLE: pg_class director, pg_class film"},
		{"COMMENT ON COLUMN api.film.name IS 'x'", "COMMENT: pg_class director, pg_class film"},
		{"CREATE POLICY p ON api.film USING (true)", "CREATE POLICY: pg_class film"},
		{"ALTER POLICY p ON api.film USING (false)", "ALTER POLICY: pg_class film"},
		{"DROP POLICY p ON api.film", "DROP POLICY: pg_class film"},
		{"CREATE TRIGGER g BEFORE INSERT ON api.film EXECUTE FUNCTION back.f()", "CREATE TRIGGER: pg_class film"},
		{"DROP TRIGGER g ON api.film", "DROP TRIGGER: pg_class film"},
		{"CREATE RULE r AS ON INSERT TO api.film DO INSTEAD NOTHING", "CREATE RULE: pg_class film"},
		{"DROP RULE r ON api.film", "DROP RULE: pg_class film"},
		{"CREATE INDEX i ON api.film (name)", "CREATE INDEX: pg_class film"},
		{"DROP INDEX api.i", "DROP INDEX: -pg_class"},
		{"CREATE STATISTICS api.s ON id, name FROM api.film", "CREATE STATISTICS: pg_class film"},
		{"ALTER TABLE api.film ALTER name SET DEFAULT 'x'", "ALTER TABLE: pg_class director, pg_class film"},
		{"ALTER TABLE api.film RENAME CONSTRAINT film_pkey TO k", "ALTER TABLE: pg_class film"},
		{"ALTER TABLE api.film DROP CONSTRAINT film_director_fkey", "ALTER TABLE: pg_class director, pg_class film"},
		{"CREATE VIEW api.films AS SELECT * FROM api.film", "CREATE VIEW: pg_class films"},
		{"DROP VIEW api.films", "DROP VIEW: -pg_class"},
		{"CREATE MATERIALIZED VIEW api.old AS SELECT 1 AS id", "CREATE MATERIALIZED VIEW: pg_class old"},
		{"REFRESH MATERIALIZED VIEW api.old", ""},
		{"CREATE TABLE api.whole (id int) PARTITION BY RANGE (id)", "CREATE TABLE: pg_class whole"},
		{"CREATE TABLE back.part PARTITION OF api.whole DEFAULT", "CREATE TABLE: pg_class part, pg_class whole"},
		{"ALTER TABLE api.whole DETACH PARTITION back.part", "ALTER TABLE: pg_class whole"},
		{"ALTER TABLE api.whole ATTACH PARTITION back.part DEFAULT", "ALTER TABLE: pg_class part, pg_class whole"},
		{"CREATE TABLE back.child () INHERITS (back.extra)", "CREATE TABLE: pg_class child, pg_class extra"},
		{"CREATE TYPE api.mood AS ENUM ('a')", "CREATE TYPE: pg_type mood"},
		{"ALTER TABLE api.film ADD m api.mood", "ALTER TABLE: pg_class film"},
		{"DROP TYPE api.mood CASCADE", "DROP TYPE: -pg_type, pg_class film"},
		{"CREATE FUNCTION api.g(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE FUNCTION: pg_proc g"},
		{"ALTER FUNCTION api.g(int) SET SCHEMA back", "ALTER FUNCTION: pg_proc g"},
		{"DROP FUNCTION back.g(int)", "DROP FUNCTION: -pg_proc"},
		{"CREATE TABLE back.ref (film int REFERENCES api.film)", "CREATE TABLE: pg_class film, pg_class ref"},
		{"DROP TABLE back.ref", "DROP TABLE: -pg_class, pg_class film"},
		{"CREATE SEQUENCE api.n", "CREATE SEQUENCE: pg_class n"},
		{"CREATE TEMPORARY TABLE scratch (id int PRIMARY KEY); DROP TABLE scratch", ""},
		{"GRANT SELECT (id) ON api.film TO PUBLIC", "GRANT: pg_class "},
		{"REVOKE ALL ON FUNCTION back.f() FROM PUBLIC", "REVOKE: pg_proc "},
		{"GRANT USAGE ON SCHEMA api TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", ""},
		{"CREATE ROLE notify_owner; REASSIGN OWNED BY notify_owner TO CURRENT_USER", ""},
		{"CREATE EXTENSION citext SCHEMA back", "CREATE EXTENSION: pg_extension citext"},
		{"BEGIN; SAVEPOINT s; CREATE TABLE api.gone (id int); ROLLBACK TO s; CREATE TABLE api.kept (id int); COMMIT", "CREATE TABLE: pg_class kept"},
		{"BEGIN; ALTER TABLE api.kept ADD a int; ALTER TABLE api.kept ADD b int; COMMIT", "ALTER TABLE: pg_class kept"},
		{"DROP OWNED BY notify_owner; DROP ROLE notify_owner", "DROP OWNED: pg_class , pg_proc "},
	} {
		l.take()
		l.exec(t, test.sql)
		if got := l.announced(t); !slices.Contains(got, test.want) || len(got) > 2 {
			t.Errorf("%s: announced %q, want %q", test.sql, got, test.want)
		}
	}
}

// announced describes what has been announced since the last call.
func (l *listening) announced(t *testing.T) []string {
	t.Helper()
	l.exec(t, "SELECT pg_notify($1, 'reload config')", channel)
	var seen []Event
	l.await(t, "the last event", func() bool {
		seen = append(seen, l.take()...)
		return slices.ContainsFunc(seen, func(e Event) bool { return e.Config })
	})
	told := []string{}
	for _, e := range seen[:len(seen)-1] {
		told = append(told, l.describe(t, e.Change))
	}
	if len(told) == 0 {
		return []string{""}
	}
	return told
}

// describe describes the objects that a command touched.
func (l *listening) describe(t *testing.T, c *Change) string {
	t.Helper()
	if c == nil {
		return "unknown"
	}
	names := make([]string, len(c.Objects))
	for i, o := range c.Objects {
		if o.Any {
			names[i] = fmt.Sprintf("any %d of %s", o.Class, o.Schema)
			continue
		}
		var catalog, name string
		err := l.conn.QueryRow(t.Context(), `SELECT $1::oid::regclass::text, coalesce((SELECT relname FROM pg_class WHERE oid = $2),
			(SELECT typname FROM pg_type WHERE oid = $2), (SELECT proname FROM pg_proc WHERE oid = $2),
			(SELECT extname FROM pg_extension WHERE oid = $2), '')`, o.Class, o.Oid).Scan(&catalog, &name)
		if err != nil {
			t.Fatal(err)
		}
		if names[i] = fmt.Sprint(catalog, " ", name); o.Dropped {
			names[i] = "-" + catalog
		}
	}
	slices.Sort(names)
	return c.Command + ": " + strings.Join(names, ", ")
}
