package localpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a running PostgreSQL server. Its methods are safe for concurrent use.
type Cluster struct {
	binaries binaries
	folder   folder
	sockets  string
	port     int
	password string

	guard  *guard
	cmd    *exec.Cmd
	log    *tail
	exited chan struct{} // closed when the server has ended

	stop    sync.Once
	stopErr error
}

// Start starts a cluster and returns when it accepts connections. The caller must Stop it. If ctx ends first,
// nothing is left behind.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	a, err := unprivileged()
	if err != nil {
		return nil, err
	}
	f, err := openFolder(a, o)
	if err != nil {
		return nil, err
	}
	c, err := prepare(ctx, a, f, o)
	if err != nil {
		f.discard()
		return nil, err
	}
	if err := c.start(ctx, a, o); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func openFolder(a account, o Options) (folder, error) {
	if o.Dir == "" {
		return newThrowaway(a)
	}
	return openDurable(a, o.Dir)
}

// prepare finds the binaries and fills the data directory if it is new.
func prepare(ctx context.Context, a account, f folder, o Options) (*Cluster, error) {
	major, err := o.major(f.data())
	if err != nil {
		return nil, err
	}
	b, err := obtain(ctx, a, major, logger{o.Log})
	if err != nil {
		return nil, err
	}
	c := &Cluster{binaries: b, folder: f, sockets: f.path, password: rand.Text(), exited: make(chan struct{})}
	c.log = &tail{next: o.Log}
	if _, err := os.Stat(f.data()); err == nil {
		return c, nil
	}
	if err := initData(ctx, b, a, f.data(), logger{o.Log}); err != nil {
		return nil, err
	}
	if f.throwaway {
		return c, nil
	}
	return c, syncData(ctx, b, a, f.data())
}

// start starts guard and server, and waits for the server.
func (c *Cluster) start(ctx context.Context, a account, o Options) error {
	removed, signal := "", "INT"
	if c.folder.throwaway {
		removed, signal = c.folder.path, "QUIT"
	}
	var err error
	if c.guard, err = startGuard(a, removed, signal); err != nil {
		return err
	}
	if c.port, err = freePort(); err != nil {
		return err
	}
	args := serverArgs(c.folder.data(), c.sockets, c.port, c.folder.throwaway, o.Settings)
	c.cmd = a.command(c.folder.path, c.binaries.program("postgres"), args...)
	c.cmd.Stderr = c.log
	if err := c.cmd.Start(); err != nil {
		c.cmd = nil
		return fmt.Errorf("localpg: %w", err)
	}
	go func() {
		defer close(c.exited)
		_ = c.cmd.Wait() // how it ended shows in its log
	}()
	if err := c.guard.watch(c.cmd.Process.Pid); err != nil {
		return err
	}
	return c.awaitReady(ctx)
}

// freePort returns a loopback port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("localpg: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// awaitReady returns when the superuser can connect and has its password.
func (c *Cluster) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := c.setPassword(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-c.exited:
			return fmt.Errorf("localpg: the server ended at its start:\n%s", c.log)
		case <-ctx.Done():
			return fmt.Errorf("localpg: the server is not ready: %w (%w)\n%s", ctx.Err(), err, c.log)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// setPassword gives the superuser this run's password, which connections over TCP need.
func (c *Cluster) setPassword(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "alter role "+superuser+" password '"+c.password+"'")
	return err
}

// DSN returns the superuser's connection string for a database, over the unix socket. Parameters may be appended
// to it, such as " user=web": the last one of a name counts.
func (c *Cluster) DSN(database string) string {
	return fmt.Sprintf("host=%s port=%d user=%s sslmode=disable dbname=%s",
		quoteValue(c.sockets), c.port, superuser, quoteValue(database))
}

// TCP returns the superuser's connection string for a database, over the loopback interface. Every role needs a
// password there.
func (c *Cluster) TCP(database string) string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s sslmode=disable dbname=%s",
		c.port, superuser, c.password, quoteValue(database))
}

// quoteValue quotes a value of a connection string (PostgreSQL manual, 34.1.1.1).
func quoteValue(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// Major returns the server's major version.
func (c *Cluster) Major() int { return c.binaries.major }

// Pid returns the process id of the server.
func (c *Cluster) Pid() int { return c.cmd.Process.Pid }

// Done is closed when the server has ended, for whatever reason.
func (c *Cluster) Done() <-chan struct{} { return c.exited }

// Stop ends the server and, of a throwaway, removes the folder. Open connections are cut. Later calls wait for the
// first and return the same.
func (c *Cluster) Stop() error {
	c.stop.Do(func() { c.stopErr = c.shutDown() })
	return c.stopErr
}

func (c *Cluster) shutDown() error {
	if c.cmd != nil {
		c.endServer()
	}
	var err error
	if c.guard != nil {
		err = errors.Join(c.guard.watch(0), c.guard.release())
	}
	c.folder.discard()
	return err
}

// endServer asks the server to end, at once if it is a throwaway, else after a checkpoint; and insists after a while.
func (c *Cluster) endServer() {
	signal := syscall.SIGINT
	if c.folder.throwaway {
		signal = syscall.SIGQUIT
	}
	_ = c.cmd.Process.Signal(signal) // it may have ended already
	select {
	case <-c.exited:
	case <-time.After(30 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.exited
	}
}
