package metrics

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// seriesOf returns the lines of a metric, without comments.
func seriesOf(t *testing.T, m *Metrics, name string) (all []string) {
	t.Helper()
	var out strings.Builder
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, name) {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

// TestReportedErrorsAreBounded counts SQLSTATEs that functions may make up, of any length and any characters: none makes
// a series, and none is lost.
func TestReportedErrorsAreBounded(t *testing.T) {
	m := New(func() Pool { return Pool{} })
	const name = "trunkline_database_errors_total"
	before := seriesOf(t, m, name)
	random := rand.New(rand.NewPCG(1, 2))
	const codes = 5000
	for range codes {
		code := make([]byte, random.IntN(7))
		for i := range code {
			code[i] = byte(random.IntN(256))
		}
		m.DatabaseReported(string(code))
	}
	for _, code := range []string{"23505", "23503", "42P01", "PT404", "PGRST", "ZZ000"} {
		m.DatabaseReported(code)
	}
	after := seriesOf(t, m, name)
	if len(after) != len(before) || len(after) < 40 {
		t.Errorf("%d series, %d before", len(after), len(before))
	}
	sum, counts := 0, map[string]int{}
	for _, line := range after {
		var n int
		class, _, _ := strings.Cut(line, "} ")
		if _, err := fmt.Sscan(line[strings.LastIndex(line, " ")+1:], &n); err != nil {
			t.Fatal(err)
		}
		sum += n
		counts[class[strings.Index(class, `"`)+1:len(class)-1]] = n
	}
	if sum != codes+6 || counts["23"] < 2 || counts["42"] < 1 || counts["PT"] < 1 || counts[otherClass] < codes*9/10 {
		t.Errorf("%d of %d are counted: %v", sum, codes+6, counts)
	}
}

// TestResources shows the series of a relation: its statuses are classes, whatever a function sets.
func TestResources(t *testing.T) {
	m := New(func() Pool { return Pool{} })
	r := m.Resource("relation", "api.films")
	before := len(seriesOf(t, m, "trunkline_resource_"))
	for status := range 1000 {
		r.Observe("GET", status, 0.002)
	}
	for _, want := range []string{
		`trunkline_resource_requests_total{method="GET",name="api.films",resource="relation",status="2xx"} 100`,
		`trunkline_resource_requests_total{method="GET",name="api.films",resource="relation",status="5xx"} 100`,
		`trunkline_resource_requests_total{method="GET",name="api.films",resource="relation",status="other"} 500`,
		`trunkline_resource_request_duration_seconds_count{name="api.films",resource="relation"} 1000`,
	} {
		if found := seriesOf(t, m, want[:strings.LastIndex(want, " ")]); len(found) != 1 || found[0] != want {
			t.Errorf("%q, want %q", found, want)
		}
	}
	if after := len(seriesOf(t, m, "trunkline_resource_")); after != before+3 { // other, 1xx and 3xx
		t.Errorf("%d series, %d before", after, before)
	}
	if allocations := testing.AllocsPerRun(100, func() { r.Observe("GET", 200, 0.1) }); allocations > 0 {
		t.Errorf("%.1f allocations", allocations)
	}
	m.ForgetResource("relation", "api.films")
	if left := seriesOf(t, m, "trunkline_resource_"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}
