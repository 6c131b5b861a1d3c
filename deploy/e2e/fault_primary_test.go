package e2e

import (
	"syscall"
	"time"
)

// replicate gives the database a synchronous standby: a write is answered when both have it. The gateway looks for the
// one that accepts writes.
func (d *deployment) replicate() {
	d.t.Helper()
	d.links = [2]*link{d.link, newLink(d.t, d.database.path())}
	d.dsn = "host=127.0.0.1,127.0.0.1 port=" + d.links[0].port() + "," + d.links[1].port() +
		" dbname=postgres sslmode=disable connect_timeout=5 target_session_attrs=read-write"
	d.follow()
}

// follow starts a standby where there is none, and returns when writes wait for it.
func (d *deployment) follow() {
	d.t.Helper()
	if d.standby != nil {
		return
	}
	d.standby = d.database.standby()
	path := d.standby.path()
	d.links[1-d.active].target.Store(&path)
	d.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
	d.sql("SELECT pg_reload_conf()")
	const waiting = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
	for begin := time.Now(); d.number(waiting) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > patience {
			d.t.Fatal("the standby does not follow")
		}
	}
}

// promote has the standby become the primary, and returns when a client has written to it.
func (d *deployment) promote() {
	d.t.Helper()
	d.database, d.standby, d.active = d.standby, nil, 1-d.active
	d.load.ledger.sequencesSkip()
	begin := time.Now()
	d.sql("SELECT pg_promote()")
	promoted, before := time.Since(begin), d.load.written()
	d.gateway.eventually("a write after the promotion", func() bool { return d.load.written() > before })
	d.t.Logf("promoted in %v, the first write was answered %v after that", promoted.Round(1e6),
		(time.Since(begin) - promoted).Round(1e6))
}

// primaryFaults are those in which a primary ends and its standby is promoted.
func primaryFaults() []*fault {
	return []*fault{
		{
			name: "primary killed, standby promoted", part: "database", answers: lostDatabase,
			begin: func(d *deployment) { d.follow(); d.database.crash() },
			end:   (*deployment).promote,
		},
		{
			name: "primary stopped, standby promoted", part: "database", long: true, answers: lostDatabase,
			begin: func(d *deployment) { d.follow(); d.database.end(syscall.SIGINT) },
			end:   (*deployment).promote,
		},
	}
}
