package notify

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// install returns statements that install the event triggers for the tests' channel twice, as an update does.
func install() []string {
	return []string{
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET trunkline.channel = %L', current_database(), 'odd "channel"');
			END $$`, TriggersScript, TriggersScript,
	}
}

// lastTriggers returns the result of the last proof.
func (l *listening) lastTriggers() Triggers {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.triggers) == 0 {
		return Absent
	}
	return l.triggers[len(l.triggers)-1]
}

// touches reports whether the event touches a schema or an object in it.
func (e Event) touches(schema string) bool {
	return e.Change != nil && slices.ContainsFunc(e.Change.Objects, func(o Object) bool { return o.Schema == schema })
}

// isWatched reports whether the listener knows that all changes are announced.
func (l *listening) isWatched() bool {
	_, ok := l.Watched(time.Now())
	return ok
}

// since returns the time since which all changes are announced. It waits until they are.
func (l *listening) since(t *testing.T) time.Time {
	t.Helper()
	var since time.Time
	l.await(t, "changes to be announced", func() (ok bool) { // a proof may come late
		since, ok = l.Watched(time.Now())
		return ok
	})
	return since
}

func (l *listening) awaitWatched(t *testing.T, want bool) {
	t.Helper()
	what := "changes to be announced"
	if !want {
		what = "changes not to be announced"
	}
	l.await(t, what, func() bool { return l.isWatched() == want })
}

// TestWatched changes the triggers in every way that could hide a change of the schema, and repairs them. Until then
// the listener must not claim that changes are announced, and afterwards the schema must be loaded again.
func TestWatched(t *testing.T) {
	const lowly = "notify_lowly"
	l := listen(t)
	l.role(t, lowly)
	if l.isWatched() {
		t.Fatal("changes count as announced without triggers")
	}
	for _, statement := range install() {
		l.exec(t, statement)
	}
	l.awaitWatched(t, true)
	const replace = `DROP EVENT TRIGGER trunkline_ddl; CREATE EVENT TRIGGER trunkline_ddl ON `
	for _, c := range []struct {
		sabotage string
		want     Triggers
	}{
		{"ALTER EVENT TRIGGER trunkline_ddl DISABLE", Altered},
		{"ALTER EVENT TRIGGER trunkline_drop DISABLE", Altered},
		{"ALTER EVENT TRIGGER trunkline_ddl ENABLE", Altered},
		{"ALTER EVENT TRIGGER trunkline_drop ENABLE REPLICA", Altered},
		{"DROP EVENT TRIGGER trunkline_ddl", Altered},
		{"DROP EVENT TRIGGER trunkline_drop", Altered},
		{"ALTER EVENT TRIGGER trunkline_drop RENAME TO trunkline_gone", Altered},
		{removeScript, Absent},
		{replace + `ddl_command_end WHEN tag IN ('CREATE TABLE') EXECUTE FUNCTION trunkline.notify_ddl();
			ALTER EVENT TRIGGER trunkline_ddl ENABLE ALWAYS`, Altered},
		{replace + `ddl_command_start EXECUTE FUNCTION trunkline.notify_ddl();
			ALTER EVENT TRIGGER trunkline_ddl ENABLE ALWAYS`, Altered},
		{`CREATE FUNCTION trunkline.mute() RETURNS event_trigger LANGUAGE plpgsql
			SET search_path = pg_catalog, pg_temp SET trunkline.channel = 'odd "channel"' AS 'BEGIN END';` +
			replace + `ddl_command_end EXECUTE FUNCTION trunkline.mute();
			ALTER EVENT TRIGGER trunkline_ddl ENABLE ALWAYS`, Altered},
		{`CREATE OR REPLACE FUNCTION trunkline.notify_ddl() RETURNS event_trigger LANGUAGE plpgsql
			SET search_path = pg_catalog, pg_temp SET trunkline.channel = 'odd "channel"' AS 'BEGIN END'`, Altered},
		{"ALTER FUNCTION trunkline.notify_ddl() SET trunkline.channel = 'pgrst'", Elsewhere},
		{"ALTER FUNCTION trunkline.notify_ddl() RESET trunkline.channel", Altered},
		{"ALTER FUNCTION trunkline.notify_ddl() SET search_path = public", Altered},
		{"ALTER FUNCTION trunkline.notify_ddl() SET transform_null_equals = on", Altered},
		{"ALTER FUNCTION trunkline.notify_ddl() RESET ALL", Altered},
		{"ALTER FUNCTION trunkline.notify_ddl() SECURITY DEFINER", Altered},
		{"ALTER FUNCTION trunkline.notify_ddl() OWNER TO " + lowly, Altered},
		{"ALTER ROLE " + lowly + " SUPERUSER; ALTER EVENT TRIGGER trunkline_ddl OWNER TO " + lowly +
			"; ALTER ROLE " + lowly + " NOSUPERUSER", Altered},
	} {
		since := l.since(t)
		l.exec(t, c.sabotage)
		l.awaitWatched(t, false)
		l.await(t, c.sabotage, func() bool { return l.lastTriggers() == c.want })
		l.take()
		l.exec(t, "DROP EVENT TRIGGER IF EXISTS trunkline_gone; DROP FUNCTION IF EXISTS trunkline.mute() CASCADE")
		l.exec(t, TriggersScript)
		l.awaitWatched(t, true)
		l.awaitEvent(t, "a load of the schema", func(e Event) bool { return e.Schema && e.Change == nil })
		if !l.since(t).After(since) {
			t.Errorf("after %s: the listener claims that all changes were announced", c.sabotage)
		}
	}
}

// role creates a role that is dropped when the test ends.
func (l *listening) role(t *testing.T, name string) {
	t.Helper()
	l.exec(t, "DROP ROLE IF EXISTS "+name+"; CREATE ROLE "+name)
	t.Cleanup(func() {
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, l.dsn)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "DROP OWNED BY "+name+" CASCADE; DROP ROLE "+name); err != nil {
			t.Error(err)
		}
	})
}

// TestWatchedAgain undoes a change of the triggers before the next proof can see it. Changes in between were not
// announced, so the schema must be loaded.
func TestWatchedAgain(t *testing.T) {
	l := listen(t, install()...)
	l.awaitWatched(t, true)
	for _, undone := range []string{
		`BEGIN; ALTER EVENT TRIGGER trunkline_ddl DISABLE; CREATE SCHEMA a;
			ALTER EVENT TRIGGER trunkline_ddl ENABLE ALWAYS; COMMIT`,
		`BEGIN; ALTER EVENT TRIGGER trunkline_ddl DISABLE; ALTER EVENT TRIGGER trunkline_drop DISABLE;
			ALTER FUNCTION trunkline.notify_ddl() SET trunkline.channel = 'x'; CREATE SCHEMA b;
			ALTER FUNCTION trunkline.notify_ddl() SET trunkline.channel = 'odd "channel"';
			ALTER EVENT TRIGGER trunkline_ddl ENABLE ALWAYS; ALTER EVENT TRIGGER trunkline_drop ENABLE ALWAYS; COMMIT`,
	} {
		l.take()
		since := l.since(t)
		l.exec(t, undone)
		l.awaitEvent(t, "a load of the schema", func(e Event) bool { return e.Schema && e.Change == nil })
		if !l.since(t).After(since) {
			t.Errorf("after %s: the listener claims that all changes were announced", undone)
		}
	}
}

// TestNobodyHidesChanges runs DDL as roles that try, with all their privileges, to keep it from being announced.
func TestNobodyHidesChanges(t *testing.T) {
	const mallory = "notify_mallory"
	l := listen(t)
	l.role(t, mallory)
	l.exec(t, `DO $$ BEGIN
		EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO `+mallory+`', current_database()); END $$;
		CREATE SCHEMA evil AUTHORIZATION `+mallory+`;
		-- The schema and a function of the triggers are there already.
		CREATE SCHEMA trunkline AUTHORIZATION `+mallory+`;
		CREATE FUNCTION trunkline.notify_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
		ALTER FUNCTION trunkline.notify_ddl() OWNER TO `+mallory)
	for _, statement := range install() {
		l.exec(t, statement)
	}
	l.awaitWatched(t, true)
	as := func(statements string) error {
		_, err := l.conn.Exec(t.Context(), "SET ROLE "+mallory+"; "+statements)
		return err
	}
	for _, forbidden := range []string{
		"DROP FUNCTION trunkline.notify_ddl() CASCADE",
		"ALTER SCHEMA trunkline RENAME TO gone",
		"CREATE OR REPLACE FUNCTION trunkline.notify_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
		"ALTER FUNCTION trunkline.notify_ddl() SET trunkline.channel = 'x'",
		"ALTER EVENT TRIGGER trunkline_ddl DISABLE",
		"SET session_replication_role = replica",
	} {
		if err := as(forbidden); err == nil {
			t.Errorf("every role may %s", forbidden)
		}
	}
	for i, preparation := range []string{
		"SET trunkline.channel = 'x'",
		"SET search_path = evil, pg_catalog",
		`CREATE FUNCTION evil.pg_notify(text, text) RETURNS void LANGUAGE sql AS '';
			CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT ''x''';
			CREATE FUNCTION evil.pg_event_trigger_ddl_commands(OUT object_type text, OUT object_identity text,
				OUT schema_name text, OUT command_tag text) RETURNS SETOF record LANGUAGE sql
				AS 'SELECT '''', '''', '''', '''' WHERE false';
			SET search_path = evil, pg_catalog`,
		"CREATE TYPE pg_temp.text AS ENUM ('reload schema')",
		"CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (false)",
		"SET array_nulls = off; SET transform_null_equals = on; SET standard_conforming_strings = off",
		"RESET ROLE; SET session_replication_role = replica", // only superusers may do this
	} {
		if err := as(preparation); err != nil {
			t.Fatal(err)
		}
		name := "s" + string(rune('a'+i))
		for _, ddl := range []string{"CREATE SCHEMA " + name, "DROP SCHEMA " + name} {
			l.take()
			l.exec(t, ddl)
			l.awaitEvent(t, ddl+" after "+preparation, func(e Event) bool { return e.touches(name) })
		}
		l.exec(t, "RESET ROLE; RESET ALL; DISCARD TEMP; DROP TYPE IF EXISTS pg_temp.text")
	}
	l.awaitWatched(t, true)
}

// TestUnwatchedWhileReconnecting terminates the listener's backend. The listener must not claim that changes are
// announced until the schema can be loaded again.
func TestUnwatchedWhileReconnecting(t *testing.T) {
	l := listen(t, install()...)
	l.awaitWatched(t, true)
	killed := time.Now()
	l.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listener'")
	l.awaitWatched(t, false)
	l.awaitWatched(t, true)
	if !l.since(t).After(killed) {
		t.Error("the listener claims that changes were announced while it was disconnected")
	}
}

// silentConn delivers no data while the lock is held.
type silentConn struct {
	net.Conn
	silence *sync.RWMutex
}

func (c *silentConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.silence.RLock()
	defer c.silence.RUnlock()
	return n, err
}

// silently returns a function that makes connections which are silent while a lock is held.
func silently(
	connect func(context.Context) (*pgx.Conn, error), silence *sync.RWMutex,
) func(context.Context) (*pgx.Conn, error) {
	return func(ctx context.Context) (*pgx.Conn, error) {
		plain, err := connect(ctx)
		if err != nil {
			return nil, err
		}
		defer plain.Close(ctx)
		cc := plain.Config()
		dial := cc.DialFunc
		cc.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return &silentConn{conn, silence}, err
		}
		return pgx.ConnectConfig(ctx, cc)
	}
}

// TestUnwatchedInSilence keeps the network from delivering data, without an error, until the last proof has expired.
func TestUnwatchedInSilence(t *testing.T) {
	var silence sync.RWMutex
	l := listenWith(t, func(l *Listener) { l.o.Connect = silently(l.o.Connect, &silence) }, install()...)
	l.awaitWatched(t, true)
	since := l.since(t)
	silence.Lock()
	l.awaitWatched(t, false)
	silence.Unlock()
	l.awaitWatched(t, true)
	l.mu.Lock()
	failed := l.failed
	l.mu.Unlock()
	if failed == 0 && !l.since(t).Equal(since) {
		t.Error("a connection that was slow for a moment was closed")
	}
}

// TestRefusedProof runs a listener that may not read the triggers. It must not claim that changes are announced, and
// everything else must work.
func TestRefusedProof(t *testing.T) {
	l := listenWith(t, func(l *Listener) { l.proof = "SELECT 1/0, '', '', false" }, install()...)
	l.exec(t, "CREATE SCHEMA harbour")
	l.awaitEvent(t, "the change", func(e Event) bool { return e.touches("harbour") })
	time.Sleep(3 * testInterval)
	if l.isWatched() {
		t.Error("the listener claims without a proof that changes are announced")
	}
	l.awaitListen(t)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed > 0 {
		t.Error("the connection was closed")
	}
}

// TestProofsExpire checks the moments around the end of a proof.
func TestProofsExpire(t *testing.T) {
	l := New(Options{})
	start := time.Now()
	if _, ok := l.Watched(start); ok {
		t.Error("Watched returns true before any proof")
	}
	l.watch.Store(&watch{since: start, until: start.Add(time.Second)})
	for after, want := range map[time.Duration]bool{0: true, time.Second - 1: true, time.Second: false, time.Hour: false} {
		if since, ok := l.Watched(start.Add(after)); ok != want || ok && !since.Equal(start) {
			t.Errorf("after %v: %v, %t", after, since, ok)
		}
	}
}
