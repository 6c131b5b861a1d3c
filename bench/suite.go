package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"trunkline/bench/proxy"
	"trunkline/bench/report"
	"trunkline/bench/scenario"
	"trunkline/bench/stack"
	"trunkline/deploy/freeport"
)

// suite is one run: its settings and what it has started.
type suite struct {
	targets     targets
	folder      string
	files       fs.FS
	names       []string
	clients     int
	pool        int
	duration    time.Duration
	warmup      time.Duration
	rounds      int
	rate        float64
	outstanding int
	allow503    bool
	floor       bool
	fullFloor   bool
	ratios      bool
	watchDDL    bool
	delay       time.Duration
	secret      string
	pgbench     string
	progress    *progress
	arguments   []string

	json, markdown, html string

	keys     *stack.Keys
	database *stack.Database // nil if the suite starts no server
	servers  []*stack.Server
}

func (s *suite) run(ctx context.Context) (*report.Report, error) {
	scenarios, err := scenario.Load(s.files, s.names)
	if err != nil {
		return nil, err
	}
	scenarios = s.possible(scenarios)
	stop, err := s.startDatabase(ctx)
	defer stop()
	if err != nil {
		return nil, err
	}
	stopServers, err := s.startServers(ctx)
	defer stopServers()
	if err != nil {
		return nil, err
	}
	r := s.newReport()
	for _, sc := range scenarios {
		result, err := s.measure(ctx, sc)
		if err != nil {
			return nil, fmt.Errorf("scenario %s: %w", sc.Name, err)
		}
		r.Scenarios = append(r.Scenarios, *result)
	}
	s.notePeaks(r)
	return r, ctx.Err()
}

// possible removes scenarios that running servers cannot serve, unless they were requested by name: those servers do
// not have this run's RSA key.
func (s *suite) possible(all []*scenario.Scenario) []*scenario.Scenario {
	if len(s.names) > 0 || !s.targets.anyURL() {
		return all
	}
	var kept []*scenario.Scenario
	for _, sc := range all {
		if sc.RSA() {
			s.progress.printf("leaving out %s: servers that run already do not know the key", sc.Name)
			continue
		}
		kept = append(kept, sc)
	}
	return kept
}

func (t targets) anyURL() bool {
	for _, one := range t {
		if stack.IsURL(one.command) {
			return true
		}
	}
	return false
}

// newReport returns a report that contains what is known of the servers before any load.
func (s *suite) newReport() *report.Report {
	r := &report.Report{
		Machine: machine(), Time: time.Now(), Command: commandLine(s.arguments),
		Clients: s.clients, Pool: s.pool, Duration: s.duration, Rounds: s.rounds, OpenRate: s.rate, Delay: s.delay,
	}
	for _, server := range s.servers {
		r.Targets = append(r.Targets, report.Target{
			Name: server.Name, Ready: server.Ready, IdleMemory: stack.UsageOf(server.Pid()).Resident,
		})
	}
	return r
}

// commandLine returns the command that runs the suite with these arguments, in shell syntax.
func commandLine(arguments []string) string {
	words := []string{"bench"}
	for _, a := range arguments {
		if a == "" || strings.ContainsAny(a, " \t\n\"'\\$`*?[]{}()<>|&;#~!") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// notePeaks sets each target's peak memory to the highest of its scenarios.
func (s *suite) notePeaks(r *report.Report) {
	for i := range r.Targets {
		for _, sc := range r.Scenarios {
			r.Targets[i].PeakMemory = max(r.Targets[i].PeakMemory, sc.Results[i].Peak)
		}
	}
}

// startDatabase creates keys and starts the database, unless every target is already running. The returned function
// stops what was started, also after an error.
func (s *suite) startDatabase(ctx context.Context) (stop func(), err error) {
	stop = func() {}
	if s.keys, err = stack.NewKeys(s.secret); err != nil {
		return stop, err
	}
	for _, t := range s.targets {
		if stack.IsURL(t.command) || s.database != nil {
			continue
		}
		s.progress.printf("starting PostgreSQL")
		if s.database, err = stack.StartDatabase(ctx, s.files, "schema.sql"); err != nil {
			return stop, err
		}
		stop = func() { _ = s.database.Stop() }
	}
	if s.watchDDL && s.database != nil {
		command, _ := strings.CutPrefix(s.reference().command, overUnix)
		err = s.database.WatchDDL(ctx, command)
	}
	return stop, err
}

// startServers starts the targets that are not running, with the current delay and pool size. The returned function
// stops them, also after an error.
func (s *suite) startServers(ctx context.Context) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for i := len(stops) - 1; i >= 0; i-- {
			stops[i]()
		}
		s.servers = nil
	}
	uri := ""
	if s.database != nil {
		var closeProxy func()
		if closeProxy, uri, err = s.delayed(s.database.URI()); err != nil {
			return stop, err
		}
		stops = append(stops, closeProxy)
	}
	for _, t := range s.targets {
		server, err := s.startServer(ctx, t, uri)
		if err != nil {
			return stop, err
		}
		stops = append(stops, server.Stop)
		s.servers = append(s.servers, server)
	}
	return stop, nil
}

// delayed returns a connection string through a delaying proxy if there is a delay.
func (s *suite) delayed(direct string, err error) (closeProxy func(), uri string, _ error) {
	if err != nil || s.delay == 0 {
		return func() {}, direct, err
	}
	p, err := proxy.Start(direct, s.delay)
	if err != nil {
		return func() {}, "", err
	}
	return p.Close, p.URI(), nil
}

func (s *suite) startServer(ctx context.Context, t targetFlag, uri string) (*stack.Server, error) {
	if stack.IsURL(t.command) {
		return stack.RunningServer(t.name, t.command)
	}
	port, err := freeport.Find(2) // the admin server takes the next one
	if err != nil {
		return nil, err
	}
	c := stack.Configuration{URI: uri, Pool: s.pool, Port: port, Keys: s.keys}
	var command string
	command, c.Unix = strings.CutPrefix(t.command, overUnix)
	return stack.StartServer(ctx, t.name, command, c)
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
