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

// serve runs the gateway.
func (c *Command) serve(ctx context.Context, in *invocation) error {
	store, err := c.load(in, true)
	if err != nil {
		return err
	}
	return c.Serve(ctx, store)
}

// ready asks a running gateway whether it is ready.
func (c *Command) ready(ctx context.Context, in *invocation) error {
	store, err := c.load(in, false)
	if err != nil {
		return err
	}
	url, err := askReady(ctx, store.Current())
	if err != nil {
		fmt.Fprintln(c.Stderr, "ERROR:", err)
		return failed
	}
	return c.print("OK: " + url + "\n")
}

// version prints the gateway's version.
func (c *Command) version(context.Context, *invocation) error {
	return c.print("Trunkline " + c.Version + " (compatible with PostgREST " + config.PostgRESTVersion + ")\n")
}

// example prints an example configuration file.
func (c *Command) example(context.Context, *invocation) error { return c.print(config.Example()) }

// dumpConfig prints the configuration including the database's values, or without them if the database cannot be used.
func (c *Command) dumpConfig(ctx context.Context, in *invocation) error {
	store, err := c.load(in, false)
	if err != nil {
		return err
	}
	if err := c.readDatabase(ctx, store); err != nil {
		return err
	}
	if in.mode != "" {
		return c.print(store.Current().DumpSources(in.mode == "secrets"))
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
func (c *Command) dumpSchema(ctx context.Context, in *invocation) error {
	store, err := c.load(in, true)
	if err != nil {
		return err
	}
	if err := c.readDatabase(ctx, store); err != nil {
		return err
	}
	snapshot, err := process.LoadOnce(ctx, store.Current())
	if err != nil {
		return err
	}
	return snapshot.Dump(c.Stdout)
}

// explain prints the SQL that would answer a request.
func (c *Command) explain(ctx context.Context, in *invocation) error {
	store, err := c.load(in, true)
	if err != nil {
		return err
	}
	if err := c.readDatabase(ctx, store); err != nil {
		return err
	}
	q, err := c.query(in)
	if err != nil {
		return err
	}
	sql, refusal, err := process.PrintSQL(ctx, store.Current(), c.journal(store), q)
	switch {
	case err != nil:
		return err
	case refusal != "":
		fmt.Fprintln(c.Stderr, refusal)
		return failed
	default:
		return c.print(sql)
	}
}

// query returns the request to explain.
func (c *Command) query(in *invocation) (*config.Query, error) {
	q := &config.Query{
		Target: in.argument, Method: in.value("--method"), Headers: in.values["--header"], Role: in.value("--role"),
		HasBody: in.given("--body"),
	}
	body := in.value("--body")
	var err error
	switch path, elsewhere := strings.CutPrefix(body, "@"); {
	case !elsewhere:
		q.Body = []byte(body)
	case path == "-":
		q.Body, err = io.ReadAll(c.Stdin)
	default:
		q.Body, err = os.ReadFile(path)
	}
	return q, err
}

// watchDDL installs, removes or prints the event triggers.
func (c *Command) watchDDL(ctx context.Context, in *invocation) error {
	if in.argument == "print" {
		return c.print(notify.TriggersScript)
	}
	store, err := c.load(in, true)
	if err != nil {
		return err
	}
	cfg := store.Current()
	conn, err := cfg.Connect(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer cache.CloseConn(conn)
	before, err := notify.HasTriggers(ctx, conn)
	if err != nil {
		return err
	}
	if in.argument == "remove" {
		err = notify.RemoveTriggers(ctx, conn)
	} else {
		err = notify.InstallTriggers(ctx, conn, cfg.DBChannel)
	}
	if err != nil {
		return err
	}
	database := cmp.Or(conn.Config().Database, conn.Config().User)
	return c.print(watchedText(in.argument, before, database, cfg.DBChannel))
}

// watchedText says what was done with the event triggers. before is set if there were some.
func watchedText(action string, before bool, database, channel string) string {
	const unwatched = "Schema changes are now noticed only by NOTIFY, signals and audits.\n"
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
	return fmt.Sprintf("%s the database %q. They announce every schema change on the channel %q; gateways with "+
		"db-channel = %q load the change immediately.\n", done, database, channel, channel)
}
