package planner

import (
	"reflect"
	"strings"
	"testing"

	"trunkline/planner/request"
)

// FuzzNew plans whatever can be parsed: it must not panic, must give the same plan again, and must keep the rules that
// the renderer relies on.
func FuzzNew(f *testing.F) {
	for _, in := range samples() {
		method := in.method
		if method == "" {
			method = "GET"
		}
		f.Add(method, in.url, in.body)
	}
	snap := fixture(f)
	o := &Options{MaxRows: 100, Aggregates: true, Plans: true, LegacyTargetNames: true}
	f.Fuzz(func(t *testing.T, method, url, body string) {
		path, query, _ := strings.Cut(url, "?")
		in := &request.Input{Method: method, Path: path, RawQuery: query, Body: []byte(body)}
		req, err := request.Parse(in, &request.Options{Schemas: snap.Schemas})
		if err == nil {
			err = req.ParseBody(in.Body, nil)
		}
		if err != nil {
			return
		}
		plan, err := New(req, snap, o)
		again, errAgain := New(req, snap, o)
		if !reflect.DeepEqual(plan, again) || !reflect.DeepEqual(err, errAgain) {
			t.Fatal("planned differently the second time")
		}
		if err == nil && plan.Read != nil {
			aliases := map[string]bool{}
			for _, c := range plan.Read.Children {
				checkEmbed(t, c, aliases)
			}
		}
	})
}

// checkEmbed checks what must be true of every embed.
func checkEmbed(t *testing.T, n *ReadNode, aliases map[string]bool) {
	t.Helper()
	if n.Relationship == nil || len(n.JoinAlias) > maxIdentifier || aliases[n.JoinAlias] {
		t.Errorf("embed %q joins by %v as %q", n.Name, n.Relationship, n.JoinAlias)
	}
	aliases[n.JoinAlias] = true
	if toOne := n.Output == EmbedObject || n.Output == SpreadOne; toOne != n.Relationship.ToOne() {
		t.Errorf("embed %q is %v", n.Name, n.Output)
	}
	if (len(n.JoinOn) > 0) == (n.Relationship.Function.Name != "") {
		t.Errorf("embed %q joins on %v", n.Name, n.JoinOn)
	}
	for i := range n.Select {
		if n.spread() && n.Select[i].Aggregate != request.NoAggregate {
			t.Errorf("spread %q aggregates", n.Name)
		}
	}
	for _, c := range n.Children {
		checkEmbed(t, c, aliases)
	}
}
