package pgtest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

const shelf = "testdata/shelf.sql"

func TestMain(m *testing.M) {
	os.Exit(pgtest.Run(m, pgtest.WithSetting("work_mem", "5MB")))
}

func TestDatabasesAreFreshAndApart(t *testing.T) {
	first, second := pgtest.Database(t, shelf), pgtest.Database(t, shelf)
	if first == second {
		t.Fatal("two tests got the same database")
	}
	conn := pgtest.Conn(t, first)
	if _, err := conn.Exec(t.Context(), "delete from book"); err != nil {
		t.Fatal(err)
	}
	requireBooks(t, first, 0)
	requireBooks(t, second, 2)
	requireBooks(t, pgtest.Database(t, shelf), 2)
}

func TestDatabaseIsDroppedThoughInUse(t *testing.T) {
	var name string
	var conn *pgx.Conn
	t.Run("test", func(t *testing.T) {
		dsn := pgtest.Database(t, shelf)
		var err error
		if conn, err = pgx.Connect(context.Background(), dsn); err != nil { // outlives the test
			t.Fatal(err)
		}
		name = scan[string](t, conn, "select current_database()::text")
	})
	defer conn.Close(context.Background())
	postgres := pgtest.Conn(t, pgtest.DSN(t, "postgres"))
	if scan[bool](t, postgres, "select exists (select from pg_database where datname = '"+name+"')") {
		t.Errorf("database %s is still there after its test", name)
	}
}

// TestDatabaseAfterConnectionsEnded ends every other connection to the server.
func TestDatabaseAfterConnectionsEnded(t *testing.T) {
	pgtest.Database(t, shelf)
	conn := pgtest.Conn(t, pgtest.DSN(t, "postgres"))
	ended := scan[int](t, conn, "select count(pg_terminate_backend(pid, 60000)) from pg_stat_activity "+
		"where backend_type = 'client backend' and pid <> pg_backend_pid()")
	if ended == 0 {
		t.Error("no connection is kept")
	}
	requireBooks(t, pgtest.Database(t, shelf), 2)
}

func TestDatabaseTakesFilesInOrder(t *testing.T) {
	more := filepath.Join(t.TempDir(), "more.sql")
	if err := os.WriteFile(more, []byte("insert into book values (3, 'Emma')"), 0o600); err != nil {
		t.Fatal(err)
	}
	requireBooks(t, pgtest.Database(t, shelf, more), 3)
}

func TestDatabaseOfNoFiles(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	if n := scan[int](t, conn, "select count(*) from pg_class where relnamespace = 'public'::regnamespace"); n != 0 {
		t.Errorf("an empty database holds %d relations", n)
	}
}

func TestDatabaseKeepsSettingsAndGrants(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, shelf))
	for query, want := range map[string]string{
		"show statement_timeout": "7s",
		"select setconfig::text from pg_db_role_setting where setrole = 'pgtest_reader'::regrole and " +
			"setdatabase = (select oid from pg_database where datname = current_database())": "{work_mem=3MB}",
		"select has_database_privilege('pg_monitor', current_database(), 'connect')::text":    "false",
		"select has_database_privilege('pgtest_reader', current_database(), 'connect')::text": "true",
	} {
		if got := scan[string](t, conn, query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

func TestRunPassesSettings(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.DSN(t, "postgres"))
	if got := scan[string](t, conn, "show work_mem"); got != "5MB" {
		t.Errorf("work_mem is %s, want 5MB", got)
	}
}

func TestHasExtension(t *testing.T) {
	for name, want := range map[string]bool{"plpgsql": true, "no such extension": false} {
		if got := pgtest.HasExtension(t, name); got != want {
			t.Errorf("HasExtension(%q) = %v", name, got)
		}
	}
}

func BenchmarkDatabase(b *testing.B) {
	pgtest.Database(b, shelf)
	for b.Loop() {
		pgtest.Database(b, shelf)
	}
}

func requireBooks(t *testing.T, dsn string, want int) {
	t.Helper()
	if got := scan[int](t, pgtest.Conn(t, dsn), "select count(*) from book"); got != want {
		t.Errorf("the database holds %d books, want %d", got, want)
	}
}

func scan[T any](t *testing.T, conn *pgx.Conn, query string) T {
	t.Helper()
	var v T
	if err := conn.QueryRow(context.Background(), query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}
