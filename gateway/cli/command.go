package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/notify"
)

// Command is a run of the executable.
type Command struct {
	// Version is the gateway's own.
	Version        string
	Environ        []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Serve runs the gateway until it ends.
	Serve func(context.Context, *config.Store) error
}

// Run runs the command selected by the arguments, and returns the exit code.
func (c *Command) Run(ctx context.Context, args []string) int {
	err := c.run(ctx, args)
	if err == nil {
		return 0
	}
	c.complain(err)
	return 1
}

// complain prints an error, one line for each mistake of a configuration.
func (c *Command) complain(err error) {
	var mistakes config.Mistakes
	connecting, unreachable := journal.ConnectText(err)
	switch {
	case errors.Is(err, journal.ErrLogged):
	case errors.As(err, &mistakes):
		fmt.Fprintln(c.Stderr, "trunkline: the configuration is invalid")
		for _, mistake := range mistakes {
			fmt.Fprintln(c.Stderr, "  "+mistake.String())
		}
	case unreachable:
		fmt.Fprintln(c.Stderr, "trunkline: connecting:", connecting)
	default:
		fmt.Fprintln(c.Stderr, "trunkline:", err)
	}
}

func (c *Command) run(ctx context.Context, args []string) error {
	arguments, err := config.ParseArguments(args)
	if err != nil {
		return fmt.Errorf("%w\n\n%s", err, config.Usage)
	}
	switch {
	case arguments.Command == config.ShowHelp:
		return c.print(config.Usage)
	case arguments.Command == config.ShowVersion:
		return c.print("Trunkline " + c.Version + " (compatible with PostgREST " + config.PostgRESTVersion + ")\n")
	case arguments.Command == config.ShowExample:
		return c.print(config.Example())
	case arguments.Watch == "print":
		return c.print(notify.TriggersScript)
	default:
		return c.runConfigured(ctx, arguments)
	}
}

func (c *Command) print(text string) error {
	_, err := io.WriteString(c.Stdout, text)
	return err
}

// runConfigured runs the commands that need a configuration.
func (c *Command) runConfigured(ctx context.Context, arguments config.Arguments) error {
	environ := c.Environ
	if arguments.SchemaCacheURI != "" { // the last one counts
		environ = append(slices.Clip(environ), "PGRST_SCHEMA_CACHE_URI="+arguments.SchemaCacheURI)
	}
	loader := config.NewLoader(config.Options{
		File: arguments.File, Environ: environ, Stdin: c.Stdin, Version: c.Version,
		Connecting:   arguments.Command != config.DumpConfig && arguments.Command != config.AskReady,
		RoleClaimKey: auth.CheckRolePath, JWTSecret: auth.CheckSecret,
	})
	cfg, err := loader.Load()
	if err != nil {
		return err
	}
	store := config.NewStore(loader, cfg)
	switch arguments.Command {
	case config.AskReady:
		return c.printReady(ctx, cfg)
	case config.DumpConfig:
		return c.dumpConfig(ctx, store, &arguments)
	case config.DumpSchema:
		return c.dumpSchema(ctx, store)
	case config.QueryToSQL:
		return c.printSQL(ctx, store, &arguments.Query)
	case config.WatchDDL:
		return c.watchDDL(ctx, cfg, arguments.Watch)
	default:
		return c.Serve(ctx, store)
	}
}
