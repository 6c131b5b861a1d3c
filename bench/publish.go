package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"trunkline/bench/report"
)

// publish writes the report in every requested format. It returns an error if a target failed.
func (s *suite) publish(r *report.Report, out io.Writer) error {
	if err := r.WriteTable(out); err != nil {
		return err
	}
	for file, write := range map[string]func(io.Writer) error{
		s.json: r.WriteJSON, s.markdown: r.WriteMarkdown, s.html: r.WriteHTML,
	} {
		if file == "" {
			continue
		}
		if err := writeFile(file, write); err != nil {
			return err
		}
	}
	if failures := r.Failures(); len(failures) > 0 {
		return errors.New(strings.Join(failures, "\n"))
	}
	return nil
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("creating a report: %w", err)
	}
	return errors.Join(write(f), f.Close())
}

const compareUsage = `Usage: bench compare [flags] A.json B.json

Tells how the results of B differ from those of A, which were written with --json. What is worse by more than the
tolerance, with no round of B as good as the worst of A, is a regression: it is named, and the exit status is 1.

Flags:
`

func compare(args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench compare", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.Usage = func() {
		_, _ = fmt.Fprint(progress, compareUsage)
		flags.PrintDefaults()
	}
	tolerance := flags.Float64("tolerance", 0.1, "how much worse is not worth mention; 0.1 is a tenth")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return errors.New("compare requires two files; see --help")
	}
	var reports [2]*report.Report
	for i := range reports {
		f, err := os.Open(flags.Arg(i))
		if err != nil {
			return fmt.Errorf("opening a report: %w", err)
		}
		reports[i], err = report.Read(f)
		_ = f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", flags.Arg(i), err)
		}
	}
	worse, err := report.Compare(out, reports[0], reports[1], *tolerance)
	if err != nil {
		return err
	}
	if len(worse) > 0 {
		return fmt.Errorf("regressions: %s", strings.Join(worse, "; "))
	}
	return nil
}
