package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"trunkline/deploy/sql"
	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/metrics"
)

// Process is what a command works with.
type Process struct {
	// Version is the gateway's own.
	Version        string
	Environ        []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Serve runs the gateway.
	Serve func(context.Context, *Process, *config.Store) error
}

// ErrLogged is returned for what the log has told already.
var ErrLogged = errors.New("see the log")

// Run does what the arguments ask for, and returns the exit code.
func (p *Process) Run(ctx context.Context, args []string) int {
	err := p.run(ctx, args)
	if err == nil {
		return 0
	}
	p.complain(err)
	return 1
}

// complain prints why the process ends, one mistake on a line.
func (p *Process) complain(err error) {
	var mistakes config.Mistakes
	switch {
	case errors.Is(err, ErrLogged):
	case errors.As(err, &mistakes):
		fmt.Fprintln(p.Stderr, "trunkline: the configuration is invalid")
		for _, mistake := range mistakes {
			fmt.Fprintln(p.Stderr, "  "+mistake.String())
		}
	default:
		fmt.Fprintln(p.Stderr, "trunkline:", err)
	}
}

func (p *Process) run(ctx context.Context, args []string) error {
	arguments, err := config.ParseArguments(args)
	if err != nil {
		return fmt.Errorf("%w\n\n%s", err, config.Usage)
	}
	switch {
	case arguments.Command == config.ShowHelp:
		return p.print(config.Usage)
	case arguments.Command == config.ShowVersion:
		return p.print("Trunkline " + p.Version + " (compatible with PostgREST " + config.PostgRESTVersion + ")\n")
	case arguments.Command == config.ShowExample:
		return p.print(config.Example())
	case arguments.Watch == "print":
		return p.print(sql.WatchDDL)
	default:
		return p.runConfigured(ctx, arguments)
	}
}

func (p *Process) print(text string) error {
	_, err := io.WriteString(p.Stdout, text)
	return err //nolint:wrapcheck // there is no more to say
}

// runConfigured runs the commands that need a configuration.
func (p *Process) runConfigured(ctx context.Context, arguments config.Arguments) error {
	loader := config.NewLoader(config.Options{
		File: arguments.File, Environ: p.Environ, Stdin: p.Stdin, Version: p.Version,
		Connecting:   arguments.Command != config.DumpConfig && arguments.Command != config.AskReady,
		RoleClaimKey: checkRoleClaimKey, JWTSecret: auth.CheckSecret,
	})
	cfg, err := loader.Load(config.Database{})
	if err != nil {
		return err //nolint:wrapcheck // the error says what is wrong with what
	}
	store := config.NewStore(loader, cfg)
	switch arguments.Command {
	case config.AskReady:
		return p.askReady(ctx, cfg)
	case config.DumpConfig:
		return p.dumpConfig(ctx, store)
	case config.DumpSchema:
		return p.dumpSchema(ctx, store)
	case config.WatchDDL:
		return p.watchDDL(ctx, cfg, arguments.Watch)
	default:
		return profiled(func() error { return p.Serve(ctx, p, store) })
	}
}

// Journal returns the journal of a process that runs under the configurations of store, and its log.
func (p *Process) Journal(store *config.Store, m *metrics.Metrics) (*metrics.Journal, *slog.Logger) {
	log := slog.New(metrics.NewLogHandler(p.Stderr, store.Current))
	return metrics.NewJournal(log, m), log
}
