package notify

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
	"trunkline/deploy/localpg/pgtest"
)

// throughPooler returns a function that connects to a new database through PgBouncer, and a direct connection.
func throughPooler(t *testing.T, session bool) (func(context.Context) (*pgx.Conn, error), *pgx.Conn) {
	t.Helper()
	direct := pgtest.Conn(t, pgtest.Database(t))
	b := pgtest.Bouncer(t, localpg.BouncerOptions{PoolSize: 4, Session: session})
	dsn := b.DSN(direct.Config().Database, "postgres")
	return func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) }, direct
}

// TestDeafListenerIsNoticed listens through a transaction pooler, where LISTEN succeeds but no notification arrives.
func TestDeafListenerIsNoticed(t *testing.T) {
	connect, _ := throughPooler(t, false)
	failed := make(chan error, 100)
	l := New(Options{
		Connect: connect, Channel: "pgrst",
		Deliver: func(e []Event) { t.Errorf("a deaf listener delivered %+v", e) },
		Observe: func(o Observation) {
			if o.Kind == Listening {
				t.Error("a deaf listener reports that it listens")
			}
			failed <- o.Err
		},
	})
	l.hearTimeout = 200 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	for range 3 {
		if err := <-failed; !errors.Is(err, errDeaf) {
			t.Errorf("got %v", err)
		}
		if l.Listening() {
			t.Error("a deaf listener counts as listening")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	// The session that other clients use next must be unchanged.
	conn, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closeConn(conn)
	var path, limit string
	err = conn.QueryRow(t.Context(), "SELECT current_setting('search_path'), current_setting('statement_timeout')",
		pgx.QueryExecModeSimpleProtocol).Scan(&path, &limit)
	if err != nil || path != `"$user", public` || limit != "0" {
		t.Errorf("the session has the settings %q and %q, %v", path, limit, err)
	}
}

// TestListenerHearsThroughASessionPooler listens through a pooler that gives each client a session.
func TestListenerHearsThroughASessionPooler(t *testing.T) {
	connect, direct := throughPooler(t, true)
	events := make(chan Event, 100)
	l := New(Options{Connect: connect, Channel: "pgrst", Deliver: func(e []Event) { events <- e[0] }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	if e := <-events; !e.Missed || !l.Listening() {
		t.Errorf("the first event is %+v", e)
	}
	if _, err := direct.Exec(t.Context(), "NOTIFY pgrst, 'reload config'"); err != nil {
		t.Fatal(err)
	}
	if e := <-events; e != (Event{Config: true}) {
		t.Errorf("the second event is %+v", e)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestBackoff checks the pauses after failures.
func TestBackoff(t *testing.T) {
	var b backoff
	if first := b.next(); first != 0 {
		t.Errorf("the pause before the first attempt is %v", first)
	}
	for longest := firstDelay; longest < 4*maxDelay; longest *= 2 {
		if pause, most := b.next(), min(longest, maxDelay); pause < most/2 || pause > most {
			t.Errorf("a pause is %v, want at most %v", pause, most)
		}
	}
}
