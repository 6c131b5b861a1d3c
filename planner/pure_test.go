package planner

import "testing"

func TestPure(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   input
		want bool
	}{
		{"all columns", input{url: "/films"}, true},
		{"columns, filters, order, window", input{url: "/films?select=t:title,meta->a->>b&year=gt.1990&or=(id.eq.1,not.and(title.like.x*,year.is.null))&order=meta->>a,id.desc&limit=3"}, true},
		{"full-text search", input{url: "/films?plot=fts.x&title=plfts(english).y"}, true},
		{"CSV", input{url: "/directors", accept: "text/csv"}, false}, // by a handler of the fixture
		{"a count of all", input{url: "/films?select=count()"}, true},
		{"embeds by keys", input{url: "/films?select=title,studios(name),roles(character,actors!inner(*))&roles.order=character"}, true},
		{"through a junction", input{url: "/films?select=actors(name)"}, true},
		{"a spread with an order", input{url: "/films?select=title,...roles(character)&roles.order=film_id"}, true},
		{"a filter on an embed", input{url: "/films?select=studios()&studios=not.is.null&studios.name=eq.x"}, true},

		{"an impure relation", input{url: "/logs"}, false},
		{"a computed field", input{url: "/films?select=title,rank"}, false},
		{"a filter on one", input{url: "/films?rank=eq.1"}, false},
		{"a filter on one in a tree", input{url: "/films?or=(id.eq.1,and(id.eq.2,rank.eq.1))"}, false},
		{"an order by one", input{url: "/films?order=rank"}, false},
		{"a spread's order by one", input{url: "/films?select=...roles(character)&roles.order=rank"}, false},
		{"a computed relationship", input{url: "/films?select=similar(title)"}, false},
		{"a computed field of an embed", input{url: "/films?select=studios(rank)"}, false},
		{"a cast", input{url: "/films?select=year::text"}, false},
		{"an aggregate", input{url: "/films?select=year.sum()"}, false},
		{"an aggregate of a spread", input{url: "/films?select=...studios(id.max())"}, false},
		{"a representation", input{url: "/paints?select=shade"}, false},
		{"a handler", input{url: "/films", accept: "text/html"}, false},
		{"GeoJSON", input{url: "/films", accept: "application/geo+json"}, false},
		{"a call", input{url: "/rpc/search?term=x"}, false},
		{"a write", input{method: "DELETE", url: "/films"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustPlan(t, tt.in).Pure; got != tt.want {
				t.Errorf("pure is %t", got)
			}
		})
	}
}
