package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"trunkline/bench/reload"
	"trunkline/bench/scenario"
	"trunkline/bench/stack"
)

const reloadUsage = `Usage: bench reload --target NAME=COMMAND [flags]

Measures how a server takes up changes of its schema: what a load costs at several numbers of relations, how soon a
change is served, and what clients see while ten changes are made in a second, half of them in a schema that is not
served. The target's event triggers are installed first. The exit status is 1 if a goal is missed.

  bench reload --target trunkline=./trunkline
  bench reload --target trunkline=./trunkline --sizes 100,1000 --serving 1000 --duration 5s     a quick look

`

// reloadHeading is the heading of the results in a file of several.
const reloadHeading = "## Reloads"

type reloadRun struct {
	*suite
	options reload.Options
	sizes   string
	into    string
}

func runReload(ctx context.Context, args []string, out, progress io.Writer) error {
	s := &suite{progress: newProgress(progress), arguments: append([]string{"reload"}, args...)}
	r := &reloadRun{suite: s}
	if err := r.parse(args, progress); err != nil {
		return err
	}
	stop, err := s.startDatabase(ctx)
	defer stop()
	if err != nil {
		return err
	}
	result, err := r.run(ctx)
	if err != nil {
		return err
	}
	if err := r.publish(result, out); err != nil {
		return err
	}
	if missed := result.Missed(); len(missed) > 0 {
		return errors.New("missed: " + strings.Join(missed, "; "))
	}
	return nil
}

func (r *reloadRun) parse(args []string, progress io.Writer) error {
	flags := flag.NewFlagSet("bench reload", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.Usage = func() {
		_, _ = fmt.Fprint(progress, reloadUsage, "Flags:\n")
		flags.PrintDefaults()
	}
	o := &r.options
	flags.Var(&r.targets, "target", "server to measure, `NAME=COMMAND`")
	flags.StringVar(&r.sizes, "sizes", "100,1000,10000,100000", "numbers of relations at which loads are measured")
	flags.IntVar(&o.Changes, "changes", 20, "changes measured at each size")
	flags.IntVar(&o.Serving, "serving", 10_000, "relations of the schema that is changed under load; 0 leaves that out")
	flags.IntVar(&o.Rounds, "rounds", 3, "rounds, each without and with changes")
	flags.DurationVar(&o.Duration, "duration", 20*time.Second, "time of each round without and with changes")
	flags.DurationVar(&o.Calm, "calm", 2*time.Second, "how long nothing must be loaded until the server counts as idle")
	flags.IntVar(&o.Rate, "rate", 10, "changes in a second")
	flags.IntVar(&o.Clients, "clients", 32, "clients of the closed loop that finds the capacity")
	flags.IntVar(&r.pool, "pool", 10, "connections of the server to the database")
	flags.StringVar(&r.into, "into", "", "`file` of Markdown in which the section of reloads is replaced")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r.duration, r.rounds, r.clients, r.outstanding = o.Duration, o.Rounds, o.Clients, 1
	r.secret, r.watchDDL = stack.DefaultSecret, true
	if err := r.check(flags.Args()); err != nil {
		return err
	}
	if len(r.targets) != 1 || r.targets.anyURL() || o.Changes < 1 || o.Rate < 1 {
		return errors.New("one target that the suite starts is required, and positive numbers of changes; see --help")
	}
	return r.parseSizes()
}

func (r *reloadRun) parseSizes() error {
	if r.sizes == "" {
		return nil
	}
	for text := range strings.SplitSeq(r.sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("--sizes: %q is not a positive number", text)
		}
		r.options.Sizes = append(r.options.Sizes, n)
	}
	return nil
}

func (r *reloadRun) run(ctx context.Context) (*reload.Report, error) {
	mixed, err := scenario.Load(r.files, []string{"mixed"})
	if err != nil {
		return nil, err
	}
	o := &r.options
	o.Database, o.Progress = r.database, r.progress.printf
	o.Requests = mixed[0].Expand(mixed[0].Variants(), 1, r.keys.Token)
	o.Start = func(ctx context.Context, uri string) (*stack.Server, error) {
		return r.startServer(ctx, r.targets[0], uri)
	}
	return reload.Run(ctx, *o)
}

func (r *reloadRun) publish(result *reload.Report, out io.Writer) error {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s\n\n%s, %s.\n\n    %s\n\n",
		reloadHeading, machine(), time.Now().Format(time.DateOnly), withoutFlag(commandLine(r.arguments), "into"))
	if err := result.Write(&text); err != nil {
		return err
	}
	if _, err := out.Write(text.Bytes()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if r.into == "" {
		return nil
	}
	return replaceSection(r.into, text.Bytes())
}

// withoutFlag removes a flag and its value from a command line.
func withoutFlag(command, name string) string {
	return regexp.MustCompile(` --?`+name+`[= ]\S+`).ReplaceAllString(command, "")
}

// section matches the section of reloads, to the next one or to the end.
var section = regexp.MustCompile(`(?ms)^` + reloadHeading + `$.*?(?:^## |\z)`)

// replaceSection replaces the section of reloads in a file, or adds it at the end.
func replaceSection(file string, text []byte) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the measurements: %w", err)
	}
	if err := os.WriteFile(file, withSection(content, text), 0o644); err != nil {
		return fmt.Errorf("writing the measurements: %w", err)
	}
	return nil
}

func withSection(content, text []byte) []byte {
	at := section.FindIndex(content)
	if at == nil {
		return append(append(bytes.TrimRight(content, "\n"), "\n\n"...), text...)
	}
	end := at[1]
	if bytes.HasSuffix(content[:end], []byte("\n## ")) {
		end -= len("## ")
		text = append(text, '\n')
	}
	return append(append(bytes.Clone(content[:at[0]]), text...), content[end:]...)
}
