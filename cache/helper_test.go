package cache

import (
	"testing"
	"unsafe"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// connect returns a connection to a database made from a file of testdata.
func connect(t testing.TB, file string) *pgx.Conn {
	t.Helper()
	return pgtest.Conn(t, pgtest.Database(t, "testdata/"+file))
}

func sameMemory(a, b string) bool { return unsafe.StringData(a) == unsafe.StringData(b) }
