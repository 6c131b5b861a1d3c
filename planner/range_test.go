package planner

import (
	"fmt"
	"testing"

	"trunkline/planner/request"
)

func TestRanges(t *testing.T) {
	for _, tt := range []struct {
		name, url string
		maxRows   int64
		want      string // root, films or roles, below
	}{
		{"none", "/directors?select=films(roles(character))", request.NoLimit, "0+-1 0+-1 0+-1"},
		{"every level", "/directors?select=films(roles(character))&limit=1&films.limit=2&films.offset=3&films.roles.limit=4", request.NoLimit, "0+1 3+2 0+4"},
		{"bounded", "/directors?select=films(roles(character))", 10, "0+10 0+10 0+10"},
		{"lower limits stay", "/directors?select=films(roles(character))&limit=5&offset=7&films.limit=20", 10, "7+5 0+10 0+10"},
		{"zero stays", "/directors?select=films(roles(character))&limit=0", 10, "0+0 0+10 0+10"},
		{"no bound to one", "/roles?select=films(posters(url))&films.limit=20", 10, "0+10 0+20 0+-1"},
		{"a function", "/rpc/search?term=x&select=roles(actors(name))", 10, "0+10 0+10 0+-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := mustPlan(t, input{url: tt.url, o: &Options{MaxRows: tt.maxRows}})
			a := plan.Read
			b := a.Children[0]
			c := b.Children[0]
			expect(t, tt.url, window(a)+" "+window(b)+" "+window(c), tt.want)
			expect(t, "MaxRows", plan.MaxRows, tt.maxRows)
		})
	}
}

func window(n *ReadNode) string { return fmt.Sprintf("%d+%d", n.Range.Offset, n.Range.Limit) }

func TestTopRangeIsKeptWithoutBound(t *testing.T) {
	plan := mustPlan(t, input{url: "/films?limit=50&offset=2", o: &Options{MaxRows: 10}})
	expect(t, "range", plan.Range, request.Range{Offset: 2, Limit: 50})
	expect(t, "read", plan.Read.Range, request.Range{Offset: 2, Limit: 10})
}

func TestWritesReturnEverything(t *testing.T) {
	plan := mustPlan(t, input{
		method: "PATCH", url: "/films?limit=1&select=roles(character)&roles.limit=1", body: `{"year":1}`,
		o: &Options{MaxRows: 10},
	})
	if !plan.Read.Range.All() || !plan.Read.Children[0].Range.All() {
		t.Errorf("ranges %v, %v", plan.Read.Range, plan.Read.Children[0].Range)
	}
}
