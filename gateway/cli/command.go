package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
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
	// Demo serves a sample database until it ends.
	Demo func(context.Context, DemoOptions) error
}

// exitCode is the error of a command that has said itself what there is to say. It is the exit code.
type exitCode int

// Error returns the number.
func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// failed is the exit code of commands that have failed and have no other.
const failed exitCode = 1

// Run runs the command selected by the arguments, and returns the exit code.
func (c *Command) Run(ctx context.Context, args []string) int {
	in, err := parse(args)
	if err != nil {
		fmt.Fprintf(c.Stderr, "trunkline: %v\n\n%s", err, in.shortUsage())
		return int(in.usageCode())
	}
	var code exitCode
	switch err := in.command.run(c, ctx, in); {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	default:
		c.complain(err)
		return int(failed)
	}
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

func (c *Command) print(text string) error {
	_, err := io.WriteString(c.Stdout, text)
	return err
}

// loader returns the loader of the configuration. connecting is set if the command connects to the database.
func (c *Command) loader(in *invocation, connecting bool) *config.Loader {
	environ := c.Environ
	if uri := in.value("--schema-cache-uri"); uri != "" { // the last one counts
		environ = append(slices.Clip(environ), "PGRST_SCHEMA_CACHE_URI="+uri)
	}
	if in.given("--verbose-errors") {
		environ = append(slices.Clip(environ), "PGRST_CLIENT_ERROR_VERBOSITY=verbose", "PGRST_CLIENT_ERROR_HINTS=true")
	}
	return config.NewLoader(config.Options{
		File: in.file, Environ: environ, Stdin: c.Stdin, Version: c.Version, Connecting: connecting,
		RoleClaimKey: auth.CheckRolePath, JWTSecret: auth.CheckSecret,
	})
}

// load loads the configuration without the values in the database.
func (c *Command) load(in *invocation, connecting bool) (*config.Store, error) {
	loader := c.loader(in, connecting)
	cfg, err := loader.Load()
	if err != nil {
		return nil, withCommandMeant(err, in)
	}
	return config.NewStore(loader, cfg), nil
}

// withCommandMeant adds to the error that there is no configuration file which command its name may be meant to be.
func withCommandMeant(err error, in *invocation) error {
	if !errors.Is(err, fs.ErrNotExist) || strings.ContainsAny(in.file, "./") {
		return err
	}
	return fmt.Errorf("%w%s", err, commandMeant(in.file))
}
