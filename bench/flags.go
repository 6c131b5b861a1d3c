package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"trunkline/bench/load"
	"trunkline/bench/stack"
)

const usage = `Usage: bench [flags]                       measure scenarios
       bench curve [flags]                 measure one scenario while one thing varies
       bench compare [flags] A.json B.json tell what is worse in B than in A
       bench goals [flags]                 measure whether the last target is as much quicker than the first as it should be
       bench reload [flags]                measure how a server takes up changes of its schema

Each --target is NAME=COMMAND, a server that the suite starts, or NAME=http://HOST:PORT/PREFIX, one that runs already.
Any number of them is measured side by side, a round of each in turn.

A server that the suite starts is configured by PGRST_* variables, as PostgREST is, and connects to a PostgreSQL of the
suite's own. It is ready when /ready on its admin port says so; without an admin port, when its API has answered for two
seconds. With unix: before COMMAND its API listens on a unix socket, as nginx beside it may ask it to, instead of
loopback TCP. A server that runs already must serve the schema bench of bench/scenarios/schema.sql and verify tokens with
--jwt-secret; its processor time and memory are not seen.

  bench --target trunkline=./trunkline --floor --html results.html
  bench --target a=./trunkline --target b=/path/to/postgrest --scenario single_row,page_25
  bench --target tcp=./trunkline --target unix=unix:./trunkline --floor
  bench --target old=./old --target new=./new --ratios --floor --scenario single_row
  bench --target trunkline=./trunkline --rate 2000 --scenario single_row          latency at a fixed rate
  bench --target trunkline=./trunkline --rate 100000 --allow-503 --scenario single_row      overload
  bench --target trunkline=./trunkline --delay 1ms                                at a distance

In an open loop (--rate) the latency of a request counts from when it was due, however late it could be sent; columns
that say "sent" count from the sending. Requests that could not be sent at all by the end are "unsent": beyond what the
machine can generate, they are many, and the generator takes processor time from servers on the same machine.

`

const scenariosUsage = `
A folder of --scenarios holds schema.sql, a YAML file for each scenario, and a folder curves of those for bench curve;
bench/scenarios has examples, the documentation of the package bench/scenario tells the keys. The built-in scenarios:

  `

// newFlags defines the flags shared by runs with and without a curve.
func (s *suite) newFlags(name, usage string, progress io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.Usage = func() {
		_, _ = fmt.Fprint(progress, usage, "Flags:\n")
		flags.PrintDefaults()
	}
	flags.Var(&s.targets, "target", "server to measure, `NAME=COMMAND`, NAME=unix:COMMAND or NAME=URL; repeatable")
	flags.StringVar(&s.folder, "scenarios", "", "`folder` of scenario files; the built-in ones if empty")
	flags.IntVar(&s.clients, "clients", 32, "clients that send requests at once, in a closed loop")
	flags.IntVar(&s.pool, "pool", 10, "connections of each server to the database, and of the floor")
	flags.DurationVar(&s.duration, "duration", 5*time.Second, "time of each measurement")
	flags.DurationVar(&s.warmup, "warmup", time.Second, "time of each warm-up, which is not measured")
	flags.IntVar(&s.rounds, "rounds", 3, "rounds, in each of which every target takes its turn")
	flags.Float64Var(&s.rate, "rate", 0, "requests in a second for an open loop; 0 for a closed one")
	flags.IntVar(&s.outstanding, "outstanding", load.DefaultOutstanding, "requests of an open loop that may be under way")
	flags.BoolVar(&s.allow503, "allow-503", false, "count answers of 503 as refused, not as failed")
	flags.BoolVar(&s.floor, "floor", false, "measure the main statements alone with pgbench too")
	flags.BoolVar(&s.fullFloor, "full-floor", false, "beside the floor, measure all statements of a request with pgbench")
	flags.BoolVar(&s.ratios, "ratios", false,
		"compare each target with the first, round by round; the floor is then that of the last one's statements")
	flags.BoolVar(&s.watchDDL, "watch-ddl", false, "have a target install its event triggers first, as an operator does")
	flags.DurationVar(&s.delay, "delay", 0, "delay of each direction between servers and database")
	flags.StringVar(&s.secret, "jwt-secret", stack.DefaultSecret, "secret that signs tokens")
	flags.StringVar(&s.pgbench, "pgbench", "", "pgbench `executable`; looked for if empty")
	flags.StringVar(&s.json, "json", "", "`file` to write the results to as JSON")
	flags.StringVar(&s.markdown, "markdown", "", "`file` to write the results to as Markdown")
	flags.StringVar(&s.html, "html", "", "`file` to write the results to as a page with plots")
	return flags
}

func parseFlags(args []string, out io.Writer) (*suite, error) {
	s := &suite{progress: newProgress(out), arguments: args}
	builtIn, err := scenarioNames()
	if err != nil {
		return nil, err
	}
	flags := s.newFlags("bench", usage, out)
	printFlags := flags.Usage
	flags.Usage = func() {
		printFlags()
		_, _ = fmt.Fprint(out, scenariosUsage, strings.Join(builtIn, "\n  "), "\n")
	}
	var names string
	flags.StringVar(&names, "scenario", "", "scenarios, separated by commas; all if empty")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if names != "" {
		s.names = strings.Split(names, ",")
	}
	return s, s.check(flags.Args())
}

// check validates the shared flags, and opens the directory of scenarios.
func (s *suite) check(rest []string) error {
	if len(s.targets) == 0 || len(rest) > 0 {
		return errors.New("at least one --target is required, and no arguments besides flags; see --help")
	}
	if s.ratios && len(s.targets) < 2 {
		return errors.New("ratios require two targets; see --help")
	}
	s.floor = s.floor || s.fullFloor
	if s.clients < 1 || s.rounds < 1 || s.duration <= 0 || s.pool < 1 || s.outstanding < 1 {
		return errors.New("clients, pool, rounds, duration and outstanding must be positive")
	}
	if s.rate < 0 || s.warmup < 0 || s.delay < 0 {
		return errors.New("rate, warmup and delay must not be negative")
	}
	if s.folder != "" {
		s.files = os.DirFS(s.folder)
		return nil
	}
	files, err := fs.Sub(embedded, "scenarios")
	if err != nil {
		return fmt.Errorf("opening the built-in scenarios: %w", err)
	}
	s.files = files
	return nil
}

// scenarioNames returns the names of the built-in scenarios.
func scenarioNames() ([]string, error) {
	names, err := fs.Glob(embedded, "scenarios/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing the built-in scenarios: %w", err)
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(name, "scenarios/"), ".yaml")
	}
	return names, nil
}

// targets collects the --target flags.
type targets []targetFlag

type targetFlag struct{ name, command string }

// overUnix precedes the command of a server that is to listen on a unix socket.
const overUnix = "unix:"

// String implements flag.Value.
func (t *targets) String() string { return "" }

// Set implements flag.Value.
func (t *targets) Set(text string) error {
	name, command, ok := strings.Cut(text, "=")
	if !ok || name == "" || command == "" {
		return errors.New("want NAME=COMMAND or NAME=URL")
	}
	for _, other := range *t {
		if other.name == name {
			return errors.New("two targets are called " + name)
		}
	}
	*t = append(*t, targetFlag{name, command})
	return nil
}
