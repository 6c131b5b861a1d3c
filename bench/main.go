// Command bench is the load-testing suite. It drives servers over HTTP, side by side and interleaved, and knows
// nothing of the gateway's inside. See --help.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

//go:embed scenarios
var embedded embed.FS

const usage = `Usage: bench [flags]                 measure
       bench compare [flags] A.json B.json    what B does slower than A

Each --target is NAME=COMMAND, a server that the suite starts with PGRST_* variables, or NAME=http://HOST:PORT, one
that runs already. Without --db the suite runs a PostgreSQL of its own.

  bench --target trunkline=./trunkline
  bench --target a=./trunkline --target b=/path/to/postgrest --scenario single_row,page_25 --floor

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out, progress io.Writer) error {
	if len(args) > 0 && args[0] == "compare" {
		return compare(args[1:], out)
	}
	s, err := parseFlags(args, progress)
	if err != nil {
		return err
	}
	r, err := s.run(ctx)
	if err != nil {
		return err
	}
	return s.publish(r, out)
}

// targets collects the --target flags.
type targets []targetFlag

type targetFlag struct{ name, command string }

// String implements flag.Value.
func (t *targets) String() string { return "" }

// Set implements flag.Value.
func (t *targets) Set(text string) error {
	name, command, ok := strings.Cut(text, "=")
	if !ok || name == "" || command == "" {
		return errors.New("want NAME=COMMAND or NAME=URL")
	}
	*t = append(*t, targetFlag{name, command})
	return nil
}

func parseFlags(args []string, progress io.Writer) (*suite, error) {
	s := &suite{progress: progress, arguments: args}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.Usage = func() {
		_, _ = fmt.Fprint(progress, usage)
		flags.PrintDefaults()
	}
	var names, folder string
	flags.Var(&s.targets, "target", "server to measure, `NAME=COMMAND` or NAME=URL; repeatable")
	flags.StringVar(&names, "scenario", "", "scenarios, separated by commas; all if empty")
	flags.StringVar(&folder, "scenarios", "", "folder of scenario files; the built-in ones if empty")
	flags.IntVar(&s.clients, "clients", 32, "clients that send requests at once")
	flags.IntVar(&s.pool, "pool", 10, "connections of each server to the database")
	flags.DurationVar(&s.duration, "duration", 5*time.Second, "time of each measurement")
	flags.DurationVar(&s.warmup, "warmup", time.Second, "time of each warm-up, which is not measured")
	flags.IntVar(&s.rounds, "rounds", 3, "rounds, in each of which every target takes its turn")
	flags.Float64Var(&s.rate, "rate", 0, "requests in a second for an open loop; 0 for a closed one")
	flags.BoolVar(&s.floor, "floor", false, "measure the bare statements with pgbench too")
	flags.DurationVar(&s.delay, "delay", 0, "delay of each direction between servers and database")
	flags.StringVar(&s.pgbench, "pgbench", "", "pgbench executable; looked for if empty")
	flags.StringVar(&s.json, "json", "", "file to write the results to as JSON")
	flags.StringVar(&s.markdown, "markdown", "", "file to write the results to as Markdown")
	flags.StringVar(&s.html, "html", "", "file to write the results to as a page")
	if err := flags.Parse(args); err != nil {
		return nil, err //nolint:wrapcheck // printed already
	}
	if flags.NArg() > 0 || len(s.targets) == 0 {
		flags.Usage()
		return nil, errors.New("at least one --target is needed, and nothing besides flags")
	}
	if s.clients < 1 || s.rounds < 1 || s.duration <= 0 || s.pool < 1 {
		return nil, errors.New("clients, pool, rounds and duration must be positive")
	}
	if names != "" {
		s.names = strings.Split(names, ",")
	}
	if folder != "" {
		s.files = os.DirFS(folder)
		return s, nil
	}
	files, err := fs.Sub(embedded, "scenarios")
	if err != nil {
		return nil, fmt.Errorf("opening the built-in scenarios: %w", err)
	}
	s.files = files
	return s, nil
}
