// Package grafana holds a dashboard for the gateway's metrics. Its test keeps the two together.
package grafana

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"trunkline/deploy/gatewaytest"
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

// TestEverySeriesExists shows that each query selects a series of a gateway that has just been started.
func TestEverySeriesExists(t *testing.T) {
	first := gatewaytest.FirstSeries(t)
	for _, expression := range read(t).expressions() {
		for _, s := range gatewaytest.Selectors(expression) {
			if !s.Selects(first) {
				t.Errorf("there is no series %s from the start, as in %s", s.String(), expression)
			}
		}
	}
}

// TestEveryMetricIsShown shows that no metric of the gateway's own is forgotten.
func TestEveryMetricIsShown(t *testing.T) {
	shown := fmt.Sprint(read(t).expressions())
	missing := make(map[string]bool)
	for _, s := range gatewaytest.FirstSeries(t) {
		name := s.Name
		own := strings.HasPrefix(name, "pgrst_") || strings.HasPrefix(name, "trunkline_")
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, suffix)
		}
		if own && !strings.Contains(shown, name) {
			missing[name] = true
		}
	}
	for name := range missing {
		t.Errorf("%s is on no panel", name)
	}
}

// TestEveryLabelExists holds the labels that series are grouped by against those that the gateway sets, and the two
// that Prometheus adds.
func TestEveryLabelExists(t *testing.T) {
	labels := make(map[string]map[string]string)
	for _, s := range gatewaytest.FirstSeries(t) {
		labels[s.Name] = s.Labels
	}
	grouping := regexp.MustCompile(`by \(([^)]*)\)`)
	for _, expression := range read(t).expressions() {
		for _, group := range grouping.FindAllStringSubmatch(expression, -1) {
			for label := range strings.SplitSeq(group[1], ", ") {
				known := slices.Contains([]string{"instance", "job"}, label)
				for _, s := range gatewaytest.Selectors(expression) {
					_, has := labels[s.Name][label]
					known = known || has
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
