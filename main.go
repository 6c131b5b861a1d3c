// Command trunkline serves the schemas of a PostgreSQL database as a REST API. This file shows the order in which the
// parts of a serving process start and stop.
package main

import (
	"context"
	"os"

	"trunkline/gateway/cli"
	"trunkline/gateway/config"
	"trunkline/gateway/process"
)

// version is set by the linker (-X main.version=…).
var version = "development"

func main() {
	command := cli.Command{
		Version: version, Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Serve: func(ctx context.Context, store *config.Store) error {
			return process.Profiled(func() error { return serve(ctx, store) })
		},
		Demo: runDemo,
	}
	os.Exit(command.Run(context.Background(), os.Args[1:]))
}

// serve runs the gateway until it is asked to end, or must.
func serve(parent context.Context, store *config.Store) (failed error) {
	accepting, stop := context.WithCancelCause(parent) // the API takes requests
	background, end := context.WithCancel(parent)      // all else that runs, which requests need to their end
	p := process.New(process.Options{Store: store, Log: os.Stderr, AccessLog: os.Stdout, Stop: stop})
	defer func() { // after the last request
		p.Ending(failed)
		end()
		p.Wait()
		p.StopListening()
		p.ClosePool()
		p.StopTracing()
	}()

	p.HandleSignals(background)
	p.ReturnMemory(background)
	p.LogStart()
	if err := p.Inherit(); err != nil {
		return err
	}
	p.ReportToService(background)
	if err := p.OpenPool(); err != nil {
		return err
	}
	// Probes are answered before there is anything to serve.
	if err := p.ServeAdmin(background); err != nil {
		return err
	}
	if err := p.MakeHandler(background); err != nil {
		return err
	}
	p.FollowConfig(background)
	// The listener comes before the schema, so that no change falls between the two.
	p.Listen(background)
	p.LoadSchema(background)
	p.AuditSchema(background)
	if err := p.ServeAPI(accepting); err != nil {
		return err
	}
	return process.Cause(accepting)
}
