package localpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// ErrNoBouncer is returned if PgBouncer is not installed. It is not downloaded.
var ErrNoBouncer = errors.New("localpg: there is no pgbouncer in PATH or /usr/sbin")

// BouncerOptions describe a PgBouncer.
type BouncerOptions struct {
	// PoolSize is the number of server connections that the clients of one user and database share
	// (default_pool_size).
	PoolSize int
	// Users are the roles that may connect. They need no password.
	Users []string
	// Session is set if it shall pool by session, and not by transaction.
	Session bool
	// Host and Port are where it connects to the server, if not at the cluster's unix socket.
	Host string
	Port int
	// LoginRetry is for how many seconds it refuses clients after the server has refused a connection
	// (server_login_retry), if not 15.
	LoginRetry int
	// Ignored are startup parameters that it accepts and ignores (ignore_startup_parameters).
	Ignored []string
}

// Bouncer is a running PgBouncer in front of a cluster. Its settings are defaults unless its options say otherwise.
type Bouncer struct {
	version string
	folder  folder
	guard   *guard
	command func() *exec.Cmd
	server  *server

	stop    sync.Once
	stopErr error
}

// bouncerPort names the unix socket. PgBouncer does not listen on TCP.
const bouncerPort = 6432

// StartBouncer starts a PgBouncer in front of the cluster and returns when it accepts connections. The caller must Stop
// it before the cluster. It returns ErrNoBouncer if PgBouncer is not installed.
func (c *Cluster) StartBouncer(ctx context.Context, o BouncerOptions) (*Bouncer, error) {
	program, err := findBouncer()
	if err != nil {
		return nil, err
	}
	a, err := unprivileged()
	if err != nil {
		return nil, err
	}
	f, err := newThrowaway(a)
	if err != nil {
		return nil, err
	}
	b := &Bouncer{folder: f}
	if err := b.start(ctx, c, a, program, o); err != nil {
		return nil, errors.Join(err, b.Stop())
	}
	return b, nil
}

// findBouncer returns the path of PgBouncer's executable. Debian installs it in a directory that only root has on PATH.
func findBouncer() (string, error) {
	if path, err := exec.LookPath("pgbouncer"); err == nil {
		return path, nil
	}
	if path, err := exec.LookPath("/usr/sbin/pgbouncer"); err == nil {
		return path, nil
	}
	return "", ErrNoBouncer
}

func (b *Bouncer) start(ctx context.Context, c *Cluster, a account, program string, o BouncerOptions) error {
	out, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return fmt.Errorf("localpg: %s --version: %w", program, err)
	}
	b.version, _, _ = strings.Cut(string(out), "\n")
	file, err := b.configure(c, o)
	if err != nil {
		return err
	}
	b.command = func() *exec.Cmd { return a.command(b.folder.path, program, file) }
	if b.guard, err = startGuard(a, b.folder); err != nil {
		return err
	}
	return b.Start(ctx)
}

// Start starts a PgBouncer again that has ended, at the same socket, and returns when it accepts connections.
func (b *Bouncer) Start(ctx context.Context) error {
	var err error
	if b.server, err = launchCommand(b.command(), nil); err != nil {
		return err
	}
	if err := b.guard.watch(b.server.cmd.Process.Pid); err != nil {
		return err
	}
	return b.server.await(ctx, func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, b.DSN("postgres", superuser))
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}

// configure writes PgBouncer's files and returns the path of the main one.
func (b *Bouncer) configure(c *Cluster, o BouncerOptions) (string, error) {
	path := func(name string) string { return filepath.Join(b.folder.path, name) }
	var users strings.Builder
	for _, user := range append([]string{superuser}, o.Users...) {
		fmt.Fprintf(&users, "\"%s\" \"\"\n", strings.ReplaceAll(user, `"`, `""`))
	}
	mode := "transaction"
	if o.Session {
		mode = "session"
	}
	host, port := c.folder.path, c.server.port
	if o.Host != "" {
		host, port = o.Host, o.Port
	}
	settings := fmt.Sprintf(`[databases]
* = host=%s port=%d

[pgbouncer]
pool_mode = %s
default_pool_size = %d
auth_type = trust
auth_file = %s
listen_port = %d
unix_socket_dir = %s
server_login_retry = %d
ignore_startup_parameters = %s
`, host, port, mode, o.PoolSize, path("users.txt"), bouncerPort, b.folder.path, cmp.Or(o.LoginRetry, 15),
		strings.Join(o.Ignored, ","))
	for name, text := range map[string]string{"users.txt": users.String(), "pgbouncer.ini": settings} {
		if err := os.WriteFile(path(name), []byte(text), 0o644); err != nil {
			return "", fmt.Errorf("localpg: %w", err)
		}
	}
	return path("pgbouncer.ini"), nil
}

// DSN returns a connection string for a database through PgBouncer, over its unix socket.
func (b *Bouncer) DSN(database, user string) string {
	return fmt.Sprintf("host=%s port=%d user=%s sslmode=disable dbname=%s",
		quoteValue(b.folder.path), bouncerPort, quoteValue(user), quoteValue(database))
}

// End ends PgBouncer with a signal, and returns when it has ended. What it does with the connections that are open depends
// on the signal and on its version. It can be started again.
func (b *Bouncer) End(signal syscall.Signal) error {
	b.server.end(signal)
	return b.guard.watch(0)
}

// Version returns the version that the executable reports, such as "PgBouncer 1.18.0".
func (b *Bouncer) Version() string { return b.version }

// Stop ends PgBouncer, which closes open connections, and removes its directory. Later calls wait for the first and
// return the same error.
func (b *Bouncer) Stop() error {
	b.stop.Do(func() { b.stopErr = b.shutDown() })
	return b.stopErr
}

// shutDown kills the process. It has no state to save, and the meaning of the gentler signals depends on its version.
func (b *Bouncer) shutDown() error {
	if b.server != nil {
		b.server.end(syscall.SIGKILL)
	}
	var err error
	if b.guard != nil {
		err = errors.Join(b.guard.watch(0), b.guard.release())
	}
	return errors.Join(err, b.folder.close())
}
