package pgsql

import (
	"strings"
	"testing"
)

// TestNothingSet sees that the settings for the answer are not read where nothing can have set them, in answers of all
// forms, and that the statement is the same otherwise.
func TestNothingSet(t *testing.T) {
	for _, accept := range []string{"", "application/x-ndjson", "text/csv", "application/vnd.pgrst.plan"} {
		c := call{method: "GET", url: "/films?limit=1", headers: map[string][]string{"Accept": {accept}}}
		if accept == "" {
			c.headers = nil
		}
		plan := c.plan(t)
		read, spared := Main(plan, Options{}).SQL, Main(plan, Options{NothingSet: true}).SQL
		if strings.HasPrefix(read, "EXPLAIN") {
			if spared != read {
				t.Errorf("%s: clients see another plan: %s", accept, spared)
			}
			continue
		}
		settings := settingOfHeaders + ", " + settingOfStatus
		if plan.Uncounted {
			settings = "(SELECT " + settingOfHeaders + "), (SELECT " + settingOfStatus + ")"
		}
		if want := strings.Replace(read, settings, "NULL, NULL", 1); spared == read || spared != want {
			t.Errorf("%s: got %s, want %s", accept, spared, want)
		}
	}
}
