package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"trunkline/bench/floor"
	"trunkline/bench/load"
	"trunkline/bench/proxy"
	"trunkline/bench/report"
	"trunkline/bench/scenario"
	"trunkline/bench/stack"
)

// suite is one run: its settings and what it has started.
type suite struct {
	targets   targets
	files     fs.FS
	names     []string
	clients   int
	pool      int
	duration  time.Duration
	warmup    time.Duration
	rounds    int
	rate      float64
	floor     bool
	delay     time.Duration
	pgbench   string
	progress  io.Writer
	arguments []string

	json, markdown, html string

	database *stack.Database
	servers  []*stack.Server
	tokens   func(int) string
}

// variants is the number of different requests that a scenario is expanded to.
const variants = 2000

func (s *suite) run(ctx context.Context) (*report.Report, error) {
	scenarios, err := scenario.Load(s.files, s.names)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it is
	}
	s.tokens = stack.Tokens()
	stop, err := s.start(ctx)
	defer stop()
	if err != nil {
		return nil, err
	}
	r := &report.Report{
		Machine: machine(), Time: time.Now(), Command: "bench " + strings.Join(s.arguments, " "),
		Clients: s.clients, Pool: s.pool, Duration: s.duration, Rounds: s.rounds, OpenRate: s.rate,
	}
	for _, server := range s.servers {
		r.Targets = append(r.Targets, report.Target{
			Name: server.Name, Ready: server.Ready, IdleMemory: stack.UsageOf(server.Pid(), false).Resident,
		})
	}
	for _, sc := range scenarios {
		result, err := s.measure(ctx, sc)
		if err != nil {
			return nil, fmt.Errorf("scenario %s: %w", sc.Name, err)
		}
		r.Scenarios = append(r.Scenarios, *result)
	}
	for i, server := range s.servers {
		r.Targets[i].PeakMemory = stack.UsageOf(server.Pid(), false).Peak
	}
	return r, ctx.Err()
}

// start starts the database, unless every target runs already, and the targets. The function that it returns stops
// what was started, also after an error.
func (s *suite) start(ctx context.Context) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for i := len(stops) - 1; i >= 0; i-- {
			stops[i]()
		}
	}
	uri := ""
	for _, t := range s.targets {
		address, running := strings.CutPrefix(t.command, "http://")
		if running {
			s.servers = append(s.servers, &stack.Server{Name: t.name, Addr: strings.TrimSuffix(address, "/")})
			continue
		}
		if s.database == nil {
			s.say("starting PostgreSQL")
			if s.database, err = stack.StartDatabase(ctx, s.files, "schema.sql"); err != nil {
				return stop, err //nolint:wrapcheck // says what it is
			}
			stops = append(stops, func() { _ = s.database.Stop() })
			closeProxy, through, err := s.delayed(s.database)
			if err != nil {
				return stop, err
			}
			stops, uri = append(stops, closeProxy), through
		}
		server, err := s.startServer(ctx, t, uri)
		if err != nil {
			return stop, err
		}
		stops = append(stops, func() { _ = server.Stop() })
		s.servers = append(s.servers, server)
	}
	return stop, nil
}

// delayed returns the connection string for servers, which leads through a delaying proxy if one is asked for.
func (s *suite) delayed(d *stack.Database) (closeProxy func(), uri string, err error) {
	uri, err = d.URI()
	if err != nil || s.delay == 0 {
		return func() {}, uri, err //nolint:wrapcheck // says what it is
	}
	p, err := proxy.Start(uri, s.delay)
	if err != nil {
		return func() {}, "", err //nolint:wrapcheck // says what it is
	}
	return p.Close, p.URI(), nil
}

func (s *suite) startServer(ctx context.Context, t targetFlag, uri string) (*stack.Server, error) {
	s.say("starting %s", t.name)
	port, err := stack.FreePort()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it is
	}
	return stack.StartServer(ctx, t.name, t.command, port, stack.Environment(uri, port, s.pool, nil)) //nolint:wrapcheck // says what it is
}

// measure takes every target through the rounds of one scenario.
func (s *suite) measure(ctx context.Context, sc *scenario.Scenario) (*report.Scenario, error) {
	requests := sc.Expand(variants, 1, s.tokens)
	rounds := make([][]report.Round, len(s.servers))
	for round := range s.rounds {
		for i, server := range s.servers {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			s.say("%s, round %d of %d: %s", sc.Name, round+1, s.rounds, server.Name)
			_ = s.load(ctx, server, sc, requests, s.warmup)
			rounds[i] = append(rounds[i], s.observe(ctx, server, sc, requests))
		}
	}
	result := &report.Scenario{Name: sc.Name, About: sc.About}
	for i, server := range s.servers {
		result.Results = append(result.Results, report.Summarise(server.Name, rounds[i]))
	}
	if s.floor && !sc.NoFloor && s.database != nil {
		rate, err := s.measureFloor(ctx, requests[0])
		if err != nil {
			return nil, fmt.Errorf("measuring the floor: %w", err)
		}
		result.Floor = rate
	}
	return result, nil
}

func (s *suite) load(
	ctx context.Context, server *stack.Server, sc *scenario.Scenario, requests []scenario.Concrete, d time.Duration,
) *load.Result {
	if s.rate > 0 {
		return load.Open(ctx, server.Addr, requests, s.rate, d)
	}
	return load.Closed(ctx, server.Addr, requests, s.clients, sc.Think, d)
}

// observe measures one round and what the processes used for it.
func (s *suite) observe(
	ctx context.Context, server *stack.Server, sc *scenario.Scenario, requests []scenario.Concrete,
) report.Round {
	databasePid := 0
	if s.database != nil {
		databasePid = s.database.Pid()
	}
	before, databaseBefore := stack.UsageOf(server.Pid(), false), stack.UsageOf(databasePid, true)
	r := s.load(ctx, server, sc, requests, s.duration)
	after, databaseAfter := stack.UsageOf(server.Pid(), false), stack.UsageOf(databasePid, true)
	perRequest := func(d time.Duration) time.Duration { return max(d, 0) / time.Duration(max(r.Requests, 1)) }
	return report.Round{
		Rate: r.Rate(), P50: r.Percentile(50), P99: r.Percentile(99), P999: r.Percentile(99.9),
		CPU: perRequest(after.CPU - before.CPU), DatabaseCPU: perRequest(databaseAfter.CPU - databaseBefore.CPU),
		Failed: r.Failed, FirstFailure: r.FirstFailure,
	}
}

// measureFloor has pgbench send what the first of the suite's own servers sends for a request.
func (s *suite) measureFloor(ctx context.Context, request scenario.Concrete) (float64, error) {
	s.say("the floor")
	program := s.pgbench
	if program == "" {
		var err error
		if program, err = findPGBench(); err != nil {
			return 0, err
		}
	}
	statements, err := s.record(ctx, request)
	if err != nil {
		return 0, err
	}
	// pgbench prepares the statements before the first of them has switched the role, so it has to be a superuser.
	runner := floor.Runner{PGBench: program, DSN: s.database.DSN(), Connections: s.pool}
	return runner.Run(ctx, statements, s.duration) //nolint:wrapcheck // says what it is
}

// record starts the first server once more behind a recording proxy and returns what it sends for a request, when it
// is sent a second time and everything is prepared.
func (s *suite) record(ctx context.Context, request scenario.Concrete) ([]proxy.Statement, error) {
	uri, err := s.database.URI()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it is
	}
	recorder, err := proxy.Record(uri)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it is
	}
	defer recorder.Close()
	server, err := s.startServer(ctx, s.targets[0], recorder.URI())
	if err != nil {
		return nil, err
	}
	defer func() { _ = server.Stop() }()
	for range 2 {
		recorder.Take()
		r := load.Once(server.Addr, request)
		if r.Failed > 0 {
			return nil, fmt.Errorf("recording: %s", r.FirstFailure)
		}
	}
	return recorder.Take(), nil
}

// findPGBench looks where PostgreSQL's programs usually are.
func findPGBench() (string, error) {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("pgbench was not found; name it with --pgbench")
	}
	return found[len(found)-1], nil
}

func (s *suite) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.progress, format+"\n", args...)
}

func machine() string {
	name := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				name = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d × %s", runtime.NumCPU(), name)
}
