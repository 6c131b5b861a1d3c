// Package prometheus holds rules for the gateway's metrics. Its tests keep the two together.
package prometheus

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"trunkline/deploy/gatewaytest"
)

// rule is what the tests look at of a rule.
type rule struct {
	Alert, Record, Expr, For string
	Labels, Annotations      map[string]string
}

// rules returns the rules of all groups.
func rules(t *testing.T) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	content, err := os.ReadFile("rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 20 {
		t.Fatalf("only %d rules were read", len(all))
	}
	return all
}

// TestRules checks the rules, and runs their unit tests.
func TestRules(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed: it belongs to Prometheus (Debian's package prometheus)")
	}
	for _, arguments := range [][]string{{"check", "rules", "rules.yml"}, {"test", "rules", "rules_test.yml"}} {
		if out, err := exec.Command("promtool", arguments...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, out)
		}
	}
}

// TestEverySeriesExists shows that each rule selects a series of a gateway that has just been started, and each series
// that rules record is recorded.
func TestEverySeriesExists(t *testing.T) {
	first, recorded := gatewaytest.FirstSeries(t), map[string]bool{}
	for _, r := range rules(t) {
		recorded[r.Record] = true
	}
	for _, r := range rules(t) {
		selectors := gatewaytest.Selectors(r.Expr)
		used := regexp.MustCompile(`\b\w+:\w+:\w+`).FindAllString(r.Expr, -1)
		if len(selectors)+len(used) == 0 {
			t.Errorf("%s%s selects nothing", r.Alert, r.Record)
		}
		for _, s := range selectors {
			if !s.Selects(first) {
				t.Errorf("%s%s: there is no series %s from the start", r.Alert, r.Record, s.String())
			}
		}
		for _, name := range used {
			if !recorded[name] {
				t.Errorf("%s%s: nothing records %s", r.Alert, r.Record, name)
			}
		}
	}
}

// TestAlerts shows that each alert says what happened and what to do, that there is more about it in the
// documentation, and that a unit test shows it firing and not firing.
func TestAlerts(t *testing.T) {
	tests, documentation := read(t, "rules_test.yml"), read(t, filepath.Join("..", "..", "docs", "observability.md"))
	for _, r := range rules(t) {
		if r.Record != "" {
			if !strings.Contains(tests, r.Record) {
				t.Errorf("no unit test has %s", r.Record)
			}
			continue
		}
		if len(r.Annotations["summary"]) < 20 || len(r.Annotations["description"]) < 40 {
			t.Errorf("%s says too little: %q", r.Alert, r.Annotations)
		}
		if severity := r.Labels["severity"]; severity != "page" && severity != "ticket" {
			t.Errorf("%s is of the severity %q", r.Alert, severity)
		}
		if want := "docs/observability.md#" + strings.ToLower(r.Alert); r.Annotations["runbook"] != want {
			t.Errorf("the runbook of %s is %s, want %s", r.Alert, r.Annotations["runbook"], want)
		}
		if !strings.Contains(documentation, "\n#### "+r.Alert+"\n") {
			t.Errorf("docs/observability.md has no section %s", r.Alert)
		}
		firing := `'ALERTS{alertname="` + r.Alert + `", alertstate="firing"`
		if strings.Count(tests, firing) < 3 { // the expression twice, and the sample
			t.Errorf("no unit test shows %s both firing and not", r.Alert)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
