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

// throughPooler returns how to connect to a new database through PgBouncer, and a connection past it.
func throughPooler(t *testing.T, session bool) (func(context.Context) (*pgx.Conn, error), *pgx.Conn) {
	t.Helper()
	direct := pgtest.Conn(t, pgtest.Database(t))
	b := pgtest.Bouncer(t, localpg.BouncerOptions{PoolSize: 4, Session: session})
	dsn := b.DSN(direct.Config().Database, "postgres")
	return func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn) }, direct
}

// TestDeafListenerIsNoticed listens through a transaction pooler, where LISTEN succeeds and nothing is heard.
func TestDeafListenerIsNoticed(t *testing.T) {
	connect, _ := throughPooler(t, false)
	failed := make(chan error, 100)
	l := New(Options{
		Connect: connect, Channel: "pgrst",
		Deliver: func(e Event) { t.Errorf("a deaf listener delivers %+v", e) },
		Observe: func(o Observation) {
			if o.Kind == Listening {
				t.Error("a deaf listener claims to listen")
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
	// The session that others use next is as it was.
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

// TestListenerHearsThroughASessionPooler listens through a pooler whose sessions are its clients' own.
func TestListenerHearsThroughASessionPooler(t *testing.T) {
	connect, direct := throughPooler(t, true)
	events := make(chan Event, 100)
	l := New(Options{Connect: connect, Channel: "pgrst", Deliver: func(e Event) { events <- e }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	if e := <-events; !e.Missed || !l.Listening() {
		t.Errorf("first %+v is delivered", e)
	}
	if _, err := direct.Exec(t.Context(), "NOTIFY pgrst, 'reload config'"); err != nil {
		t.Fatal(err)
	}
	if e := <-events; e != (Event{Config: true}) {
		t.Errorf("then %+v is delivered", e)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestBackoff looks at the pauses after failures.
func TestBackoff(t *testing.T) {
	var b backoff
	if first := b.next(); first != 0 {
		t.Errorf("before the first attempt %v pass", first)
	}
	for longest := firstDelay; longest < 4*maxDelay; longest *= 2 {
		if pause, most := b.next(), min(longest, maxDelay); pause < most/2 || pause > most {
			t.Errorf("%v pass, of at most %v", pause, most)
		}
	}
}
