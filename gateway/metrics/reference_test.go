package metrics

import (
	_ "embed" // the introduction
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var update = flag.Bool("update", false, "write the reference of metrics")

//go:embed testdata/reference.md
var referenceIntroduction string

// description is what prometheus.Desc says of itself. It has no other way to tell.
var description = regexp.MustCompile(`^Desc\{fqName: "(.*)", help: "(.*?)", (?:unit: ".*", )?constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)

// TestReference shows that docs/reference/metrics.md has all metrics of the gateway. With -update it is written.
func TestReference(t *testing.T) {
	m := New(func() Pool { return Pool{} })
	m.ShowWatched(func() bool { return true })
	m.ShowFresh(func() bool { return true })
	m.ShowListens(func() bool { return true })
	m.ShowSchemaAge(time.Now)
	m.ShowKeysAge(time.Now)
	m.ShowBuild("", "", func() int64 { return 0 })
	m.ShowClients(func() Clients { return Clients{} })
	all := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(all)
	close(all)
	var rows []string
	for desc := range all {
		parts := description.FindStringSubmatch(desc.String())
		if parts == nil {
			t.Fatalf("%s is not understood", desc)
		}
		if strings.HasPrefix(parts[1], "go_") || strings.HasPrefix(parts[1], "process_") {
			continue // those of the library
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", parts[1], labels(parts[3], parts[4]), parts[2]))
	}
	slices.Sort(rows)
	rows = slices.Compact(rows) // a metric with constant labels has a description for each of their values
	want := referenceIntroduction + strings.Join(rows, "")
	path := filepath.Join("..", "..", "docs", "reference", "metrics.md")
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("docs/reference/metrics.md is not current: run go test ./gateway/metrics -run Reference -update (%v)", err)
	}
}

// labels returns the names of labels, of which the constant ones have values.
func labels(constant, variable string) string {
	var names []string
	for _, m := range regexp.MustCompile(`(\w+)=`).FindAllStringSubmatch(constant, -1) {
		names = append(names, "`"+m[1]+"`")
	}
	for name := range strings.SplitSeq(variable, ",") {
		if name != "" {
			names = append(names, "`"+name+"`")
		}
	}
	return strings.Join(names, ", ")
}
