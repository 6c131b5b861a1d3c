package reload

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// good returns a report that meets every goal.
func good() *Report {
	change := cost{took: 20 * time.Millisecond, databaseCPU: 5 * time.Millisecond}
	return &Report{
		sizes: []sizeCosts{
			{relations: 100, full: cost{took: 90 * time.Millisecond}, change: change},
			{relations: 1000, full: cost{took: 100 * time.Millisecond}, change: change},
			{relations: 10_000, full: cost{took: time.Second}, change: change},
			{relations: 100_000, idle: 200e6, full: cost{took: 10 * time.Second, peak: 250e6}, change: change},
		},
		serving: &serving{
			rounds: []round{{
				seen{requests: 10, p99: 10 * time.Millisecond},
				seen{requests: 10, p99: 11 * time.Millisecond},
				seen{requests: 10, p99: 12 * time.Millisecond},
			}},
			late: []time.Duration{90 * time.Millisecond, 2 * time.Millisecond},
		},
		notices: &notices{stormLoads: 2, served: time.Second},
	}
}

// TestGoals misses one goal after the other.
func TestGoals(t *testing.T) {
	if missed := good().Missed(); len(missed) > 0 {
		t.Errorf("a good report misses %q", missed)
	}
	for want, spoil := range map[string]func(*Report){
		"10000 relations: a new column is served":        func(r *Report) { r.sizes[2].change.took = 31 * time.Millisecond },
		"100000 relations: it costs the database":        func(r *Report) { r.sizes[3].change.databaseCPU = 21 * time.Millisecond },
		"10000 relations: other answers before":          func(r *Report) { r.sizes[2].change.refused = 1 },
		"100000 relations: idle memory":                  func(r *Report) { r.sizes[3].idle = 251e6 },
		"100000 relations: peak of a full load":          func(r *Report) { r.sizes[3].full.peak = 261e6 },
		"each relation, at 10000 by that at 1000":        func(r *Report) { r.sizes[1].full.took = 70 * time.Millisecond },
		"unexpected answers under load":                  func(r *Report) { r.serving.rounds[0].changing.failed = 1 },
		"p99 under changes":                              func(r *Report) { r.serving.rounds[0].changing.p99 = 14 * time.Millisecond },
		"what is created under load":                     func(r *Report) { r.serving.late[1] = 101 * time.Millisecond },
		"other answers before: 3, not 0":                 func(r *Report) { r.serving.refused = 3 },
		"statements for changes of other schemas":        func(r *Report) { r.notices.farStatements = 1 },
		"notifications":                                  func(r *Report) { r.notices.stormLoads = 3 },
		"served after the listener is back: 1.01 s, not": func(r *Report) { r.notices.served = 1010 * time.Millisecond },
	} {
		r := good()
		spoil(r)
		if missed := r.Missed(); len(missed) != 1 || !strings.Contains(missed[0], want) {
			t.Errorf("misses %q, want %q", missed, want)
		}
		var out bytes.Buffer
		if err := r.Write(&out); err != nil || strings.Count(out.String(), "**missed**") != 1 {
			t.Errorf("%s: %v, the report says:\n%s", want, err, out.String())
		}
	}
}

func TestReportWithoutServing(t *testing.T) {
	r := good()
	r.serving, r.notices = nil, nil
	var out bytes.Buffer
	if err := r.Write(&out); err != nil || strings.Contains(out.String(), "under load") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestQueriesAreRecognised(t *testing.T) {
	for sql, want := range map[string]bool{
		"-- a comment\n  -- another\nselect 1": true, "WITH a AS (SELECT 1) SELECT": true, "listen x": false,
		"begin; select 1": false, "selection": false,
	} {
		if got := query.MatchString(sql); got != want {
			t.Errorf("%q: %t", sql, got)
		}
	}
}
