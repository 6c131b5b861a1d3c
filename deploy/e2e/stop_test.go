package e2e

import (
	"sync"
	"syscall"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestStopFinishesRequests checks that running requests are finished after SIGTERM.
func TestStopFinishesRequests(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn)
	g.settle()
	const running = 5
	var clients sync.WaitGroup
	for range running {
		clients.Go(func() {
			if a, err := g.ask(query{path: "/rpc/sleep?seconds=1"}); err != nil || a.body != `"slept"` {
				t.Errorf("got %v, %v", a, err)
			}
		})
	}
	g.eventually("all run", func() bool { return asleep(t, conn) == running })
	if code := g.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	clients.Wait()
}

// TestStopIsBounded checks that requests which run for too long are canceled, in the database too.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	for _, hurry := range []func(*gateway){
		func(*gateway) {}, // server-shutdown-timeout ends it
		func(g *gateway) { // a second signal ends it
			g.signal(syscall.SIGTERM)
			g.eventually("the first signal is seen", func() bool { return g.logged("SIGTERM") != "" })
		},
	} {
		g := start(t, dsn, "PGRST_SERVER_SHUTDOWN_TIMEOUT=1")
		g.settle()
		var client sync.WaitGroup
		client.Go(func() {
			if a, err := g.ask(query{method: "POST", path: "/rpc/slow_entry", body: `{"id":1}`}); err == nil {
				t.Errorf("got %v", a)
			}
		})
		g.eventually("it runs", func() bool { return asleep(t, conn) == 1 })
		hurry(g)
		g.stop() // it would fail long before the statement ends by itself
		client.Wait()
		terminate(t, conn) // what a killed process left
	}
	var entries int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM api.journal").Scan(&entries); err != nil || entries != 0 {
		t.Errorf("%d entries were written, %v", entries, err)
	}
}
