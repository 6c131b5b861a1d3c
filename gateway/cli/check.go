package cli

import (
	"context"

	"trunkline/gateway/check"
	"trunkline/gateway/process"
)

// wouldNotStart is the exit code of check if the gateway would not start.
const wouldNotStart exitCode = 2

// check looks at the configuration and its database.
func (c *Command) check(ctx context.Context, in *invocation) error {
	report := check.Run(ctx, check.Options{Loader: c.loader(in, true), File: in.file, Load: process.LoadOnce})
	if err := c.print(report.Text()); err != nil {
		return err
	}
	switch report.Worst() {
	case check.Error:
		return wouldNotStart
	case check.Warning:
		return failed
	default:
		return nil
	}
}
