package cache

import (
	"flag"
	"testing"
	"time"

	"go.uber.org/goleak"

	"trunkline/deploy/localpg/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(cluster{m}) }

// cluster runs the tests and then stops the PostgreSQL that they used.
type cluster struct{ m *testing.M }

func (c cluster) Run() int {
	flag.Parse()
	if *updateSeed == 0 {
		*updateSeed = uint64(time.Now().UnixNano())
	}
	return pgtest.Run(c.m)
}

// loadCatalog returns the catalog of a database made from a file of testdata, with the schema sky exposed.
func loadCatalog(t testing.TB, file string) *Catalog {
	t.Helper()
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/"+file))
	c, err := Load(t.Context(), conn, Options{
		Schemas:         []string{"sky"},
		HoistedSettings: []string{"^statement_timeout=", "default_transaction_isolation"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
