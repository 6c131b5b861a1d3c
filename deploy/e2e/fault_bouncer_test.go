package e2e

import (
	"context"
	"errors"
	"strconv"
	"syscall"

	"trunkline/deploy/localpg"
)

// pool puts a PgBouncer in transaction mode between the gateway and the link. It has fewer connections to the server than
// the gateway has to it.
func (d *deployment) pool() {
	d.t.Helper()
	port, err := strconv.Atoi(d.link.port())
	if err != nil {
		d.t.Fatal(err)
	}
	d.bouncer, err = d.database.cluster.StartBouncer(context.Background(), localpg.BouncerOptions{
		PoolSize: poolSize - 2, Users: []string{"e2e_login"}, Host: "127.0.0.1", Port: port, LoginRetry: 1,
	})
	if errors.Is(err, localpg.ErrNoBouncer) {
		d.t.Skipf("%v; Debian's package is pgbouncer", err)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = d.bouncer.Stop() })
	d.t.Log(d.bouncer.Version())
	d.dsn = d.bouncer.DSN("postgres", "e2e_login")
	d.environ = append(d.environ, "PGRST_DB_CHANNEL_URI="+authenticator(d.database.dsn()))
}

// bouncerFaults are those of a PgBouncer, and of what is behind it.
func bouncerFaults() []*fault {
	return []*fault{
		{
			// It lets transactions end, and ends then.
			name: "PgBouncer restarted", part: "bouncer", answers: lostDatabase,
			begin: func(d *deployment) { d.endBouncer(syscall.SIGINT) },
			end:   (*deployment).startBouncer,
		},
		{
			name: "PgBouncer killed and started", part: "bouncer", long: true, answers: lostDatabase,
			begin: func(d *deployment) { d.endBouncer(syscall.SIGKILL) },
			end:   (*deployment).startBouncer,
		},
		{
			name: "all backends of PgBouncer killed", part: "backends", long: true, answers: lostConnections,
			begin: (*deployment).killAllBackends,
			end:   (*deployment).killAllBackends,
		},
		{
			name: "PostgreSQL behind PgBouncer restarted (immediate)", part: "database", long: true, answers: lostDatabase,
			begin: (*deployment).crash,
			end:   func(d *deployment) { d.database.start() },
		},
	}
}

func (d *deployment) endBouncer(signal syscall.Signal) {
	d.t.Helper()
	if err := d.bouncer.End(signal); err != nil {
		d.t.Fatal(err)
	}
}

func (d *deployment) startBouncer() {
	d.t.Helper()
	if err := d.bouncer.Start(context.Background()); err != nil {
		d.t.Fatal(err)
	}
}
