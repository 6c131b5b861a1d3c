package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// TestWriteKilledMidway kills a connection whose write has run but is not committed.
func TestWriteKilledMidway(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn)
	g.settle()
	answers := make(chan *answer, 1)
	go func() {
		a, err := g.ask(query{method: http.MethodPost, path: "/rpc/slow_entry", body: `{"id":1}`})
		if err != nil {
			t.Error(err)
		}
		answers <- a
	}()
	g.eventually("the write runs", func() bool { return asleep(t, conn) == 1 })
	terminate(t, conn)
	select {
	case a := <-answers:
		if a == nil || a.status < 500 {
			t.Errorf("got %v", a)
		}
	case <-time.After(patience):
		t.Fatal("no answer")
	}
	g.wants("/journal", http.StatusOK, "[]")
}

// asleep returns how many statements of the connection's database are in pg_sleep.
func asleep(t *testing.T, conn *pgx.Conn) (count int) {
	t.Helper()
	err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event = 'PgSleep'`).Scan(&count)
	if err != nil {
		t.Fatal(err)
	}
	return count
}
