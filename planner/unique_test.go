package planner

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"trunkline/planner/request"
)

// TestDuplicateAgainstOracle compares few and many fields with each other in the simplest way.
func TestDuplicateAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	spreads := []*request.SelectItem{nil, {Kind: request.SelectSpread}}
	for range 20_000 {
		fields := make([]selected, r.IntN(2*fewFields+4))
		for i := range fields {
			item := &request.SelectItem{Kind: request.SelectField}
			item.Field.Name = fmt.Sprint("c", r.IntN(300))
			name := item.Field.Name
			if r.IntN(20) == 0 {
				name = "c7"
			}
			if r.IntN(20) == 0 {
				item.Kind = request.SelectEmbed
			}
			fields[i] = selected{name, item, spreads[r.IntN(20)/19]}
		}
		want, clash := "", false
		for i := range fields {
			for j := range fields[:i] {
				if !clash && fields[i].name == fields[j].name && !sameColumn(&fields[i], &fields[j]) {
					want, clash = fields[i].name, true
				}
			}
		}
		if name, ok := duplicate(fields); name != want || ok != clash {
			t.Fatalf("%d fields: %q, %t; want %q, %t", len(fields), name, ok, want, clash)
		}
	}
}

func TestFieldsOfOneName(t *testing.T) {
	for url, name := range map[string]string{
		"/films?select=directors(id),directors(name)":                       "directors",
		"/films?select=title,title:year":                                    "title",
		"/films?select=title,directors:year,directors(name)":                "directors",
		"/films?select=title,...directors(title:name)":                      "title",
		"/films?select=...directors(name),...directors(name)":               "name",
		"/films?select=...directors(id,...films(id)),title":                 "id",
		"/films?select=id,directors(x:id,x:name)":                           "x",
		"/films?select=year.max(),id.max()":                                 "max",
		"/directors?select=data->a->x,data->b->x":                           "x",
		"/films?select=id,...directors(films(title:id,title))":              "title",
		"/rpc/search?term=x&select=directors(name),directors(id)":           "directors",
		"/directors?select=...films(...posters(url),roles(a:name,a:fee))":   "a",
		"/films?select=year,n:count(),n:id.max()&year=eq.1&order=year.desc": "n",
	} {
		err := mustFail(t, input{url: url}, "42712")
		expect(t, url, err.Message, `"`+name+`" is selected more than once`)
		expect(t, url, err.Hint, any("Give one of them another name with an alias: alias:"+name))
	}
}

func TestFieldsOfDifferentNames(t *testing.T) {
	for _, url := range []string{
		"/films?select=id,id", "/films?select=id::text,id", "/films?select=*,id", "/films?select=*,title:id",
		"/films?select=directors(name),d:directors(id)", "/films?select=directors(),directors(name)",
		"/films?select=title,directors(title:name)", "/films?select=id,...directors(name)",
		"/directors?select=data->a,b:data->a", "/films?select=year.max(),year.min(),year",
		"/films?select=id,...directors(*)", "/directors?select=id,...films(*)",
	} {
		mustPlan(t, input{url: url})
	}
}

// TestWritesThatShowNothing sees that what is selected does not matter then, as in PostgREST.
func TestWritesThatShowNothing(t *testing.T) {
	in := input{method: "POST", url: "/films?select=a:id,a:title", body: `{"id": 1}`}
	mustPlan(t, in)
	in.prefer = "return=representation"
	expect(t, "status", mustFail(t, in, "42712").Status, 400)
}
