package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"trunkline/bench/report"
	"trunkline/bench/scenario"
)

const curveUsage = `Usage: bench curve --over WHAT [--values V,V,…] [flags]

Measures one scenario at several values of one thing and reports the points, with curves on the page:

  --over connections   connections of each server, and of the floor, to the database; servers are started anew
  --over clients       clients of the closed loop
  --over rate          requests offered in a second, in an open loop
  --over delay         delay of each direction between servers and database; servers are started anew
  --over rows          rows of an answer
  --over depth         levels of embeds
  --over bytes         size of one JSON answer
  --over lines         rows of 1 KB in an answer of JSON lines

The first four take --scenario; rows, depth and the other files of the folder curves bring requests of their own.

  bench curve --target trunkline=./trunkline --over connections --floor --html connections.html
  bench curve --target a=./trunkline --target b=/path/to/postgrest --over clients --values 1,8,64,512
  bench curve --target trunkline=./trunkline --over delay --values 0,0.2ms,1ms,5ms --scenario page_25

`

// curve describes a run that varies one setting or one scenario.
type curve struct {
	over     string
	values   string
	scenario string // if a setting is varied
}

// point is one value of a curve.
type point struct {
	at    float64 // as it appears in the report
	text  string
	apply func(*suite) // changes the suite's settings
	// restart is set if the servers must be restarted.
	restart  bool
	scenario *scenario.Scenario
}

func runCurve(ctx context.Context, args []string, out, progress io.Writer) error {
	s := &suite{progress: newProgress(progress), arguments: append([]string{"curve"}, args...)}
	flags := s.newFlags("bench curve", curveUsage, progress)
	var c curve
	flags.StringVar(&c.over, "over", "", "what varies: connections, clients, rate, delay, rows, depth, or another file of curves")
	flags.StringVar(&c.values, "values", "", "values to measure at, separated by commas; some usual ones if empty")
	flags.StringVar(&c.scenario, "scenario", "single_row", "scenario to measure, unless it comes with the curve")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := s.check(flags.Args()); err != nil {
		return err
	}
	points, err := c.points(s.files)
	if err != nil {
		return err
	}
	r, err := s.runPoints(ctx, c.over, points)
	if err != nil {
		return err
	}
	return s.publish(r, out)
}

// setting is a setting of the suite that a curve can vary.
type setting struct {
	defaults string
	restart  bool
	parse    func(value string) (at float64, apply func(*suite), err error)
}

func settings() map[string]setting {
	return map[string]setting{
		"connections": {"1,2,4,8,16,32,64", true, whole(func(s *suite, n int) { s.pool = n })},
		"clients":     {"1,2,4,8,16,32,64,128,256,512", false, whole(func(s *suite, n int) { s.clients = n })},
		"rate":        {"100,200,500,1000,2000,5000", false, whole(func(s *suite, n int) { s.rate = float64(n) })},
		"delay":       {"0,0.2ms,1ms,5ms", true, parseDelay},
	}
}

// whole parses positive integers.
func whole(set func(*suite, int)) func(string) (float64, func(*suite), error) {
	return func(value string) (float64, func(*suite), error) {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return 0, nil, fmt.Errorf("%q is not a positive number", value)
		}
		return float64(n), func(s *suite) { set(s, n) }, nil
	}
}

func parseDelay(value string) (float64, func(*suite), error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return 0, nil, fmt.Errorf("%q is not a delay", value)
	}
	return float64(d) / float64(time.Millisecond), func(s *suite) { s.delay = d }, nil
}

// points returns the points of the curve.
func (c *curve) points(files fs.FS) ([]point, error) {
	if varied, ok := settings()[c.over]; ok {
		return c.settingPoints(files, varied)
	}
	known, err := scenario.Curves(files)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(known, c.over) {
		return nil, fmt.Errorf("--over must be one of connections, clients, rate, delay, %s; not %q", strings.Join(known, ", "), c.over)
	}
	return c.templatePoints(files)
}

func (c *curve) settingPoints(files fs.FS, varied setting) ([]point, error) {
	scenarios, err := scenario.Load(files, []string{c.scenario})
	if err != nil {
		return nil, err
	}
	if c.values == "" {
		c.values = varied.defaults
	}
	var all []point
	for value := range strings.SplitSeq(c.values, ",") {
		at, apply, err := varied.parse(value)
		if err != nil {
			return nil, fmt.Errorf("--values: %w", err)
		}
		all = append(all, point{at, value, apply, varied.restart, scenarios[0]})
	}
	return all, nil
}

func (c *curve) templatePoints(files fs.FS) ([]point, error) {
	template, err := scenario.LoadCurve(files, c.over)
	if err != nil {
		return nil, err
	}
	values := template.Values
	if c.values != "" {
		values = nil
		for text := range strings.SplitSeq(c.values, ",") {
			value, err := strconv.Atoi(text)
			if err != nil || value < 0 {
				return nil, fmt.Errorf("--values: %q is not a number", text)
			}
			values = append(values, value)
		}
	}
	var all []point
	for _, value := range values {
		sc, err := template.At(value)
		if err != nil {
			return nil, err
		}
		all = append(all, point{at: float64(value), text: strconv.Itoa(value), apply: func(*suite) {}, scenario: sc})
	}
	return all, nil
}

// runPoints measures one point after the other. The database is kept; servers are restarted if a point requires it.
func (s *suite) runPoints(ctx context.Context, over string, points []point) (*report.Report, error) {
	if points[0].restart && s.targets.anyURL() {
		return nil, errors.New("--over " + over + " requires servers that the suite starts")
	}
	stop, err := s.startDatabase(ctx)
	defer stop()
	if err != nil {
		return nil, err
	}
	var r *report.Report
	stopServers := func() {}
	defer func() { stopServers() }()
	for i, p := range points {
		p.apply(s)
		if i == 0 || p.restart {
			stopServers()
			if stopServers, err = s.startServers(ctx); err != nil {
				return nil, err
			}
		}
		if r == nil {
			r = s.newReport()
			r.Over = over
		}
		sc := *p.scenario
		if sc.Name != over {
			sc.Name += ", " + over
		}
		sc.Name += " " + p.text
		result, err := s.measure(ctx, &sc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sc.Name, err)
		}
		result.At = p.at
		r.Scenarios = append(r.Scenarios, *result)
	}
	s.notePeaks(r)
	return r, ctx.Err()
}
