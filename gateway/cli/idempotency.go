package cli

import (
	"cmp"
	"context"
	"fmt"

	"trunkline/cache"
	"trunkline/gateway/idempotency"
)

// idempotency installs, removes or prints the table of keys.
func (c *Command) idempotency(ctx context.Context, in *invocation) error {
	if in.argument == "print" {
		return c.print(idempotency.InstallScript)
	}
	store, err := c.load(in, true)
	if err != nil {
		return err
	}
	conn, err := store.Current().Connect(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer cache.CloseConn(conn)
	change, done := idempotency.Install, "Installed the table of keys in the database %q.\n"
	if in.argument == "remove" {
		change, done = idempotency.Remove, "Removed the table of keys from the database %q.\n"
	}
	if err := change(ctx, conn); err != nil {
		return err
	}
	return c.print(fmt.Sprintf(done, cmp.Or(conn.Config().Database, conn.Config().User)))
}
