package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// fates records what clients were told about their writes.
type fates struct {
	mu    sync.Mutex
	told  map[int]*answer
	asked atomic.Int64
}

// write inserts entries until ended is closed.
func (f *fates) write(g *gateway, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		default:
		}
		id := int(f.asked.Add(1))
		a, err := g.ask(query{method: http.MethodPost, path: "/journal", body: fmt.Sprintf(`{"id":%d}`, id)})
		if err != nil {
			g.t.Error(err)
			return
		}
		f.mu.Lock()
		f.told[id] = a
		f.mu.Unlock()
	}
}

// TestWritesWhoseConnectionIsKilled checks that clients are told the truth: what was answered with 201 was written
// once, and what was answered otherwise was not, unless the answer says that the outcome is unknown.
func TestWritesWhoseConnectionIsKilled(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn, "PGRST_DB_POOL=4")
	g.settle()
	f := fates{told: map[int]*answer{}}
	ended := make(chan struct{})
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() { f.write(g, ended) })
	}
	for range 15 {
		asked := f.asked.Load()
		g.eventually("writes", func() bool { return f.asked.Load() > asked+40 })
		terminate(t, conn)
	}
	close(ended)
	writers.Wait()

	rows, err := conn.Query(t.Context(), "SELECT id FROM api.journal")
	if err != nil {
		t.Fatal(err)
	}
	written := map[int]bool{}
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		written[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	f.judge(t, written)
}

// judge compares the answers with what was written.
func (f *fates) judge(t *testing.T, written map[int]bool) {
	t.Helper()
	count := map[string]int{}
	for id, a := range f.told {
		switch {
		case a.status == http.StatusCreated:
			count["written"]++
			if !written[id] {
				t.Errorf("%d was answered with 201, but is not there", id)
			}
		case strings.Contains(a.body, `"TRUNK500"`):
			count["open"]++
		case a.status >= http.StatusInternalServerError:
			count["lost"]++
			if written[id] {
				t.Errorf("%d is there, but was answered with %v", id, a)
			}
		default:
			t.Errorf("%d: %v", id, a)
		}
	}
	t.Log(count)
	if count["written"] == 0 || count["open"]+count["lost"] == 0 {
		t.Error("that shows nothing")
	}
}

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
