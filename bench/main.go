// Command bench is the load-testing suite. It sends requests to servers over HTTP and has no access to the gateway's
// internals. See --help.
//
// A run measures scenarios. In each round of a scenario, every target and the floor are measured in turn, so that other
// activity of the machine affects all of them alike. The report shows medians over the rounds, with the best and the
// worst round. A curve measures one scenario repeatedly while one parameter varies. Goals are ratios that a new server
// must reach compared with an old one. Reload measures how a server takes up changes of its schema.
//
// The directories below are its parts: scenario (which requests), load (sending them), stack (database and servers),
// proxy (delaying connections, and recording what a server sends), floor (those statements without a server), reload
// (changes of the schema), report (the results).
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

//go:embed scenarios
var embedded embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out, progress io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "compare":
			return compare(args[1:], out, progress)
		case "curve":
			return runCurve(ctx, args[1:], out, progress)
		case "goals":
			return runGoals(ctx, args[1:], out, progress)
		case "reload":
			return runReload(ctx, args[1:], out, progress)
		}
	}
	s, err := parseFlags(args, progress)
	if err != nil {
		return err
	}
	r, err := s.run(ctx)
	if err != nil {
		return err
	}
	return s.publish(r, out)
}
