package pgtest_test

import (
	"os"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestDatabase(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/shelf.sql")
	var n int
	if err := pgtest.Conn(t, dsn).QueryRow(t.Context(), "select count(*) from book").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 2 {
		t.Errorf("the fresh database holds %d books, want 2", n)
	}
}
