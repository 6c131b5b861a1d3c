//go:build unix

package main

import (
	"context"
	"fmt"
	"os"

	"trunkline/deploy/demo"
	"trunkline/gateway/cli"
)

// runDemo serves a sample database with this executable.
func runDemo(ctx context.Context, o cli.DemoOptions) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("looking for the executable: %w", err)
	}
	return demo.Run(ctx, demo.Options{
		Dir: o.Dir, Reset: o.Reset, Port: o.Port, Executable: executable, Out: os.Stdout, Log: os.Stderr,
	})
}
