package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync/atomic"

	"trunkline/bench/floor"
	"trunkline/bench/load"
	"trunkline/bench/proxy"
	"trunkline/bench/report"
	"trunkline/bench/scenario"
	"trunkline/bench/stack"
)

// samples is the number of requests whose statements the floor repeats. More would read more different rows, but each
// costs prepared statements on each connection.
const samples = 16

// bareFloor is the floor of one scenario: what the first server that the suite starts sends for some of its requests.
type bareFloor struct {
	runner     floor.Runner
	statements [][]proxy.Statement
	close      func()
}

// prepareFloor records the statements of a scenario. It returns nil if no floor is to be measured; otherwise the
// caller must close it.
func (s *suite) prepareFloor(
	ctx context.Context, sc *scenario.Scenario, requests []scenario.Concrete,
) (*bareFloor, error) {
	if !s.floor || sc.NoFloor || s.database == nil {
		return nil, nil //nolint:nilnil // said above
	}
	program, err := s.findPGBench()
	if err != nil {
		return nil, err
	}
	statements, err := s.record(ctx, requests)
	if err != nil {
		return nil, err
	}
	closeProxy, dsn, err := s.delayed(s.database.DSN(), nil)
	if err != nil {
		return nil, err
	}
	return &bareFloor{
		runner:     floor.Runner{PGBench: program, DSN: dsn, Connections: s.pool, DatabasePid: s.database.Pid(), Delay: s.delay},
		statements: statements, close: closeProxy,
	}, nil
}

// round measures the floor once.
func (b *bareFloor) round(ctx context.Context, s *suite, label string) (report.Round, error) {
	var done atomic.Int64
	stop := s.progress.watch(label, &done)
	defer stop()
	b.runner.Progress = func(transactions int64) { done.Add(transactions) }
	m, err := b.runner.Run(ctx, b.statements, s.warmup, s.duration)
	if err != nil {
		return report.Round{}, err //nolint:wrapcheck // says what it is
	}
	return report.Round{Rate: m.Rate, CPU: m.CPU, DatabaseCPU: m.DatabaseCPU}, nil
}

// record starts the first server of the suite once more, behind a recording proxy, and returns what it sends for some
// of the requests, when it has answered others before and everything is prepared.
func (s *suite) record(ctx context.Context, requests []scenario.Concrete) ([][]proxy.Statement, error) {
	uri, err := s.database.URI()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it is
	}
	recorder, err := proxy.Record(uri)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it is
	}
	defer recorder.Close()
	server, err := s.startServer(ctx, s.firstCommand(), recorder.URI())
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
	const before = 2 // requests that have the server connect and prepare
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
			return nil, errors.New("recording: the server answered without asking the database")
		}
		all = append(all, statements)
	}
	return all, nil
}

// firstCommand is the first target that the suite starts itself. There is one if there is a database.
func (s *suite) firstCommand() targetFlag {
	for _, t := range s.targets {
		if !stack.IsURL(t.command) {
			return t
		}
	}
	panic("BUG: a database was started for no server")
}

// findPGBench looks where PostgreSQL's programs usually are, unless a place was named.
func (s *suite) findPGBench() (string, error) {
	if s.pgbench != "" {
		return s.pgbench, nil
	}
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		return "", errors.New("pgbench was not found; name it with --pgbench")
	}
	return found[len(found)-1], nil
}
