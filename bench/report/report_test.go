package report

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample(rate float64) *Report {
	rounds := []Round{
		{Rate: rate * 0.9, P50: time.Millisecond, P99: 3 * time.Millisecond, P999: 9 * time.Millisecond, CPU: 50 * time.Microsecond},
		{Rate: rate, P50: 2 * time.Millisecond, P99: 4 * time.Millisecond, P999: 8 * time.Millisecond, CPU: 60 * time.Microsecond},
		{Rate: rate * 1.1, P50: 3 * time.Millisecond, P99: 5 * time.Millisecond, P999: 7 * time.Millisecond, CPU: 70 * time.Microsecond},
	}
	return &Report{
		Machine: "2 × test", Time: time.Unix(1_800_000_000, 0).UTC(), Command: "bench <x>", Clients: 32, Pool: 10, Rounds: 3,
		Duration:  time.Second,
		Scenarios: []Scenario{{Name: "single_row", About: "one row", Floor: 2000, Results: []Summary{Summarise("a", rounds)}}},
		Targets:   []Target{{Name: "a", Ready: 80 * time.Millisecond, IdleMemory: 15e6, PeakMemory: 30e6}},
	}
}

func TestSummarise(t *testing.T) {
	s := sample(1000).Scenarios[0].Results[0]
	if s.Rate != 1000 || s.Low != 900 || s.High != 1100 || s.P50 != 2*time.Millisecond || s.CPU != 60*time.Microsecond {
		t.Errorf("summary %+v", s)
	}
	even := Summarise("a", []Round{{Rate: 1}, {Rate: 3}})
	if even.Rate != 2 {
		t.Errorf("the median of 1 and 3 is %v", even.Rate)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	var b bytes.Buffer
	want := sample(1000)
	if err := want.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	got, err := Read(&b)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, %v", got, err)
	}
}

func TestRenderings(t *testing.T) {
	r := sample(1000)
	for name, write := range map[string]func(*bytes.Buffer) error{
		"table":    func(b *bytes.Buffer) error { return r.WriteTable(b) },
		"Markdown": func(b *bytes.Buffer) error { return r.WriteMarkdown(b) },
		"page":     func(b *bytes.Buffer) error { return r.WriteHTML(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"single_row", "1000", "900–1100", "2ms", "60µs"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("the %s lacks %q:\n%s", name, want, b.String())
			}
		}
		if name == "page" && strings.Contains(b.String(), "<x>") {
			t.Error("the page does not escape")
		}
	}
}

func TestCompare(t *testing.T) {
	var b bytes.Buffer
	worse, err := Compare(&b, sample(1000), sample(700), 0.1)
	if err != nil || len(worse) != 1 || !strings.Contains(b.String(), "slower") {
		t.Errorf("%v %v\n%s", worse, err, b.String())
	}
	for _, rate := range []float64{950, 1500} {
		if worse, _ := Compare(&b, sample(1000), sample(rate), 0.1); len(worse) != 0 {
			t.Errorf("%v is called slower than 1000", rate)
		}
	}
	// Rounds that overlap are no proof.
	if worse, _ := Compare(&b, sample(1000), sample(850), 0.1); len(worse) != 0 {
		t.Error("overlapping rounds are called slower")
	}
}
