package notify

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"trunkline/deploy/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// listening is a running listener, and what it has delivered.
type listening struct {
	*Listener
	dsn  string
	conn *pgx.Conn // another connection to the same database

	mu     sync.Mutex
	events []Event
	// most is the largest number of events that came together.
	most     int
	failed   int
	delay    time.Duration // the longest before an attempt to connect
	triggers []Triggers    // results of the proofs that found another state
}

// testInterval is the pause between two proofs, by the tests' listeners, that changes are announced.
const testInterval = 100 * time.Millisecond

const channel = `odd "channel"`

// listen runs statements in a new database, starts a listener on it, and waits until it listens.
func listen(t *testing.T, before ...string) *listening {
	t.Helper()
	return listenWith(t, func(*Listener) {}, before...)
}

func listenWith(t *testing.T, change func(*Listener), before ...string) *listening {
	t.Helper()
	l := &listening{dsn: pgtest.Database(t)}
	l.conn = pgtest.Conn(t, l.dsn)
	for _, statement := range before {
		l.exec(t, statement)
	}
	o := Options{
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			return pgx.Connect(ctx, l.dsn+" application_name=listener")
		},
		Channel: channel,
		Deliver: func(e []Event) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.events, l.most = append(l.events, e...), max(l.most, len(e))
		},
		Observe: func(o Observation) {
			l.mu.Lock()
			defer l.mu.Unlock()
			switch o.Kind {
			case Failed:
				l.failed++
				l.delay = max(l.delay, o.Delay)
			case Proven:
				l.triggers = append(l.triggers, o.Triggers)
			}
		},
	}
	l.Listener = New(o)
	l.interval = testInterval
	change(l.Listener)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
		goleak.VerifyNone(t, goleak.IgnoreCurrent())
	})
	l.await(t, "listening", l.Listening)
	l.await(t, "the first event", func() bool { return len(l.take()) > 0 })
	return l
}

func (l *listening) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := l.conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func (l *listening) take() []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.events
	l.events = nil
	return taken
}

func (l *listening) await(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}

// awaitEvent waits for an event for which fits returns true, and skips others before it.
func (l *listening) awaitEvent(t *testing.T, what string, fits func(Event) bool) {
	t.Helper()
	l.await(t, what, func() bool { return slices.ContainsFunc(l.take(), fits) })
}

func TestListenerDelivers(t *testing.T) {
	l := listen(t)
	l.exec(t, "SELECT pg_notify($1, 'nonsense')", channel)
	l.exec(t, "SELECT pg_notify($1, 'reload config')", channel)
	l.awaitEvent(t, "reload config", func(e Event) bool { return e.Config && !e.Schema })
	l.exec(t, "SELECT pg_notify($1, '')", channel)
	l.awaitEvent(t, "both", func(e Event) bool { return e.Config && e.Schema })
}

// TestTransactionsAreDeliveredWhole changes several things in one transaction. Half of it must not be loaded.
func TestTransactionsAreDeliveredWhole(t *testing.T) {
	l := listen(t, append(install(), "CREATE SCHEMA api; CREATE FUNCTION api.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")...)
	l.take()
	l.exec(t, `BEGIN; DROP FUNCTION api.f; CREATE TABLE api.ships (id int); CREATE VIEW api.boats AS SELECT id FROM api.ships;
		CREATE FUNCTION api.f() RETURNS text LANGUAGE sql AS 'SELECT NULL'; COMMENT ON TABLE api.ships IS 'Ships'; COMMIT`)
	events := 0
	l.await(t, "all events", func() bool { events += len(l.take()); return events == 5 })
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most != 5 {
		t.Errorf("at most %d events came together", l.most)
	}
}

// TestListenerReconnects terminates the listener's backend. What changed meanwhile has to be reloaded.
func TestListenerReconnects(t *testing.T) {
	l := listen(t)
	l.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listener'")
	l.awaitEvent(t, "a full reload", func(e Event) bool { return e.Config && e.Schema && e.Change == nil })
	if !l.Listening() {
		t.Error("the listener does not report that it listens again")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == 0 {
		t.Error("the lost connection was not reported")
	}
}

// TestListenerIsKilledAgainAndAgain ends each session as soon as it receives: the pauses stay short.
func TestListenerIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	l := listen(t)
	for range 12 {
		l.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'listener'")
		l.awaitEvent(t, "the event of the next session", func(e Event) bool { return e.Missed })
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed < 12 || l.delay == 0 || l.delay > briefDelay {
		t.Errorf("%d sessions ended, the longest pause was %v", l.failed, l.delay)
	}
}

// TestListenStaysTheLastStatement checks what operators see of the connection in pg_stat_activity.
func TestListenStaysTheLastStatement(t *testing.T) {
	l := listen(t, install()...)
	time.Sleep(3 * testInterval) // for some proofs
	l.awaitListen(t)
}

// awaitListen waits until pg_stat_activity shows that the listener is idle behind LISTEN. For a moment it may show what
// came before.
func (l *listening) awaitListen(t *testing.T) {
	t.Helper()
	l.await(t, "an idle listener whose last statement is LISTEN", func() bool {
		var query string
		err := l.conn.QueryRow(t.Context(), "SELECT query FROM pg_stat_activity"+
			" WHERE application_name = 'listener' AND state = 'idle'").Scan(&query)
		return err == nil && query == `LISTEN "odd ""channel"""`
	})
}

// TestDDLNotifies installs the event triggers and changes the schema.
func TestDDLNotifies(t *testing.T) {
	l := listen(t, install()...)
	touches := func(schema string) func(Event) bool {
		return func(e Event) bool { return e.Schema && !e.Config && e.touches(schema) }
	}
	for _, ddl := range []string{
		"CREATE SCHEMA harbour",
		"CREATE TABLE harbour.ships (id int PRIMARY KEY)",
		"ALTER TABLE harbour.ships ADD name text",
		"COMMENT ON TABLE harbour.ships IS 'Ships'",
		"CREATE FUNCTION harbour.tide() RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"DROP FUNCTION harbour.tide()",
		"DROP TABLE harbour.ships",
	} {
		l.exec(t, ddl)
		l.awaitEvent(t, ddl, touches("harbour"))
	}
	l.exec(t, "CREATE TEMPORARY TABLE scratch (id int)")
	l.exec(t, "GRANT USAGE ON SCHEMA harbour TO PUBLIC")
	l.exec(t, "CREATE SCHEMA quay")
	var seen []Event
	l.await(t, "the last event", func() bool {
		seen = append(seen, l.take()...)
		return slices.ContainsFunc(seen, touches("quay"))
	})
	for _, e := range seen {
		if !e.touches("quay") {
			t.Errorf("temporary tables or grants caused %+v", e)
		}
	}
	l.exec(t, removeScript)
	l.await(t, "the triggers' absence", func() bool { return l.lastTriggers() == Absent })
	l.take()
	l.exec(t, "DROP SCHEMA quay")
	l.exec(t, "SELECT pg_notify($1, 'reload config')", channel)
	l.awaitEvent(t, "the end", func(e Event) bool {
		if e.Schema {
			t.Errorf("without triggers DDL caused %+v", e)
		}
		return e.Config
	})
}
