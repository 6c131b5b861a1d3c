package e2e

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// limitFaults are those in which PostgreSQL works, and refuses.
func limitFaults() []*fault {
	return []*fault{
		{
			name: "max_connections reached", part: "database", long: true, answers: lostDatabase, lasts: 5 * time.Second,
			begin: func(d *deployment) {
				d.takeConnections()
				for range 20 { // the gateway may be quicker than those who take the others
					d.killAllBackends()
				}
			},
			end: func(d *deployment) { d.returnConnections() },
		},
		raising("disk full", "53100", "503 53100"),
		raising("read-only transactions", "25006", "405 25006"),
		{
			name: "role revoked", part: "roles", long: true, answers: []string{"403 42501"},
			begin: func(d *deployment) { d.sql("REVOKE e2e_member FROM e2e_login") },
			end:   func(d *deployment) { d.sql("GRANT e2e_member TO e2e_login") },
		},
		{
			name: "grants revoked", part: "roles", answers: []string{"401 42501", "403 42501"},
			begin: func(d *deployment) { d.sql("REVOKE INSERT ON api.written FROM e2e_anon, e2e_user, e2e_member") },
			end:   func(d *deployment) { d.sql("GRANT INSERT ON api.written TO e2e_anon, e2e_user, e2e_member") },
		},
		{
			name: "statement timeouts", part: "timeouts", long: true, answers: []string{"500 57014", "503 TRUNK503", "504 PGRST003", "broken off"},
			begin: func(d *deployment) {
				d.sql("ALTER SYSTEM SET statement_timeout = '300ms'; ")
				d.sql("SELECT pg_reload_conf()")
				d.hold("LOCK api.slots")
			},
			end: func(d *deployment) {
				d.release()
				d.sql("ALTER SYSTEM RESET statement_timeout")
				d.sql("SELECT pg_reload_conf()")
			},
		},
		{
			name: "deadlocks", part: "operations", answers: []string{"500 40P01"}, lasts: 5 * time.Second,
			begin: func(d *deployment) { d.add(changeTwo("96", "97"), changeTwo("97", "96")) },
			end:   func(d *deployment) { d.add() },
		},
		{
			name: "serialization failures", part: "operations", long: true, answers: []string{"500 40001"}, lasts: 5 * time.Second,
			begin: func(d *deployment) {
				d.add(&operation{
					name: "serial call", method: "POST", path: "/rpc/change_serially", body: `{"n":{n}}`, status: 200, answer: "{n}",
					rows: 1, writes: true, counted: true,
				})
			},
			end: func(d *deployment) { d.add() },
		},
	}
}

// raising returns a fault in which inserts fail with a SQLSTATE.
func raising(name, code, answer string) *fault {
	return &fault{
		name: name, part: "triggers", long: true, answers: []string{answer},
		begin: func(d *deployment) {
			d.sql(fmt.Sprintf(`CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
				'BEGIN RAISE SQLSTATE ''%s'' USING MESSAGE = ''no''; END';
				CREATE TRIGGER refuse BEFORE INSERT ON api.written FOR EACH ROW EXECUTE FUNCTION public.refuse()`, code))
		},
		end: func(d *deployment) { d.sql("DROP FUNCTION public.refuse CASCADE") },
	}
}

// changeTwo returns a call that changes two rows, one after the other.
func changeTwo(one, two string) *operation {
	return &operation{
		name: "change two", method: "POST", path: "/rpc/change_two", body: `{"one":` + one + `,"two":` + two + `,"n":{n}}`,
		role: "e2e_user", status: 200, answer: "{n}", rows: 2, writes: true, counted: true,
	}
}

// add has the clients send operations in addition to the mixed load.
func (d *deployment) add(more ...*operation) {
	list := slices.Concat(operations(), more, more, more)
	d.load.operations.Store(&list)
}

// takeConnections takes all of the server's connections that are not kept for superusers, as soon as they become free,
// until returnConnections is called.
func (d *deployment) takeConnections() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var taken []*pgx.Conn
		for ctx.Err() == nil {
			if conn, err := pgx.Connect(ctx, d.database.dsn()+" user=e2e_hog"); err == nil {
				taken = append(taken, conn)
				continue
			}
			time.Sleep(time.Millisecond)
		}
		for _, conn := range taken {
			_ = conn.Close(context.Background())
		}
	}()
	d.returnConnections = func() { cancel(); <-done }
}

// hold runs a statement in a transaction that stays open until release is called.
func (d *deployment) hold(statement string) {
	d.t.Helper()
	conn := d.connect()
	execute(d.t, conn, "BEGIN; SET LOCAL statement_timeout = 0; "+statement)
	d.release = func() { _ = conn.Close(context.Background()) }
}
