package e2e

import "slices"

// Outcomes that clients may see, by what has happened.
var (
	// lostConnections: connections to the database end. A stream breaks off.
	lostConnections = []string{"503 PGRST000", "503 PGRST001", "503 57P01", "500 TRUNK500", "broken off"}
	// lostDatabase: no connection can be made either.
	lostDatabase = slices.Concat(lostConnections, []string{"503 PGRST002", "503 TRUNK503", "504 PGRST003"})
)

// allBackends kills the gateway's sessions.
const allBackends = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'e2e_login'`

func nothing(*deployment) {}

// databaseFaults are those of the PostgreSQL server.
func databaseFaults() []*fault {
	const oneBackend = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE usename = 'e2e_login' ORDER BY random() LIMIT 1`
	return []*fault{
		{
			name: "backends killed one by one", part: "backends", long: true, answers: lostConnections,
			begin: func(d *deployment) {
				for range 10 {
					d.sql(oneBackend)
					d.someRequests(20)
				}
			},
			end: nothing,
		},
		{
			name: "all backends killed", part: "backends", answers: lostConnections,
			begin: func(d *deployment) { d.sql(allBackends) },
			end:   func(d *deployment) { d.sql(allBackends) },
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
