package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

var errGatewayEnded = errors.New("the gateway has ended")

// gateway is a running gateway process.
type gateway struct {
	url    string
	cmd    *exec.Cmd
	exited chan struct{}
}

// startGateway runs the executable on a database.
func startGateway(o Options, database string) (*gateway, error) {
	g := &gateway{url: o.url(), exited: make(chan struct{})}
	g.cmd = exec.Command(o.Executable)
	g.cmd.Env = o.environment(database)
	g.cmd.Stdout, g.cmd.Stderr = o.Out, o.Log
	g.cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWithParent(g.cmd.SysProcAttr)
	if err := g.cmd.Start(); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	go func() {
		defer close(g.exited)
		_ = g.cmd.Wait() // the log shows why it ended
	}()
	return g, nil
}

// environment returns the caller's environment with the gateway's settings added.
func (o *Options) environment(database string) []string {
	others := slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "PGRST_") })
	return append(others,
		"PGRST_DB_URI="+database,
		"PGRST_DB_SCHEMAS=api",
		"PGRST_DB_ANON_ROLE=web_anon",
		"PGRST_DB_AGGREGATES_ENABLED=true",
		"PGRST_DB_PLAN_ENABLED=true",
		"PGRST_CLIENT_ERROR_HINTS=true",
		"PGRST_DB_ETAG=on-request",
		"PGRST_DB_IDEMPOTENCY=true",
		"PGRST_JWT_SECRET="+jwtSecret,
		"PGRST_SERVER_HOST=127.0.0.1",
		fmt.Sprintf("PGRST_SERVER_PORT=%d", o.Port),
		fmt.Sprintf("PGRST_ADMIN_SERVER_PORT=%d", o.Port+1),
		"PGRST_ADMIN_METRICS_RELATIONS=20",
		"PGRST_LOG_LEVEL=info",
	)
}

// awaitReady blocks until the gateway serves the sample database.
func (g *gateway) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		err := g.probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-g.exited:
			return errGatewayEnded
		case <-ctx.Done():
			return fmt.Errorf("gateway: %w: %w", ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (g *gateway) probe(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, g.url+"/genres", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// stop asks the gateway to end, waits for it, and kills it if it does not end in time.
func (g *gateway) stop() error {
	_ = g.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-g.exited:
		return nil
	case <-time.After(10 * time.Second):
		_ = g.cmd.Process.Kill()
		<-g.exited
		return errors.New("gateway: killed because it did not end in time")
	}
}
