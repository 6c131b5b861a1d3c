// Command pgserve starts a throwaway PostgreSQL in the background and prints the shell commands that let its clients find
// it, as ssh-agent does:
//
//	eval "$(go run ./deploy/localpg/pgserve)"
//	psql -c 'SELECT version()'
//	kill $PGSERVE_PID
//
// The server and its data are gone when it is killed.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
)

// background is the argument of the process that stays.
const background = "-background"

func main() {
	run := start
	if len(os.Args) == 2 && os.Args[1] == background {
		run = serve
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pgserve:", err)
		os.Exit(1)
	}
}

// start starts the process that stays, in a session of its own, and prints what it prints until it is ready.
func start() error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(executable, background)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	printed, err := io.Copy(os.Stdout, bufio.NewReader(output))
	if err == nil && printed == 0 {
		err = errors.New("PostgreSQL has not started")
	}
	return err
}

// serve runs PostgreSQL until a signal or the end of PostgreSQL.
func serve() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	programs, err := localpg.Obtain(ctx, 0, os.Stderr)
	if err != nil {
		return err
	}
	cluster, err := localpg.Start(ctx, localpg.Options{Log: io.Discard})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	if err := printSettings(programs, cluster.TCP("postgres")); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-cluster.Done():
	}
	return nil
}

// printSettings prints the settings of libpq as commands for a shell, and closes the standard output: then they are
// complete.
func printSettings(programs, dsn string) error {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("export PATH='%s':\"$PATH\" PGHOST=%s PGPORT=%d PGUSER=%s PGPASSWORD=%s PGSERVE_PID=%d;\n",
		programs, c.Host, c.Port, c.User, c.Password, os.Getpid())
	return errors.Join(err, os.Stdout.Close(), os.Stderr.Close())
}
