package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func sample(rate float64) *Report {
	rounds := []Round{
		{Rate: rate * 0.9, P50: time.Millisecond, P99: 3 * time.Millisecond, P999: 9 * time.Millisecond, CPU: 50 * time.Microsecond, Memory: 10e6, Peak: 11e6},
		{Rate: rate, P50: 2 * time.Millisecond, P99: 4 * time.Millisecond, P999: 8 * time.Millisecond, CPU: 60 * time.Microsecond, Memory: 20e6, Peak: 44e6},
		{Rate: rate * 1.1, P50: 3 * time.Millisecond, P99: 5 * time.Millisecond, P999: 7 * time.Millisecond, CPU: 70 * time.Microsecond, Memory: 30e6, Peak: 33e6},
	}
	return &Report{
		Machine: "2 × test", Time: time.Unix(1_800_000_000, 0).UTC(), Command: "bench <x>", Clients: 32, Pool: 10, Rounds: 3,
		Duration: time.Second,
		Scenarios: []Scenario{{
			Name: "single_row", About: "one row", Results: []Summary{Summarise("a", rounds)},
			Floor: &Summary{Target: "(floor)", Rate: 2000, Low: 1900, High: 2100, CPU: 7 * time.Microsecond},
		}},
		Targets: []Target{{Name: "a", Ready: 80 * time.Millisecond, IdleMemory: 15e6, PeakMemory: 30e6}},
	}
}

func TestSummarise(t *testing.T) {
	s := sample(1000).Scenarios[0].Results[0]
	if s.Rate != 1000 || s.Low != 900 || s.High != 1100 || s.P50 != 2*time.Millisecond || s.CPU != 60*time.Microsecond ||
		s.P99Low != 3*time.Millisecond || s.P99High != 5*time.Millisecond || s.Memory != 20e6 || s.Peak != 44e6 {
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
		for _, want := range []string{"single_row", "1000", "900–1100", "2ms", "60µs", "20.0 MB", "44.0 MB", "0.50", "(floor)", "7µs"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("the %s lacks %q:\n%s", name, want, b.String())
			}
		}
		if name == "page" && strings.Contains(b.String(), "<x>") {
			t.Error("the page does not escape")
		}
		if strings.Contains(b.String(), "refus") {
			t.Errorf("the %s tells of refusals where there are none", name)
		}
	}
}

// TestRatios compares round by round: the second round was twice as slow for both.
func TestRatios(t *testing.T) {
	base := []Round{{Rate: 100, P50: 10, CPU: 4}, {Rate: 50, P50: 20, CPU: 8}, {Rate: 100, P50: 10}}
	rounds := []Round{{Rate: 150, P50: 5, CPU: 2}, {Rate: 75, P50: 10, CPU: 4}, {Rate: 200, P50: 10, CPU: 2}}
	got := Compared("new", rounds, base, []Round{{Rate: 300}, {Rate: 100}, {Rate: 400}})
	want := Ratios{
		Target: "new", Rate: Spread{1.5, 1.5, 2}, P50: Spread{0.5, 0.5, 1}, CPU: Spread{0.5, 0.5, 0.5},
		OfFloor: Spread{0.5, 0.5, 0.75},
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	r := sample(1000)
	r.Scenarios[0].Ratios = []Ratios{got}
	for name, write := range map[string]func(io.Writer) error{"table": r.WriteTable, "Markdown": r.WriteMarkdown} {
		var b bytes.Buffer
		if err := write(&b); err != nil || !strings.Contains(b.String(), "1.50 (1.50–2.00)") {
			t.Errorf("the %s lacks the ratio, %v:\n%s", name, err, b.String())
		}
	}
}

func TestOverloadIsTold(t *testing.T) {
	r := sample(1000)
	r.Scenarios[0].Results[0] = Summarise("a", []Round{{
		Rate: 700, RefusedRate: 4321, RefusedP50: 3 * time.Millisecond, SentP99: 4567 * time.Microsecond, RefusedSentP50: 17 * time.Microsecond, FailedRate: 1.5, Refused: 4321, Unsent: 987, Failed: 2, FirstFailure: "why",
	}})
	var b bytes.Buffer
	if err := r.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"refused/s", "4321", "3ms", "4.57ms", "17µs", "1.5", "987"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, b.String())
		}
	}
	if failures := r.Failures(); len(failures) != 1 || failures[0] != "single_row of a: 2 failed, first why" {
		t.Errorf("failures %q", failures)
	}
}

// wellFormed reads the page's drawings as XML and returns the number of elements of each name.
func wellFormed(t *testing.T, page string) map[string]int {
	t.Helper()
	count := map[string]int{}
	for _, part := range strings.Split(page, "<svg")[1:] {
		drawing, _, _ := strings.Cut("<svg"+part, "</svg>")
		decoder := xml.NewDecoder(strings.NewReader(drawing + "</svg>"))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in\n%s", err, drawing)
			}
			if start, ok := token.(xml.StartElement); ok {
				count[start.Name.Local]++
			}
		}
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") || strings.Contains(page, "ZgotmplZ") {
		t.Errorf("the page has numbers that are none:\n%s", page)
	}
	return count
}

func TestBars(t *testing.T) {
	r := sample(1000)
	r.Scenarios[0].Results = append(r.Scenarios[0].Results, Summarise("nothing", []Round{{}}))
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	// Two bars and the floor's spread; a dot each for p50 and p99 of the target that has any.
	if count := wellFormed(t, b.String()); count["svg"] != 2 || count["rect"] != 3 || count["circle"] != 2 {
		t.Errorf("drawn: %v", count)
	}
}

func TestCurves(t *testing.T) {
	r := sample(1000)
	r.Over = "connections"
	one := r.Scenarios[0]
	r.Scenarios = nil
	for i, at := range []float64{1, 8, 64} {
		point := one
		point.At = at
		point.Results = []Summary{Summarise("a", []Round{{Rate: 100 * at, P50: time.Duration(i) * time.Millisecond}}), {Target: "b"}}
		r.Scenarios = append(r.Scenarios, point)
	}
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	count := wellFormed(t, b.String())
	if want := len(measures()); count["svg"] != want || count["polyline"] != 2*want+2 {
		t.Errorf("drawn: %v; want %d figures of two curves, two of them with the floor too", count, want)
	}
	for _, want := range []string{">64<", "a: 6,400", "over connections", "varying pools"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestScales(t *testing.T) {
	for _, test := range []struct {
		scale scale
		want  []float64
	}{
		{linear(4700, 0, 1), []float64{0, 1000, 2000, 3000, 4000, 5000}},
		{linear(0, 0, 1), []float64{0, 0.25, 0.5, 0.75, 1}},
		{logarithmic(3, 70, 0, 1), []float64{2, 5, 10, 20, 50, 100}},
		{logarithmic(3, 7000, 0, 1), []float64{10, 100, 1000, 10000}},
		{logarithmic(5, 5, 0, 1), []float64{5, 10}},
	} {
		got := test.scale.ticks()
		if !slices.EqualFunc(got, test.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-6*max(b, 1) }) {
			t.Errorf("%+v has ticks %v, want %v", test.scale, got, test.want)
		}
		if first, last := test.scale.at(test.scale.least), test.scale.at(test.scale.most); first != 0 || last != 1 {
			t.Errorf("%+v goes from %v to %v", test.scale, first, last)
		}
	}
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		thousands(1234567): "1,234,567", thousands(999): "999", thousands(0.25): "0.2", short(999_700 * time.Microsecond): "1s",
		short(1234 * time.Microsecond): "1.23ms", rate(0): "0", rate(2.25): "2.2",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	var b bytes.Buffer
	worse, err := Compare(&b, sample(1000), sample(700), 0.1)
	if err != nil || !slices.Equal(worse, []string{"single_row of a: slower"}) || !strings.Contains(b.String(), "0.70") {
		t.Errorf("%v %v\n%s", worse, err, b.String())
	}
	for _, rate := range []float64{950, 1500} {
		if worse, _ := Compare(&b, sample(1000), sample(rate), 0.1); len(worse) != 0 {
			t.Errorf("%v is called slower than 1000", rate)
		}
	}
	// Rounds that overlap prove nothing.
	if worse, _ := Compare(&b, sample(1000), sample(850), 0.1); len(worse) != 0 {
		t.Error("overlapping rounds are called slower")
	}
	late := sample(1000)
	x := &late.Scenarios[0].Results[0]
	x.P50, x.P50Low, x.P99, x.P99Low = 9*time.Millisecond, 8*time.Millisecond, 9*time.Millisecond, 4*time.Millisecond
	x.Failed = 1
	if worse, _ := Compare(&b, sample(1000), late, 0.1); !slices.Equal(worse, []string{
		"single_row of a: p50 longer", "single_row of a: more failures",
	}) {
		t.Errorf("regressions %q; only p50 is beyond all rounds", worse)
	}
}
