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

// publish writes the report wherever it was asked for, and fails if a target failed.
func (s *suite) publish(r *report.Report, out io.Writer) error {
	if err := r.WriteTable(out); err != nil {
		return err //nolint:wrapcheck // says what it is
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
	return failures(r)
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name) //nolint:gosec // the user names it
	if err != nil {
		return fmt.Errorf("creating a report: %w", err)
	}
	return errors.Join(write(f), f.Close())
}

// failures is an error that lists what was answered wrongly.
func failures(r *report.Report) error {
	var all []string
	for _, s := range r.Scenarios {
		for _, x := range s.Results {
			if x.Failed > 0 {
				all = append(all, fmt.Sprintf("%s of %s: %d failed, first %s", s.Name, x.Target, x.Failed, x.FirstFailure))
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return errors.New(strings.Join(all, "\n"))
}

func compare(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench compare", flag.ContinueOnError)
	tolerance := flags.Float64("tolerance", 0.1, "how much slower is not worth mention; 0.1 is a tenth")
	if err := flags.Parse(args); err != nil {
		return err //nolint:wrapcheck // printed already
	}
	if flags.NArg() != 2 {
		return errors.New("compare wants two files")
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
		return err //nolint:wrapcheck // says what it is
	}
	if len(worse) > 0 {
		return fmt.Errorf("slower: %s", strings.Join(worse, ", "))
	}
	return nil
}
