package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"trunkline/deploy/localpg"
)

// Options are those of a demo.
type Options struct {
	// Dir is the folder of the database, "" for one that belongs to the user. Reset deletes it, and nothing else is done.
	Dir   string
	Reset bool
	// Port is that of the API. The next one is that of the documentation and the metrics.
	Port int
	// Executable is the path of the gateway's executable.
	Executable string
	// Out receives what is printed and the access log, Log the gateway's messages.
	Out, Log io.Writer
}

// url returns the gateway's base URL, adminURL that of its admin server.
func (o *Options) url() string      { return fmt.Sprintf("http://localhost:%d", o.Port) }
func (o *Options) adminURL() string { return fmt.Sprintf("http://localhost:%d", o.Port+1) }

var errDatabaseEnded = errors.New("PostgreSQL has ended")

// Run serves the sample database until it is interrupted, in which case it returns nil, or until the gateway or
// PostgreSQL ends.
func Run(ctx context.Context, o Options) error {
	// The gateway is signalled when the thread that started it exits. This thread lives as long as the demo.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.Dir == "" {
		dir, err := defaultDir()
		if err != nil {
			return err
		}
		o.Dir = dir
	}
	if o.Reset {
		return localpg.Remove(ctx, o.Dir)
	}
	return run(ctx, o)
}

// defaultDir returns a folder that belongs to the user. The account that runs PostgreSQL for root may not be able to enter
// root's own folders.
func defaultDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/trunkline-demo", nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("looking for a folder: %w", err)
	}
	return filepath.Join(cache, "trunkline", "demo"), nil
}

func run(ctx context.Context, o Options) (err error) {
	if err := o.checkPorts(); err != nil {
		return err
	}
	// This says what it downloads; a start would be silent.
	if _, err := localpg.Obtain(ctx, 0, o.Out); err != nil {
		return err
	}
	fmt.Fprintln(o.Out, "Starting PostgreSQL …")
	cluster, err := localpg.Start(ctx, localpg.Options{Dir: o.Dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	if err := prepareDatabase(ctx, cluster, o.Out); err != nil {
		return err
	}
	gateway, err := startGateway(o, cluster.DSN(databaseName)+" user=authenticator")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.stop()) }()
	if err := gateway.awaitReady(ctx); err != nil {
		return err
	}
	if err := o.printWelcome(cluster.DSN(databaseName)); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		fmt.Fprintln(o.Out, "\nStopping …")
		return nil
	case <-gateway.exited:
		return errGatewayEnded
	case <-cluster.Done():
		return errDatabaseEnded
	}
}

// checkPorts returns an error if a port is not free.
func (o *Options) checkPorts() error {
	for _, port := range []int{o.Port, o.Port + 1} {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return fmt.Errorf("port %d cannot be used: %w. Choose two consecutive free ports: DEMO_PORT=%d make demo, or "+
				"trunkline demo --port %[3]d", port, errors.Unwrap(err), o.Port+100)
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}
