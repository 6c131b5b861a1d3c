package cache

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// auditedDatabase is a database with an audit of it. The fields below conn are what the audit is told about
// announcements.
type auditedDatabase struct {
	*Audit
	conn  *pgx.Conn
	count uint64
	all   bool
}

func newAudited(t *testing.T, setup string) *auditedDatabase {
	t.Helper()
	dsn := pgtest.Database(t)
	d := &auditedDatabase{conn: pgtest.Conn(t, dsn)}
	run(t, d.conn, setup)
	d.Audit = NewAudit(AuditOptions{
		Connect:   func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) },
		Announced: func() (uint64, bool) { return d.count, d.all },
	})
	return d
}

// differs runs statements and returns what the audit then finds to differ. The session reports the writes that it has
// counted first; otherwise it would do so when it goes idle, at the latest.
func (d *auditedDatabase) differs(t *testing.T, sql string) []string {
	t.Helper()
	run(t, d.conn, sql)
	run(t, d.conn, "SELECT pg_stat_force_next_flush()")
	found := d.look(t.Context())
	if found.Err != nil {
		t.Fatal(found.Err)
	}
	return found.Differs
}

const auditSetup = `CREATE SCHEMA api; CREATE TABLE api.film (id int PRIMARY KEY, name text);
	DO $$ BEGIN CREATE ROLE audit_a; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;
	DO $$ BEGIN CREATE ROLE audit_b; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;
	REVOKE audit_a FROM audit_b; ALTER ROLE audit_a RESET ALL`

// TestAuditFindsUnannouncedChanges makes changes that event triggers see, and others that they do not. None is
// announced.
func TestAuditFindsUnannouncedChanges(t *testing.T) {
	if pgtest.Cluster(t).Major() < 15 {
		t.Skip("PostgreSQL 14 counts writes with a delay")
	}
	d := newAudited(t, auditSetup)
	d.differs(t, "SELECT")
	run(t, d.conn, `CREATE FUNCTION api.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE api.e AS ENUM ('a');
		COMMENT ON TABLE api.film IS 'x'`)
	clear(d.last.written) // so that all catalogs are read
	d.differs(t, "SELECT")
	for _, test := range []struct{ sql, want string }{
		{"SELECT", ""},
		{"CREATE TEMPORARY TABLE scratch (id int PRIMARY KEY, t text DEFAULT 'x'); DROP TABLE scratch", ""},
		{"CREATE TEMPORARY TABLE scratch (id int PRIMARY KEY, t text DEFAULT 'x')", ""},
		{"TRUNCATE api.film", ""},
		{"BEGIN; CREATE TABLE api.gone (id int); ROLLBACK", ""},
		{"INSERT INTO api.film VALUES (1); ANALYZE api.film; CLUSTER api.film USING film_pkey", "pg_index"}, // indisclustered
		{"GRANT audit_a TO audit_b", "roles"},
		{"ALTER ROLE audit_a SET statement_timeout = '1s'", "settings"},
		{"ALTER ROLE audit_a RENAME TO audit_c; ALTER ROLE audit_c RENAME TO audit_a", ""},
		{"ALTER ROLE audit_a BYPASSRLS", "roles"},
		{"ALTER ROLE audit_a NOBYPASSRLS", "roles"},
		{"ALTER TABLE api.film OWNER TO audit_a", "pg_class pg_type"},
		{"REASSIGN OWNED BY audit_a TO CURRENT_USER", "pg_class pg_type"},
		{"GRANT SELECT (id) ON api.film TO audit_a", "pg_attribute"},
		{"DROP OWNED BY audit_a", "pg_attribute pg_class"},
		{"ALTER TABLE api.film RENAME name TO title", "pg_attribute"},
		{"ALTER TABLE api.film ADD year int DEFAULT 1", "pg_attrdef pg_attribute pg_class"},
		{"CREATE INDEX ON api.film ((id + 1))", "pg_attribute pg_index"},
		{"ALTER FUNCTION api.f STABLE", "pg_proc"},
		{"ALTER TYPE api.e ADD VALUE 'b'", "pg_enum"},
		{"CREATE DOMAIN api.d AS int", "pg_type"},
		{"ALTER TABLE api.film ENABLE ROW LEVEL SECURITY", "pg_class"},
		{"COMMENT ON COLUMN api.film.id IS 'a'; COMMENT ON COLUMN api.film.year IS 'b'", "pg_description"},
		{"BEGIN; COMMENT ON COLUMN api.film.id IS 'x'; COMMENT ON COLUMN api.film.year IS 'y'; COMMIT", "pg_description"},
		{"SELECT", ""},
	} {
		got := d.differs(t, test.sql)
		if !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("%s: %q differ, want %q", test.sql, got, test.want)
		}
	}
}

// TestAuditTrustsAnnouncements checks that announced changes load nothing while all changes are announced, except
// changes of roles and settings.
func TestAuditTrustsAnnouncements(t *testing.T) {
	if pgtest.Cluster(t).Major() < 15 {
		t.Skip("PostgreSQL 14 counts writes with a delay")
	}
	d := newAudited(t, auditSetup)
	d.all = true
	d.differs(t, "SELECT")
	clear(d.last.written)
	d.differs(t, "SELECT")
	requireDiffers := func(sql, want string) {
		t.Helper()
		if got := d.differs(t, sql); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: %q differ, want %q", sql, got, want)
		}
	}
	d.count++
	requireDiffers("ALTER TABLE api.film RENAME name TO title", "")
	requireDiffers("ALTER TABLE api.film RENAME title TO name", "pg_attribute")
	d.count++
	requireDiffers("ALTER TABLE api.film RENAME name TO title; GRANT audit_a TO audit_b", "roles")
	d.count, d.all = d.count+1, false // as after a lost connection of the listener
	requireDiffers("ALTER TABLE api.film RENAME title TO name", "pg_attribute")
	requireDiffers("SELECT", "")
}
