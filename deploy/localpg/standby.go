package localpg

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/jackc/pgx/v5"
)

// ErrNoBaseBackup is returned if pg_basebackup is not among the programs. Downloaded builds do not have it.
var ErrNoBaseBackup = errors.New("localpg: no pg_basebackup found")

// ReplicationSettings are the settings that a cluster needs to have standbys.
func ReplicationSettings() map[string]string {
	return map[string]string{"wal_level": "replica", "max_wal_senders": "4"}
}

// StartStandby starts a throwaway standby of the cluster, which must have been started with [ReplicationSettings], and
// returns when it accepts connections. The caller must Stop it. It returns ErrNoBaseBackup if it cannot be made.
func (c *Cluster) StartStandby(ctx context.Context) (*Cluster, error) {
	if _, err := os.Stat(c.binaries.program("pg_basebackup")); err != nil {
		return nil, ErrNoBaseBackup
	}
	a, err := unprivileged()
	if err != nil {
		return nil, err
	}
	f, err := newThrowaway(a)
	if err != nil {
		return nil, err
	}
	s := &Cluster{binaries: c.binaries, folder: f, password: c.password}
	if err := s.follow(ctx, a, c); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// follow copies the data of another cluster and starts a server that replays what that writes.
func (c *Cluster) follow(ctx context.Context, a account, primary *Cluster) error {
	err := c.folder.createData(func(data string) error {
		return run(ctx, a.command(c.folder.path, c.binaries.program("pg_basebackup"), "--pgdata="+data, "--no-sync",
			"--checkpoint=fast", "--write-recovery-conf", "--dbname="+primary.DSN("postgres")))
	})
	if err != nil {
		return err
	}
	if c.guard, err = startGuard(a, c.folder); err != nil {
		return err
	}
	for range 3 {
		if err = c.serveStandby(ctx, a); !errors.Is(err, errPortTaken) {
			break
		}
	}
	return err
}

func (c *Cluster) serveStandby(ctx context.Context, a account) error {
	s, err := launch(a, c.binaries, c.folder, Options{Settings: ReplicationSettings(), Log: io.Discard})
	if err != nil {
		return err
	}
	c.server = s
	if err := c.guard.watch(s.cmd.Process.Pid); err != nil {
		return err
	}
	return s.await(ctx, func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, c.DSN("postgres"))
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}
