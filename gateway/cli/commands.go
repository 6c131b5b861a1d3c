package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

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
func (c *Command) dumpConfig(ctx context.Context, store *config.Store, arguments *config.Arguments) error {
	if err := c.readDatabase(ctx, store); err != nil {
		return err
	}
	if arguments.Sources {
		return c.print(store.Current().DumpSources(arguments.Secrets))
	}
	return c.print(store.Current().Dump())
}

// journal returns the journal of a command that does not serve.
func (c *Command) journal(store *config.Store) *journal.Journal {
	return journal.New(journal.NewLogger(c.Stderr, store.Current), metrics.New(func() metrics.Pool { return metrics.Pool{} }))
}

// readDatabase adds the database's values to the configuration.
func (c *Command) readDatabase(ctx context.Context, store *config.Store) error {
	j := c.journal(store)
	if store.Current().DBConfig {
		outcome, err := store.Reload(ctx)
		if err != nil {
			return err
		}
		j.DatabaseUnread(outcome.Settings, outcome.Roles)
	}
	j.Info(store.Current().Warnings...)
	return nil
}

// dumpSchema prints the snapshot that would be served.
func (c *Command) dumpSchema(ctx context.Context, store *config.Store) error {
	if err := c.readDatabase(ctx, store); err != nil {
		return err
	}
	snapshot, err := process.LoadOnce(ctx, store.Current())
	if err != nil {
		return err
	}
	return snapshot.Dump(c.Stdout)
}

// printSQL prints the SQL that would answer a request.
func (c *Command) printSQL(ctx context.Context, store *config.Store, q *config.Query) error {
	if err := c.readDatabase(ctx, store); err != nil {
		return err
	}
	body, err := c.body(q)
	if err != nil {
		return err
	}
	sql, refusal, err := process.PrintSQL(ctx, store.Current(), c.journal(store), q, body)
	switch {
	case err != nil:
		return err
	case refusal != "":
		fmt.Fprintln(c.Stderr, refusal)
		return journal.ErrLogged
	default:
		return c.print(sql)
	}
}

// body returns the body of a request.
func (c *Command) body(q *config.Query) ([]byte, error) {
	path, elsewhere := strings.CutPrefix(q.Body, "@")
	switch {
	case !elsewhere:
		return []byte(q.Body), nil
	case path == "-":
		return io.ReadAll(c.Stdin)
	default:
		return os.ReadFile(path)
	}
}

// watchDDL installs, removes or prints the event triggers.
func (c *Command) watchDDL(ctx context.Context, cfg *config.Config, action string) error {
	conn, err := cfg.Connect(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer cache.CloseConn(conn)
	before, err := notify.HasTriggers(ctx, conn)
	if err != nil {
		return err
	}
	if action == "remove" {
		err = notify.RemoveTriggers(ctx, conn)
	} else {
		err = notify.InstallTriggers(ctx, conn, cfg.DBChannel)
	}
	if err != nil {
		return err
	}
	database := cmp.Or(conn.Config().Database, conn.Config().User)
	return c.print(watchedText(action, before, database, cfg.DBChannel))
}

// watchedText says what was done with the event triggers. before is set if there were some.
func watchedText(action string, before bool, database, channel string) string {
	const unwatched = "Changes of the schema are noticed by NOTIFY, signals and audits only.\n"
	switch {
	case action == "remove" && !before:
		return fmt.Sprintf("There were no event triggers in the database %q. %s", database, unwatched)
	case action == "remove":
		return fmt.Sprintf("Removed the event triggers from the database %q. %s", database, unwatched)
	}
	done := "Installed event triggers in"
	if before {
		done = "Installed the event triggers again in"
	}
	return fmt.Sprintf("%s the database %q: every change of its schema is announced on the channel %q, which gateways with "+
		"db-channel = %q load at once.\n", done, database, channel, channel)
}
