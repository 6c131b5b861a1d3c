//go:build !unix

package main

import (
	"context"
	"errors"
	"runtime"

	"trunkline/gateway/cli"
)

// runDemo fails: the private PostgreSQL needs a Unix.
func runDemo(context.Context, cli.DemoOptions) error {
	return errors.New("the demo is not available on " + runtime.GOOS)
}
