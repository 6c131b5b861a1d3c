package e2e

import (
	"context"
	"slices"
)

// Outcomes that clients may see, by what has happened.
var (
	// lostConnections: connections to the database end. A stream breaks off.
	lostConnections = []string{"503 PGRST000", "503 PGRST001", "503 57P01", "500 TRUNK500", "broken off"}
	// lostDatabase: no connection can be made either.
	lostDatabase = slices.Concat(lostConnections, []string{"503 PGRST002", "503 TRUNK503", "504 PGRST003"})
)

func nothing(*deployment) {}

// killBackends kills up to n of the gateway's sessions, chosen at random, and waits until they have ended: on a busy
// machine a process may run for some time after the signal, and serve a request.
func (d *deployment) killBackends(n int) {
	d.t.Helper()
	conn := d.connect()
	defer conn.Close(context.Background())
	var killed []int32
	err := conn.QueryRow(d.t.Context(), `SELECT coalesce(array_agg(pid) FILTER (WHERE pg_terminate_backend(pid)), '{}') FROM (
		SELECT pid FROM pg_stat_activity WHERE usename = 'e2e_login' ORDER BY random() LIMIT $1) chosen`, n).Scan(&killed)
	if err != nil {
		d.t.Fatal(err)
	}
	d.gateway.eventually("killed sessions have ended", func() bool {
		var left int
		err := conn.QueryRow(d.t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1)", killed).Scan(&left)
		return err == nil && left == 0
	})
}

// killAllBackends kills the gateway's sessions.
func (d *deployment) killAllBackends() {
	d.t.Helper()
	d.killBackends(1000)
}

// databaseFaults are those of the PostgreSQL server.
func databaseFaults() []*fault {
	return []*fault{
		{
			name: "backends killed one by one", part: "backends", long: true, answers: lostConnections,
			begin: func(d *deployment) {
				for range 10 {
					d.killBackends(1)
					d.someRequests(20)
				}
			},
			end: nothing,
		},
		{
			name: "all backends killed", part: "backends", answers: lostConnections,
			begin: (*deployment).killAllBackends,
			end:   (*deployment).killAllBackends,
		},
		{
			name: "PostgreSQL restarted (fast)", part: "database", stops: true, long: true, answers: lostDatabase,
			begin: func(d *deployment) { d.database.stop() },
			end:   func(d *deployment) { d.database.start() },
		},
		{
			name: "PostgreSQL restarted (immediate)", part: "database", stops: true, answers: lostDatabase,
			begin: (*deployment).crash,
			end:   func(d *deployment) { d.database.start() },
		},
	}
}

// crash has the server end as if it had crashed.
func (d *deployment) crash() {
	d.t.Helper()
	d.load.ledger.sequencesSkip()
	d.database.crash()
}
