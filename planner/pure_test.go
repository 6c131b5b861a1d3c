package planner

import (
	"testing"

	"trunkline/cache"
)

// TestSees has a view, whose privileges are another role's, a table that shows rows by a claim, and operators that the
// search path chooses.
func TestSees(t *testing.T) {
	const claims, headers, method, path = cache.SettingClaims, cache.SettingHeaders, cache.SettingMethod, cache.SettingSearchPath
	for _, tt := range []struct {
		name      string
		in        input
		sees      cache.Settings
		roleBound bool
	}{
		{"a table", input{url: "/films?id=eq.1&select=title,studios(name)"}, 0, false},
		{"what is not pure", input{url: "/logs"}, cache.AllSettings, true},
		{"a call", input{url: "/rpc/search?term=x"}, cache.AllSettings, true},
		{"a plan", input{url: "/films", accept: "application/vnd.pgrst.plan"}, cache.AllSettings, false},
		{"a view", input{url: "/film_view"}, 0, true},
		{"a policy", input{url: "/secrets"}, claims, true},
		{"a policy of an embed", input{url: "/films?select=secrets(*)"}, claims, true},
		{"a policy of related rows", input{url: "/films?secrets(id)=eq.1"}, claims, true},
		{"and deeper", input{url: "/directors?or=(films(secrets()).is.null,id.eq.1)"}, claims, true},
		{"a policy of rows related to what is deleted", input{method: "DELETE", url: "/films?secrets(id)=eq.1"}, claims | method, true},
		{"text search", input{url: "/films?title=fts.x"}, path, false},
		{"an operator of the search path", input{url: "/secrets?tag=eq.x"}, claims | path, true},
		{"a cast from such a type", input{url: "/secrets?select=tag::text"}, claims | path, true},
		{"an insert", input{method: "POST", url: "/films", body: `{"title": "x"}`}, headers, false},
		{"a delete", input{method: "DELETE", url: "/films"}, method, false},
		{"an upsert", input{method: "POST", url: "/films", body: `{"title": "x"}`, prefer: "resolution=merge-duplicates"}, headers | method, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := mustPlan(t, tt.in)
			if plan.Sees != tt.sees || plan.RoleBound != tt.roleBound {
				t.Errorf("reads %v, bound to the role: %t", plan.Sees, plan.RoleBound)
			}
		})
	}
}

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
		{"a page behind a cursor", input{url: "/films?order=title.desc&after=&limit=2"}, true},
		{"the rows of an aggregate", input{url: "/films?select=n:count()&n.year=gt.1990&order=:n"}, true},
		{"distinct values", input{url: "/films?select=year.countdistinct()"}, true},
		{"related rows", input{url: "/films?studios(name)=eq.x&or=(actors(and(id.eq.1,roles(character).like.x*)),posters().is.null)"}, true},
		{"a delete by them", input{method: "DELETE", url: "/films?studios(name)=eq.x"}, true},
		{"a spread with an order", input{url: "/films?select=title,...roles(character)&roles.order=film_id"}, true},
		{"a filter on an embed", input{url: "/films?select=studios()&studios=not.is.null&studios.name=eq.x"}, true},

		{"a filter on all columns", input{url: "/films?%22*%22=eq.1"}, false}, // there is no column of that name
		{"an order by them", input{url: "/films?order=%22*%22"}, false},
		{"a cast", input{url: "/films?select=year::text,meta->>a::int"}, true},
		{"an aggregate", input{url: "/films?select=year.sum(),meta->>a::numeric.avg()::int,title.max()"}, true},
		{"an aggregate of a spread", input{url: "/films?select=...studios(id.max())"}, true},
		{"an insert", input{method: "POST", url: "/directors", body: `{"name": "x"}`, prefer: "return=headers-only"}, true},
		{"an insert that ignores", input{method: "POST", url: "/directors", body: `{"name": "x"}`, prefer: "resolution=ignore-duplicates"}, true},
		{"an update", input{method: "PATCH", url: "/films?id=eq.1", body: `{"title": "x"}`, prefer: "return=representation"}, true},
		{"a delete", input{method: "DELETE", url: "/films"}, true},

		{"a computed relationship's rows", input{url: "/films?similar(title)=eq.x"}, false},
		{"related rows with a computed field", input{url: "/films?studios(rank)=eq.x"}, false},
		{"and deeper", input{url: "/directors?or=(films(and(id.eq.1,studios(rank).eq.x)),id.eq.1)"}, false},
		{"related rows joined by two types", input{url: "/studios?mixed()=is.null"}, false},
		{"a write by such rows", input{method: "DELETE", url: "/films?similar(title)=eq.x"}, false},
		{"a page behind a cursor by a path", input{url: "/films?order=meta->a&after=&limit=2"}, false},
		{"groups of a size", input{url: "/films?select=year,n:count()&n=gt.1"}, false},
		{"the rows of an aggregate by a computed field", input{url: "/films?select=n:count()&n.rank=eq.1"}, false},
		{"an impure relation", input{url: "/logs"}, false},
		{"a computed field", input{url: "/films?select=title,rank"}, false},
		{"a filter on one", input{url: "/films?rank=eq.1"}, false},
		{"a filter on one in a tree", input{url: "/films?or=(id.eq.1,and(id.eq.2,rank.eq.1))"}, false},
		{"an order by one", input{url: "/films?order=rank"}, false},
		{"a spread's order by one", input{url: "/films?select=...roles(character)&roles.order=rank"}, false},
		{"a computed relationship", input{url: "/films?select=similar(title)"}, false},
		{"a computed field of an embed", input{url: "/films?select=studios(rank)"}, false},
		{"a cast to what may be another type", input{url: "/films?select=year::regclass"}, false},
		{"an aggregate for which there is no function", input{url: "/films?select=title.sum()"}, false},
		{"a cast of an aggregate", input{url: "/films?select=year.sum()::money"}, false},
		{"an aggregate of JSON", input{url: "/films?select=meta.max()"}, false},
		{"a truth of what is none", input{url: "/films?title=is.true"}, false},
		{"a join of two types", input{url: "/studios?select=mixed(*)"}, false},
		{"a representation", input{url: "/paints?select=shade"}, false},
		{"a handler", input{url: "/films", accept: "text/html"}, false},
		{"GeoJSON", input{url: "/films", accept: "application/geo+json"}, false},
		{"a call", input{url: "/rpc/search?term=x"}, false},
		{"a call that writes", input{method: "POST", url: "/rpc/store", body: "{}"}, false},
		{"a delete with consequences", input{method: "DELETE", url: "/directors"}, false},
		{"an update of it", input{method: "PATCH", url: "/directors", body: `{"name": "x"}`}, false},
		{"an insert that updates", input{method: "POST", url: "/directors", body: `{"name": "x"}`, prefer: "resolution=merge-duplicates"}, false},
		{"a write with defaults", input{method: "POST", url: "/defaulted?columns=made", body: `[{}]`, prefer: "missing=default"}, false},
		{"a write that returns a computed field", input{method: "DELETE", url: "/films?select=rank", prefer: "return=representation"}, false},
		{"a write whose filter is one", input{method: "DELETE", url: "/films?rank=eq.1"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustPlan(t, tt.in).Pure; got != tt.want {
				t.Errorf("pure is %t", got)
			}
		})
	}
}

// TestUsesOfCasts has a plan say whether its purity depends on what the names of types mean.
func TestUsesOfCasts(t *testing.T) {
	for url, want := range map[string]bool{
		"/films?select=id::text": true, "/films?select=year.max()::text": true, "/films?select=id,n:count()": false,
		"/films?title=fts.x&select=id": false, "/films?select=studios(id::text)": true,
	} {
		if plan := mustPlan(t, input{url: url}); !plan.Pure || plan.Uses.Casts != want {
			t.Errorf("%s: pure is %t, casts %t", url, plan.Pure, plan.Uses.Casts)
		}
	}
}
