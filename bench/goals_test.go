package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/bench/report"
	"trunkline/bench/scenario"
)

func TestVerdicts(t *testing.T) {
	least, most := goal{bound: 1.35}, goal{bound: 0.65, most: true}
	for _, test := range []struct {
		g    *goal
		x    report.Spread
		want string
	}{
		{&least, report.Spread{Middle: 1.4, Low: 1, High: 1.5}, "met"},
		{&least, report.Spread{Middle: 1.3, Low: 1, High: 1.36}, "open"},
		{&least, report.Spread{Middle: 1.3, Low: 1, High: 1.34}, "missed"},
		{&most, report.Spread{Middle: 0.6, Low: 0.5, High: 0.9}, "met"},
		{&most, report.Spread{Middle: 0.7, Low: 0.6, High: 0.9}, "open"},
		{&most, report.Spread{Middle: 0.7, Low: 0.66, High: 0.9}, "missed"},
		{&most, report.Spread{}, "missed"}, // was not measured
	} {
		if got := test.g.verdict(test.x); got != test.want {
			t.Errorf("%+v for at least or most %.2f: %s, want %s", test.x, test.g.bound, got, test.want)
		}
	}
}

// TestGoals writes the goals for a target that is 1.3 times as good as another in everything but its tail.
func TestGoals(t *testing.T) {
	better, worse := report.Spread{Middle: 1.3, Low: 1.2, High: 1.34}, report.Spread{Middle: 1.1, Low: 0.9, High: 1.2}
	r := &report.Report{}
	for _, name := range goalScenarios() {
		r.Scenarios = append(r.Scenarios, report.Scenario{Name: name, Ratios: []report.Ratios{{
			Rate: better, OfFloor: report.Spread{Middle: 0.5, Low: 0.4, High: 0.6}, P999: worse,
			DatabaseCPU: report.Spread{Middle: 0.6, Low: 0.6, High: 0.6},
		}}})
	}
	var out bytes.Buffer
	err := writeGoals(&out, r)
	if err == nil || err.Error() != "missed: single_row, requests/s" {
		t.Errorf("missed are %v", err)
	}
	for _, want := range [][]string{
		{"single_row", "requests/s", "≥ 1.35", "1.30 (1.20–1.34)", "missed"},
		{"single_row", "of the floor", "≥ 0.55", "open"},
		{"single_row", "database CPU", "≤ 0.65", "met"},
		{"embed_3", "requests/s", "≥ 1.30", "met"},
		{"page_25", "p99.9", "≤ 1.00", "1.10 (0.90–1.20)", "open"},
	} {
		if lineWith(out.String(), want...) == "" {
			t.Errorf("no line with %q:\n%s", want, out.String())
		}
	}
}

// TestGoalScenarios has every scenario of a goal exist.
func TestGoalScenarios(t *testing.T) {
	if _, err := scenario.Load(os.DirFS("scenarios"), goalScenarios()); err != nil {
		t.Error(err)
	}
	for _, g := range goals() {
		if !slices.Contains(goalScenarios(), g.scenario) {
			t.Errorf("%s has a goal, but is not measured", g.scenario)
		}
	}
}

// lineWith returns the first line of a text that has all of some parts, "" if none has.
func lineWith(text string, parts ...string) string {
next:
	for line := range strings.Lines(text) {
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue next
			}
		}
		return line
	}
	return ""
}

// TestLeanFloor checks what the lean floor sends, and as which role.
func TestLeanFloor(t *testing.T) {
	if _, err := (&suite{}).findPGBench(); err != nil {
		t.Skip(err)
	}
	var progress bytes.Buffer
	s, err := parseFlags([]string{"--target", "a=" + built(t), "--full-floor", "--watch-ddl"}, &progress)
	if err != nil {
		t.Fatal(err)
	}
	stop, err := s.startDatabase(t.Context())
	defer stop()
	if err != nil {
		t.Fatal(err)
	}
	if count := eventTriggers(t, s); count == 0 {
		t.Error("no event trigger is installed")
	}
	scenarios, err := scenario.Load(s.files, []string{"jwt_one"})
	if err != nil {
		t.Fatal(err)
	}
	floors, stopFloors, err := s.prepareFloors(t.Context(), scenarios[0], scenarios[0].Expand(10, 1, s.keys.Token))
	if err != nil || len(floors) != 2 {
		t.Fatalf("%d floors, %v", len(floors), err)
	}
	defer stopFloors()
	lean, full := floors[0], floors[1]
	for _, statements := range lean.statements {
		if len(statements) != 1 || !strings.Contains(statements[0].SQL, `"bench"."notes"`) {
			t.Errorf("the lean floor sends %v", statements)
		}
	}
	if lean.runner.Settings["role"] != "bench_user" || !strings.Contains(lean.runner.Settings["request.jwt.claims"], `"sub":"user0"`) {
		t.Errorf("the lean floor's settings are %q", lean.runner.Settings)
	}
	if len(full.runner.Settings) != 0 || len(full.statements[0]) < len(lean.statements[0]) {
		t.Errorf("the full floor sends %v with %q", full.statements[0], full.runner.Settings)
	}
}

// eventTriggers counts the gateway's event triggers.
func eventTriggers(t *testing.T, s *suite) (count int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.database.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	err = conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'trunkline%'").Scan(&count)
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// TestOrder looks whether each takes its turn in each round, none twice in succession, and after different others.
func TestOrder(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5} {
		last := -1
		followed := map[[2]int]bool{}
		for round := range 50 {
			all := order(n, round, last)
			for _, i := range all {
				if n > 1 && i == last {
					t.Fatalf("%d of %d follows itself in round %d", i, n, round)
				}
				followed[[2]int{last, i}] = true
				last = i
			}
			if slices.Sort(all); len(all) != n || all[0] != 0 || all[n-1] != n-1 {
				t.Fatalf("round %d of %d: %v", round, n, all)
			}
		}
		if want := n * (n - 1); n > 1 && len(followed) != want+1 {
			t.Errorf("%d kinds of succession among %d, want %d", len(followed)-1, n, want)
		}
	}
}
