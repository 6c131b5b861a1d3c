package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"

	"trunkline/bench/floor"
	"trunkline/bench/load"
	"trunkline/bench/proxy"
	"trunkline/bench/report"
	"trunkline/bench/scenario"
	"trunkline/bench/stack"
)

// samples is the number of requests whose statements the floor repeats. More would read more different rows, but each
// has its own prepared statements on each connection, and PostgreSQL plans each of them five times before it keeps a
// plan.
const samples = 4

// bareFloor is a floor of one scenario: the statements that the reference server sends for some of its requests.
type bareFloor struct {
	name       string
	runner     floor.Runner
	statements [][]proxy.Statement
	rounds     []report.Round
}

// prepareFloors records the statements of a scenario and returns its floors, the lean one first. There are none if they
// are not to be measured. The caller must call the returned function.
func (s *suite) prepareFloors(
	ctx context.Context, sc *scenario.Scenario, requests []scenario.Concrete,
) (floors []*bareFloor, stop func(), err error) {
	if !s.floor || sc.NoFloor || s.database == nil {
		return nil, func() {}, nil
	}
	program, err := s.findPGBench()
	if err != nil {
		return nil, nil, err
	}
	statements, err := s.record(ctx, requests)
	if err != nil {
		return nil, nil, err
	}
	lean, err := floor.Main(statements, stack.Schema)
	if err != nil {
		return nil, nil, err
	}
	settings, err := session(&requests[0])
	if err != nil {
		return nil, nil, err
	}
	stop, dsn, err := s.delayed(s.database.DSN(), nil)
	if err != nil {
		return nil, nil, err
	}
	runner := floor.Runner{PGBench: program, DSN: dsn, Connections: s.pool, DatabasePid: s.database.Pid(), Delay: s.delay}
	if s.fullFloor {
		floors = []*bareFloor{{name: "(full floor)", runner: runner, statements: statements}}
	}
	runner.Settings = settings
	return append([]*bareFloor{{name: "(floor)", runner: runner, statements: lean}}, floors...), stop, nil
}

// session returns the session settings with which a request's main statement runs as it does in a gateway: the role and
// the claims of the request's token.
func session(request *scenario.Concrete) (map[string]string, error) {
	settings := map[string]string{"role": stack.AnonymousRole, "search_path": stack.Schema + ", public"}
	for _, h := range request.Headers {
		token, ok := strings.CutPrefix(h[1], "Bearer ")
		if h[0] != "Authorization" || !ok {
			continue
		}
		role, claims, err := stack.Claims(token)
		if err != nil {
			return nil, err
		}
		settings["role"], settings["request.jwt.claims"] = role, claims
	}
	return settings, nil
}

// round measures the floor once.
func (b *bareFloor) round(ctx context.Context, s *suite, label string) error {
	var done atomic.Int64
	stop := s.progress.watch(label+b.name, &done)
	defer stop()
	b.runner.Progress = func(transactions int64) { done.Add(transactions) }
	m, err := b.runner.Run(ctx, b.statements, s.warmup, s.duration)
	if err != nil {
		return fmt.Errorf("measuring the floor: %w", err)
	}
	b.rounds = append(b.rounds, report.Round{Rate: m.Rate, CPU: m.CPU, DatabaseCPU: m.DatabaseCPU})
	return nil
}

// record starts another server behind a recording proxy, and returns the statements that it sends for some of the
// requests after it has answered others, so that everything is prepared.
func (s *suite) record(ctx context.Context, requests []scenario.Concrete) ([][]proxy.Statement, error) {
	uri, err := s.database.URI()
	if err != nil {
		return nil, err
	}
	recorder, err := proxy.Record(uri)
	if err != nil {
		return nil, err
	}
	defer recorder.Close()
	server, err := s.startServer(ctx, s.reference(), recorder.URI())
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	return listen(server, recorder, requests)
}

// listen sends requests one by one and returns the statements of each.
func listen(
	server *stack.Server, recorder *proxy.Recorder, requests []scenario.Concrete,
) ([][]proxy.Statement, error) {
	var all [][]proxy.Statement
	const before = 2 // requests that make the server connect and prepare
	for i := range samples + before {
		recorder.Take()
		r := load.Once(server.Addr, requests[i%len(requests)])
		if r.Failed > 0 {
			return nil, fmt.Errorf("recording: %s", r.FirstFailure)
		}
		if i < before {
			continue
		}
		statements := recorder.Take()
		if len(statements) == 0 {
			return nil, errors.New("recording: the server answered without sending a statement")
		}
		all = append(all, statements)
	}
	return all, nil
}

// reference returns the target whose statements make the floor: the first that the suite starts itself, or the last if
// targets are compared with the first. If there is a database, there is such a target.
func (s *suite) reference() targetFlag {
	var own []targetFlag
	for _, t := range s.targets {
		if !stack.IsURL(t.command) {
			own = append(own, t)
		}
	}
	if s.ratios {
		return own[len(own)-1]
	}
	return own[0]
}

// findPGBench returns the pgbench given by a flag, or else looks for one in the usual places.
func (s *suite) findPGBench() (string, error) {
	if s.pgbench != "" {
		return s.pgbench, nil
	}
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		return "", errors.New("pgbench not found; set its path with --pgbench")
	}
	return found[len(found)-1], nil
}
