package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"trunkline/deploy/localpg"
)

// options are the command's flags.
type options struct {
	dir, gateway string
	port         int
}

// url returns the gateway's base URL.
func (o options) url() string { return fmt.Sprintf("http://localhost:%d", o.port) }

var errDatabaseEnded = errors.New("PostgreSQL has ended")

// run serves the sample database until ctx ends, in which case it returns nil, or until the gateway or PostgreSQL ends.
func run(ctx context.Context, o options, out, log io.Writer) (err error) {
	fmt.Fprintln(out, "Starting PostgreSQL …")
	cluster, err := localpg.Start(ctx, localpg.Options{Dir: o.dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	if err := prepareDatabase(ctx, cluster, out); err != nil {
		return err
	}
	gateway, err := startGateway(o, cluster.DSN(databaseName)+" user=authenticator", out, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.stop()) }()
	if err := gateway.awaitReady(ctx); err != nil {
		return err
	}
	token, err := demoToken()
	if err != nil {
		return err
	}
	printWelcome(out, gateway.url, token, cluster.DSN(databaseName))

	select {
	case <-ctx.Done():
		fmt.Fprintln(out, "\nStopping …")
		return nil
	case <-gateway.exited:
		return errGatewayEnded
	case <-cluster.Done():
		return errDatabaseEnded
	}
}
