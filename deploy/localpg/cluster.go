package localpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Cluster is a running PostgreSQL server and its directory. Its methods are safe for concurrent use.
type Cluster struct {
	binaries binaries
	folder   folder
	guard    *guard
	server   *server
	password string

	stop    sync.Once
	stopErr error
}

// Start starts a cluster and returns when it accepts connections. The caller must Stop it. If Start fails or ctx ends
// first, nothing is left behind. ctx does not affect the cluster after Start has returned.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	a, err := unprivileged()
	if err != nil {
		return nil, err
	}
	f, err := openFolder(ctx, a, o.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: f, password: rand.Text()}
	if err := c.start(ctx, a, o); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, a account, o Options) error {
	if err := c.prepare(ctx, a, o); err != nil {
		return err
	}
	var err error
	if c.guard, err = startGuard(a, c.folder); err != nil {
		return err
	}
	for range 3 {
		if err = c.serve(ctx, a, o); !errors.Is(err, errPortTaken) {
			break
		}
	}
	return err
}

// prepare finds the binaries, and initializes the data directory if it is new.
func (c *Cluster) prepare(ctx context.Context, a account, o Options) error {
	data := c.folder.data()
	major, err := o.major(data)
	if err != nil {
		return err
	}
	if c.binaries, err = obtain(ctx, a, major, logger{o.Log}); err != nil {
		return err
	}
	if _, err := os.Stat(data); err == nil {
		return nil
	}
	return c.folder.createData(func(data string) error {
		if err := initData(ctx, c.binaries, a, data, logger{o.Log}); err != nil || c.folder.throwaway {
			return err
		}
		return syncData(ctx, c.binaries, a, data)
	})
}

// serve launches the server and its guard, and waits until it is ready.
func (c *Cluster) serve(ctx context.Context, a account, o Options) error {
	s, err := launch(a, c.binaries, c.folder, o)
	if err != nil {
		return err
	}
	c.server = s
	if err := c.guard.watch(s.cmd.Process.Pid); err != nil {
		return err
	}
	return s.await(ctx, c.setPassword)
}

// setPassword sets the superuser's password for this run, which connections over TCP need.
func (c *Cluster) setPassword(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "alter role "+superuser+" password '"+c.password+"'")
	return err
}

// DSN returns the superuser's connection string for a database, over the unix socket. Parameters may be appended, such
// as " user=web": the last one of a name takes effect.
func (c *Cluster) DSN(database string) string {
	return fmt.Sprintf("host=%s port=%d user=%s sslmode=disable dbname=%s",
		quoteValue(c.folder.path), c.server.port, superuser, quoteValue(database))
}

// TCP returns the superuser's connection string for a database, over the loopback interface, where every role needs a
// password.
func (c *Cluster) TCP(database string) string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s sslmode=disable dbname=%s",
		c.server.port, superuser, c.password, quoteValue(database))
}

// quoteValue quotes a value of a connection string (PostgreSQL manual, 34.1.1.1).
func quoteValue(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// Major returns the server's major version.
func (c *Cluster) Major() int { return c.binaries.major }

// Pid returns the process id of the server.
func (c *Cluster) Pid() int { return c.server.cmd.Process.Pid }

// Done returns a channel that is closed when the server has ended, for whatever reason.
func (c *Cluster) Done() <-chan struct{} { return c.server.exited }

// Stop ends the server, which closes open connections, and removes the directory of a throwaway cluster. Later calls
// wait for the first and return the same error.
func (c *Cluster) Stop() error {
	c.stop.Do(func() { c.stopErr = c.shutDown() })
	return c.stopErr
}

func (c *Cluster) shutDown() error {
	if c.server != nil {
		c.server.end(c.folder.stopSignal())
	}
	var err error
	if c.guard != nil {
		err = errors.Join(c.guard.watch(0), c.guard.release())
	}
	return errors.Join(err, c.folder.close())
}
