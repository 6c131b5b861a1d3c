// Package grafana holds a dashboard for the gateway's metrics. Its test keeps the two together.
package grafana

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"trunkline/gateway/metrics"
)

// dashboard is what the test looks at of Grafana's JSON model.
type dashboard struct {
	UID         string
	Title       string
	Templating  struct{ List []variable }
	Annotations struct{ List []struct{ Expr string } }
	Panels      []panel
}

type variable struct{ Name, Definition string }

type panel struct {
	ID      int
	Type    string
	Title   string
	GridPos struct{ X, Y, W, H int }
	Targets []struct{ RefID, Expr string }
}

func read(t *testing.T) *dashboard {
	t.Helper()
	content, err := os.ReadFile("trunkline.json")
	if err != nil {
		t.Fatal(err)
	}
	d := new(dashboard)
	if err := json.Unmarshal(content, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// expressions are all queries of the dashboard.
func (d *dashboard) expressions() []string {
	var all []string
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	for _, v := range d.Templating.List {
		all = append(all, v.Definition)
	}
	for _, a := range d.Annotations.List {
		all = append(all, a.Expr)
	}
	return all
}

// named are the metrics in an expression.
func named(expression string) []string {
	return regexp.MustCompile(`\b(?:pgrst|trunkline|process|go)_[a-z0-9_]+`).FindAllString(expression, -1)
}

// exported maps the series that the gateway shows to the names of their labels.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	m := metrics.New(func() metrics.Pool { return metrics.Pool{} })
	m.Request("GET", "relation", "200").Observe(1)
	m.Refused(400)
	m.Stage("plan").Observe(1)
	m.SchemaLoaded(time.Second, 1)
	m.ExpectSchemaLoads([]string{"ddl"}, []string{"full"})
	m.ShowSchemaAge(time.Now)
	m.ShowWatched(func() bool { return true })
	m.ConfigReloaded(true)
	var text bytes.Buffer
	if err := m.Write(&text); err != nil {
		t.Fatal(err)
	}
	series := make(map[string][]string)
	label := regexp.MustCompile(`([a-z_]+)="`)
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name := line[:strings.IndexAny(line, "{ ")]
		series[name] = nil
		for _, found := range label.FindAllStringSubmatch(line, -1) {
			series[name] = append(series[name], found[1])
		}
	}
	return series
}

func TestEveryMetricExists(t *testing.T) {
	series := exported(t)
	for _, expression := range read(t).expressions() {
		for _, name := range named(expression) {
			if _, ok := series[name]; !ok {
				t.Errorf("no metric is called %s, as in %s", name, expression)
			}
		}
	}
}

// TestEveryMetricIsShown shows that no metric of the gateway's own is forgotten.
func TestEveryMetricIsShown(t *testing.T) {
	shown := fmt.Sprint(read(t).expressions())
	for name := range exported(t) {
		own := strings.HasPrefix(name, "pgrst_") || strings.HasPrefix(name, "trunkline_")
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, suffix)
		}
		if own && !strings.Contains(shown, name) {
			t.Errorf("%s is on no panel", name)
		}
	}
}

// TestEveryLabelExists holds the labels that series are grouped by against those that the gateway sets, and the two
// that Prometheus adds.
func TestEveryLabelExists(t *testing.T) {
	series := exported(t)
	grouping := regexp.MustCompile(`by \(([^)]*)\)`)
	for _, expression := range read(t).expressions() {
		for _, group := range grouping.FindAllStringSubmatch(expression, -1) {
			for label := range strings.SplitSeq(group[1], ", ") {
				known := slices.Contains([]string{"instance", "job"}, label)
				for _, name := range named(expression) {
					known = known || slices.Contains(series[name], label)
				}
				if !known {
					t.Errorf("no label is called %s, as in %s", label, expression)
				}
			}
		}
	}
}

// TestPanels looks for panels without a query and for those that lie upon each other.
func TestPanels(t *testing.T) {
	d := read(t)
	if d.UID == "" || d.Title == "" || len(d.Panels) == 0 {
		t.Fatalf("not a dashboard: %+v", d)
	}
	ids, taken := make(map[int]bool), make(map[[2]int]string)
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		if p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("the panel %d %q shows nothing", p.ID, p.Title)
		}
		g := p.GridPos
		if g.W <= 0 || g.H <= 0 || g.X+g.W > 24 {
			t.Errorf("%q is outside of the grid", p.Title)
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%q lies upon %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}
