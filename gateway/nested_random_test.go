package gateway

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
)

var nestedWrites = flag.Int("nested", 120, "how many random nested writes are compared with the same writes in SQL")

// TestNestedWritesEqualSQL compares random nested writes with the same writes in SQL, row by row: what is in the tables
// then, and what is answered. One that fails must leave everything as it was.
func TestNestedWritesEqualSQL(t *testing.T) {
	const perWorld = 15
	tried := map[string]int{}
	for seed := 0; seed*perWorld < *nestedWrites && !t.Failed(); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { tryWorld(t, uint64(seed), perWorld, tried) })
	}
	t.Logf("%v", tried)
	for _, kind := range []string{
		"POST", "PATCH", "PUT", "failed", "children=replace of a junction", "children=replace of one", "children=replace of many",
		"children=link of a junction", "children=link of one", "children=link of many", "children=replace-link of a junction",
		"resolution=merge-duplicates", "null", "policies", "self reference",
	} {
		if tried[kind] == 0 && *nestedWrites >= 120 {
			t.Errorf("no write had: %s", kind)
		}
	}
}

// tryWorld compares some writes in a random schema, and counts what they have.
func tryWorld(t *testing.T, seed uint64, writes int, tried map[string]int) {
	w := newNestedWorld(rand.New(rand.NewPCG(seed, 42)))
	m := newMoving(t, fmt.Sprintf("db-prepared-statements = %v", seed%2 == 0))
	m.sql(w.ddl.String())
	m.load()
	m.certain.Store(seed%4 < 2) // statements may be pure
	for range writes {
		n := w.choose(m)
		if w.compare(t, m, n) {
			n.count(tried)
		} else {
			tried["failed"]++
		}
		if t.Failed() {
			t.Fatalf("schema %d:\n%s", seed, w.ddl.String())
		}
	}
}

// count counts what a write that succeeded has.
func (n *nestedWrite) count(tried map[string]int) {
	kinds := map[string]bool{n.method: true}
	n.visit(func(row *nestedRow, _ string, in *nestedGroup) {
		kinds[string(row.place.mode)] = true
		for _, g := range row.groups {
			to := " of many"
			switch {
			case g.junction != nil:
				to = " of a junction"
			case g.one():
				to = " of one"
			}
			kinds[string(g.mode)+to], kinds["null"] = true, kinds["null"] || g.null
			kinds["self reference"] = kinds["self reference"] || g.ref != nil && g.ref.from == g.ref.to
		}
		kinds["policies"] = kinds["policies"] || row.place.table.hides
	})
	for kind := range maps.Keys(kinds) {
		tried[kind]++
	}
}

// request returns the request that is the write, and that which reads its rows.
func (n *nestedWrite) request() (path, prefer, read string) {
	root := n.root()
	shown := "/" + root.table.name + "?select=" + url.QueryEscape(root.selected("e"))
	conflicts, preferences := root.conflicts(), root.preferences("")
	path = shown
	switch n.method {
	case "PATCH":
		path += "&label=eq." + n.found
	case "PUT":
		for i, column := range root.table.key {
			path += "&" + column + "=eq." + url.QueryEscape(n.key[i])
		}
	default:
		conflicts = append([]string{"label"}, conflicts...)
	}
	if len(conflicts) > 0 {
		path += "&on_conflict=" + url.QueryEscape(strings.Join(conflicts, ","))
	}
	preferences = append([]string{"nested=true", "handling=lenient"}, preferences...)
	if n.merges {
		preferences = append(preferences, string(modeMerge))
	}
	if !n.minimal {
		preferences = append(preferences, "return=representation")
	}
	return path, strings.Join(preferences, ", "), shown + "&label=in.(" + strings.Join(n.shownLabels(), ",") + ")"
}

// shownLabels returns the labels of the rows of the root.
func (n *nestedWrite) shownLabels() (labels []string) {
	for _, row := range n.rows {
		labels = append(labels, row.label)
	}
	return labels
}

// outcome is what a write has left, and what reading its rows answers.
type outcome struct{ tables, shown string }

// compare makes a write in both ways. It reports whether it succeeded.
func (w *nestedWorld) compare(t *testing.T, m *moving, n *nestedWrite) bool {
	t.Helper()
	path, prefer, read := n.request()
	body := string(n.payload())
	look := func() outcome { return outcome{m.value(w.dump()), ordered(t, m.nest("GET", read, "").body)} }
	w.save(m)
	before := look()
	answer := m.nest(n.method, path, body, "Prefer: "+prefer)
	got := look()
	w.reset(m)
	err := n.inSQL(t.Context(), m.db)
	want := look()
	trouble := ""
	switch {
	case (answer.status < 300) != (err == nil):
		trouble = "one failed"
	case err != nil && got != before:
		trouble = "a write that failed left something"
	case err != nil:
	case want != got:
		trouble = "the tables differ"
	case !n.minimal && ordered(t, answer.body) != got.shown:
		trouble = "the answer differs from what is read"
	case !n.minimal && !n.inOrder(t, answer.body):
		trouble = "rows are not in the order of the payload"
	}
	if trouble != "" {
		t.Errorf("%s:\n%s %s\n%s\n%s\n=> %d %s\nSQL: %v\nbefore %v\ngot    %v\nwant   %v",
			trouble, n.method, path, prefer, body, answer.status, answer.body, err, before, got, want)
	}
	return err == nil
}

// inOrder reports whether the rows of an answer are in the order of those that were written.
func (n *nestedWrite) inOrder(t *testing.T, body string) bool {
	t.Helper()
	var got []struct{ Label string }
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	labels := make([]string, len(got))
	for i := range got {
		labels[i] = got[i].Label
	}
	return slices.Equal(labels, n.shownLabels())
}
