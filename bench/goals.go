package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"trunkline/bench/report"
)

const goalsUsage = `Usage: bench goals --target old=COMMAND --target new=COMMAND [flags]

Measures some scenarios on both targets and the floor, interleaved, and tells which of the goals that were set for the
executor the last target reaches beside the first. Goals are for the median of the rounds; where it misses and a round
did not, the goal is called open. The exit status is 1 if one is missed in every round. Event triggers are installed
first, and the floor is that of the last target's statements.

`

// goal bounds a figure of the last target in proportion to the first target or to the floor.
type goal struct {
	scenario, figure string
	of               func(*report.Ratios) report.Spread
	bound            float64
	most             bool // the bound is an upper one; otherwise, a lower one
}

func goals() []goal {
	rate := func(r *report.Ratios) report.Spread { return r.Rate }
	tail := func(r *report.Ratios) report.Spread { return r.P999 }
	all := []goal{
		{"single_row", "requests/s", rate, 1.35, false},
		{"single_row", "of the floor", func(r *report.Ratios) report.Spread { return r.OfFloor }, 0.55, false},
		{"single_row", "database CPU", func(r *report.Ratios) report.Spread { return r.DatabaseCPU }, 0.65, true},
		{"jwt_one", "requests/s", rate, 1.25, false},
		{"embed_1", "requests/s", rate, 1.2, false},
		{"embed_3", "requests/s", rate, 1.3, false},
		{"insert_one", "requests/s", rate, 1.3, false},
	}
	for _, name := range goalScenarios() {
		all = append(all, goal{name, "p99.9", tail, 1, true})
	}
	return all
}

// goalScenarios are the scenarios measured for the goals, and page_25 and embed_2, which must not become slower.
func goalScenarios() []string {
	return []string{"single_row", "page_25", "jwt_one", "embed_1", "embed_2", "embed_3", "insert_one"}
}

// verdict returns how a measured figure compares with the goal.
func (g *goal) verdict(x report.Spread) string {
	good := func(v float64) bool { return v != 0 && (g.most && v <= g.bound || !g.most && v >= g.bound) }
	switch {
	case good(x.Middle):
		return "met"
	case good(x.Low) || good(x.High):
		return "open"
	default:
		return "missed"
	}
}

func runGoals(ctx context.Context, args []string, out, progress io.Writer) error {
	s := &suite{progress: newProgress(progress), arguments: append([]string{"goals"}, args...)}
	flags := s.newFlags("bench goals", goalsUsage, progress)
	if err := flags.Parse(args); err != nil {
		return err
	}
	s.floor, s.ratios, s.watchDDL, s.names = true, true, true, goalScenarios()
	if err := s.check(flags.Args()); err != nil {
		return err
	}
	r, err := s.run(ctx)
	if err != nil {
		return err
	}
	if err := s.publish(r, out); err != nil {
		return err
	}
	return writeGoals(out, r)
}

// writeGoals writes a line for each goal, and returns an error that names the missed ones.
func writeGoals(w io.Writer, r *report.Report) error {
	ratios := map[string]*report.Ratios{}
	for _, s := range r.Scenarios {
		ratios[s.Name] = &s.Ratios[len(s.Ratios)-1]
	}
	var missed []string
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "scenario\tfigure\tgoal\tmeasured\t\t")
	for _, g := range goals() {
		sign := "≥"
		if g.most {
			sign = "≤"
		}
		x := g.of(ratios[g.scenario])
		verdict := g.verdict(x)
		if verdict == "missed" {
			missed = append(missed, g.scenario+", "+g.figure)
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s %.2f\t%s\t%s\t\n", g.scenario, g.figure, sign, g.bound, x, verdict)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing goals: %w", err)
	}
	if len(missed) > 0 {
		return errors.New("missed: " + strings.Join(missed, "; "))
	}
	return nil
}
