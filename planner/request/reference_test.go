package request

import (
	_ "embed" // the introduction
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the reference of preferences")

//go:embed testdata/preferences.md
var preferencesIntroduction string

// describedPreference is a preference, or several of one kind, with what they mean. The preference is as a client sends
// it, with an example of a value where there are many.
type describedPreference struct{ text, own, meaning string }

func describedPreferences() []describedPreference {
	return []describedPreference{
		{MergeDuplicates.String(), "", "`POST` updates existing rows instead of failing. `on_conflict` names the columns of a unique key other than the primary key."},
		{IgnoreDuplicates.String(), "", "`POST` skips rows that already exist."},
		{ReturnMinimal.String(), "", "The response to a write has no body. This is the default."},
		{ReturnHeadersOnly.String(), "", "The response to a write has no body. If `POST` inserted one row, it has a `Location`."},
		{ReturnRepresentation.String(), "", "The response to a write contains the rows that were written, or what `select` selects of them."},
		{CountExact.String(), "", "`Content-Range` has the total number of rows, which are counted."},
		{CountPlanned.String(), "", "`Content-Range` has PostgreSQL's estimate of the total number of rows."},
		{CountEstimated.String(), "", "Like `exact` if there are at most `db-max-rows` rows, otherwise like `planned`."},
		{TxCommit.String(), "", "The transaction is committed, if `db-tx-end` allows clients to choose."},
		{TxRollback.String(), "", "The transaction is rolled back after the response has been made, if `db-tx-end` allows clients to choose."},
		{MissingDefault.String(), "", "Columns that are missing in a row of the body get their defaults."},
		{MissingNull.String(), "", "Columns that are missing in a row of the body are null. This is the default."},
		{HandlingStrict.String(), "", "Unknown preferences are rejected (`PGRST122`). `max-affected` and `timeout` require this preference."},
		{HandlingLenient.String(), "", "Unknown preferences are ignored. This is the default."},
		{"timezone=Europe/Rome", "", "The time zone of the transaction."},
		{"max-affected=10", "", "With `handling=strict`, a write of more rows is rolled back and rejected (`PGRST124`)."},
		{"timeout=5", "yes", "With `handling=strict`, the maximum time for the statement, in seconds: see [A shorter timeout](../methods.md#a-shorter-timeout)."},
		{multipleObjects, "yes", "`PATCH` updates each row in its body by primary key: see [PATCH of several rows](../methods.md#patch-of-several-rows)."},
		{nested, "yes", "The keys of the body can name relationships: see [Nested writes](../nested.md)."},
		{ChildrenAdd.String(), "yes", "A nested write inserts related rows. This is the default."},
		{ChildrenReplace.String(), "yes", "A nested write inserts or updates the related rows in the body, and deletes all others."},
		{ChildrenLink.String(), "yes", "A nested write connects existing rows, by their keys."},
		{ChildrenReplaceLink.String(), "yes", "Like `link`, and disconnects all other rows. For many-to-many relations."},
		{"items.children=replace", "yes", "A preference for one relation of a nested write. `items.resolution=merge-duplicates` works too."},
		{"metrics=timings", "yes", "`Server-Timing` shows the duration of each stage: see [Timings](../methods.md#timings)."},
	}
}

// TestPreferenceReference shows that docs/reference/preferences.md has each preference, as it is understood and
// repeated in Preference-Applied. With -update it is written.
func TestPreferenceReference(t *testing.T) {
	var out strings.Builder
	out.WriteString(preferencesIntroduction)
	seen := map[string]bool{}
	for _, d := range describedPreferences() {
		p := parsePrefer([]string{d.text}, true)
		strict := parsePrefer([]string{"handling=strict, " + d.text}, true)
		if len(p.Invalid) != 0 || !strings.Contains(string(AppendApplied(nil, &strict)), strings.TrimPrefix(d.text, "handling=lenient")) {
			t.Errorf("%s is not understood, or not applied: %s", d.text, AppendApplied(nil, &strict))
		}
		name, _, _ := strings.Cut(d.text, "=")
		seen[name] = true
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", d.text, map[string]string{"": "yes", "yes": "no"}[d.own], d.meaning)
	}
	for _, name := range knownPreferences(t) {
		if !seen[name] {
			t.Errorf("%s is not described", name)
		}
	}
	path := filepath.Join("..", "..", "docs", "reference", "preferences.md")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != out.String() {
		t.Errorf("docs/reference/preferences.md is not current: run go test ./planner/request -run Reference -update (%v)", err)
	}
}

// knownPreferences returns the names in the code that understands preferences.
func knownPreferences(t *testing.T) (names []string) {
	t.Helper()
	code, err := os.ReadFile("prefer.go")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(code)) {
		line = strings.TrimSpace(line)
		if name, found := strings.CutPrefix(line, `case "`); found {
			names = append(names, strings.TrimSuffix(name, `":`))
		}
		if _, rest, found := strings.Cut(line, `strings.CutPrefix(text, "`); found {
			name, _, _ := strings.Cut(rest, "=")
			names = append(names, name)
		}
	}
	if len(names) < 10 {
		t.Fatalf("only %q", names)
	}
	return names
}
