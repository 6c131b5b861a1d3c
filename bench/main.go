// Command bench is the load-testing suite. It drives servers over HTTP, side by side and interleaved, and knows
// nothing of the gateway's inside. See --help.
//
// A run measures scenarios: in each round of a scenario every target takes its turn, and the floor too, so that
// whatever else the machine does meets all of them alike. Medians over the rounds are reported, with the best and the
// worst round. A curve measures one scenario again and again while one thing varies. Goals are ratios that a new server
// has to reach beside an old one.
//
// The folders below are its parts: scenario (which requests), load (sending them), stack (database and servers), proxy
// (distance, and what statements a server sends), floor (those statements without a server), report (the results).
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
