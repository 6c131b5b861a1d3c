package cli

import (
	"context"
	"fmt"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
	"trunkline/gateway/process"
	"trunkline/notify"
)

// printReady asks a running gateway whether it is ready.
func (c *Command) printReady(ctx context.Context, cfg *config.Config) error {
	url, err := askReady(ctx, cfg)
	if err != nil {
		fmt.Fprintln(c.Stderr, "ERROR:", err)
		return journal.ErrLogged
	}
	return c.print("OK: " + url + "\n")
}

// dumpConfig prints the configuration including the database's values, or without them if the database cannot be used.
func (c *Command) dumpConfig(ctx context.Context, store *config.Store) error {
	if err := c.readDatabase(ctx, store); err != nil {
		return err
	}
	return c.print(store.Current().Dump())
}

// readDatabase adds the database's values to the configuration.
func (c *Command) readDatabase(ctx context.Context, store *config.Store) error {
	j := journal.New(journal.NewLogger(c.Stderr, store.Current), metrics.New(func() metrics.Pool { return metrics.Pool{} }))
	if store.Current().DBConfig {
		outcome, err := store.Reload(ctx)
		if err != nil {
			return err
		}
		j.DatabaseUnread(outcome.Settings, outcome.Roles)
	}
	j.Say(store.Current().Warnings...)
	return nil
}

// dumpSchema prints the snapshot that would be served.
func (c *Command) dumpSchema(ctx context.Context, store *config.Store) error {
	if err := c.readDatabase(ctx, store); err != nil {
		return err
	}
	cfg := store.Current()
	conn, err := cfg.Connect(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer cache.CloseConn(conn)
	catalog, err := cache.Load(ctx, conn, process.SchemaOptions(cfg))
	if err != nil {
		return fmt.Errorf("loading the schema: %w", err)
	}
	return cache.Build(catalog).Dump(c.Stdout)
}

// watchDDL installs, removes or prints the event triggers.
func (c *Command) watchDDL(ctx context.Context, cfg *config.Config, action string) error {
	conn, err := cfg.Connect(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer cache.CloseConn(conn)
	if action == "remove" {
		return notify.RemoveTriggers(ctx, conn)
	}
	return notify.InstallTriggers(ctx, conn, cfg.DBChannel)
}
