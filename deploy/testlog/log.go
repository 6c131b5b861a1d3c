package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// slowest is the number of tests listed at the end.
	slowest = 10
	// long is how long a test must run to be reported as running.
	long = 10 * time.Second
)

// test identifies a test, or a whole package if its name is empty.
type test struct{ pkg, name string }

func (t test) String() string { return strings.TrimSpace(t.pkg + " " + t.name) }

// result is the duration of a test.
type result struct {
	test
	elapsed float64 // in seconds
}

// log is the state of a run.
type log struct {
	out io.Writer
	// running holds the top-level tests that are running, with their start times.
	running map[test]time.Time
	// said holds the output of the tests and packages that have not ended.
	said    map[test]*strings.Builder
	results []result
	// failures holds the failed tests and packages that wrote something.
	failures []failure
	// packages counts those that have ended, failed those that have failed.
	packages, failed int
}

func newLog(out io.Writer) *log {
	return &log{out: out, running: make(map[test]time.Time), said: make(map[test]*strings.Builder)}
}

// event records an event.
func (l *log) event(e *event) {
	at := test{e.Package, top(e.Test)}
	switch e.Action {
	case "build-output":
		fmt.Fprint(l.out, e.Output)
	case "build-fail":
		l.failed++
	case "run", "cont":
		if e.Test == at.name {
			l.running[at] = e.Time
		}
	case "pause": // until all tests of the package that are not parallel have ended
		if e.Test == at.name {
			delete(l.running, at)
		}
	case "output":
		if l.said[at] == nil {
			l.said[at] = new(strings.Builder)
		}
		l.said[at].WriteString(e.Output)
	case "pass", "skip", "fail":
		if e.Test == at.name {
			l.ended(at, e)
		}
	}
}

// top returns the name of the top-level test that a subtest belongs to.
func top(name string) string {
	name, _, _ = strings.Cut(name, "/")
	return name
}

// ended records the end of a test or a package. Its output is printed if it failed; a package's result is always
// printed.
func (l *log) ended(t test, e *event) {
	said := l.said[t]
	delete(l.said, t)
	delete(l.running, t)
	if e.Action == "fail" {
		l.failed++
		if said != nil {
			fmt.Fprint(l.out, said.String())
			l.failures = append(l.failures, failure{t, said.String()})
		}
	}
	if t.name != "" {
		l.results = append(l.results, result{t, e.Elapsed})
		return
	}
	l.packages++
	if e.Action == "pass" {
		fmt.Fprintf(l.out, "ok    %-40s %6.1f s\n", t.pkg, e.Elapsed)
	}
}

// showRunning prints the tests that have been running for longer than long.
func (l *log) showRunning(now time.Time) {
	for _, t := range slices.SortedFunc(maps.Keys(l.running), func(a, b test) int { return cmp.Compare(a.String(), b.String()) }) {
		if took := now.Sub(l.running[t]); took >= long {
			fmt.Fprintf(l.out, "  …   %s has been running for %.0f s\n", t, took.Seconds())
		}
	}
}

// end prints the slowest tests and the messages of the failed ones, and reports whether all packages have passed. It
// also prints the output of tests that were running when their process ended.
func (l *log) end() bool {
	for t, said := range l.said {
		if t.name != "" {
			fmt.Fprintf(l.out, "%s has not ended:\n%s", t, said)
			l.failures = append(l.failures, failure{t, said.String()})
		}
	}
	slices.SortFunc(l.results, func(a, b result) int { return cmp.Compare(b.elapsed, a.elapsed) })
	fmt.Fprintf(l.out, "\n%d tests of %d packages; the slowest:\n", len(l.results), l.packages)
	for _, r := range l.results[:min(slowest, len(l.results))] {
		fmt.Fprintf(l.out, "%8.1f s  %s\n", r.elapsed, r.test)
	}
	repeat(l.out, l.failures)
	return l.failed == 0 && l.packages > 0
}
