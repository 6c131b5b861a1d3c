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
		{MergeDuplicates.String(), "", "`POST` updates the row that exists instead of failing; `on_conflict` names other columns than the primary key."},
		{IgnoreDuplicates.String(), "", "`POST` leaves out rows that exist."},
		{ReturnMinimal.String(), "", "A write answers without a body. This is the default."},
		{ReturnHeadersOnly.String(), "", "A write answers without a body, and `POST` of one row with its `Location`."},
		{ReturnRepresentation.String(), "", "A write answers with the rows that were written, or with what `select` chooses of them."},
		{CountExact.String(), "", "`Content-Range` has the number of all rows, which are counted."},
		{CountPlanned.String(), "", "`Content-Range` has PostgreSQL's estimate of the number of rows."},
		{CountEstimated.String(), "", "As `exact` if there are at most `db-max-rows`, else as `planned`."},
		{TxCommit.String(), "", "The transaction is committed, where `db-tx-end` allows to choose."},
		{TxRollback.String(), "", "The transaction is undone after the answer was made, where `db-tx-end` allows to choose."},
		{MissingDefault.String(), "", "Columns that a row of the body does not have get their defaults."},
		{MissingNull.String(), "", "Columns that a row of the body does not have are null. This is the default."},
		{HandlingStrict.String(), "", "Preferences that are not known are refused (`PGRST122`), and `max-affected` and `timeout` count."},
		{HandlingLenient.String(), "", "Preferences that are not known are ignored. This is the default."},
		{"timezone=Europe/Rome", "", "The time zone of the transaction."},
		{"max-affected=10", "", "A write of more rows is undone and refused (`PGRST124`), with `handling=strict`."},
		{"timeout=5", "yes", "The most seconds that the statement may take, with `handling=strict`: [methods.md](../methods.md)."},
		{multipleObjects, "yes", "`PATCH` updates each row of its body by primary key: [methods.md](../methods.md)."},
		{nested, "yes", "The keys of a body may name relationships: [nested.md](../nested.md)."},
		{ChildrenAdd.String(), "yes", "A nested write adds related rows. This is the default."},
		{ChildrenReplace.String(), "yes", "A nested write removes the related rows that the body lacks, and updates those that it has."},
		{ChildrenLink.String(), "yes", "A nested write connects rows that exist, by their keys."},
		{ChildrenReplaceLink.String(), "yes", "As `link`, and rows that the body lacks are disconnected, where there is a junction."},
		{"items.children=replace", "yes", "One of these for one level, as `items.resolution=merge-duplicates` is."},
		{"metrics=timings", "yes", "`Server-Timing` shows how long the stages took: [methods.md](../methods.md)."},
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
