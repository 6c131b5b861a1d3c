package planner

import (
	"math"
	"testing"
)

func TestQuick(t *testing.T) {
	for url, want := range map[string]bool{
		"/films?id=eq.1": true,
		"/films?id=eq.1&year=gt.1990&select=title":         true,
		"/films?id=in.(1,2,3)&order=year":                  true,
		"/films?order=id&limit=25":                         true,
		"/films?id=gt.10&id=lte.90&order=id.desc&limit=50": true,
		"/films?id=gt.10&order=id&limit=25&offset=25":      true,
		"/roles?film_id=eq.1&actor_id=eq.2":                true,

		"/films":                                     false,
		"/films?limit=25":                            false, // PostgreSQL could skip any number of invisible rows
		"/films?id=not.eq.1":                         false,
		"/films?id=eq(any).{1,2}":                    false,
		"/films?id=gt.1":                             false,
		"/films?or=(id.eq.1,id.eq.2)":                false,
		"/films?title=eq.x":                          false,
		"/films?meta->id=eq.1":                       false,
		"/films?order=id&limit=51":                   false,
		"/films?order=id&limit=1&offset=50":          false,
		"/films?order=id.nullsfirst&limit=25":        false,
		"/films?order=id,title&limit=25":             false,
		"/films?order=title&limit=25":                false,
		"/films?year=gt.1990&order=id&limit=25":      false,
		"/films?id=neq.3&order=id&limit=25":          false,
		"/films?id=eq.1&select=studios(name)":        false,
		"/films?id=eq.1&select=count()":              false,
		"/films?id=eq.1&actors(name)=eq.x":           false,
		"/films?id=eq.1&or=(actors(name).eq.x)":      false,
		"/films?id=eq.1&select=id::text":             true,
		"/roles?film_id=eq.1":                        false,
		"/logs?message=eq.x":                         false,
		"/film_view?id=eq.1":                         false,
		"/directors?id=eq.1&order=name&limit=200":    true,
		"/directors?select=name&id=in.(1)&name=gt.5": true,
	} {
		if got := mustPlan(t, input{url: url}).Quick; got != want {
			t.Errorf("%s: quick is %t", url, got)
		}
	}
	counted := input{url: "/films?id=eq.1", prefer: "count=exact"}
	if mustPlan(t, counted).Quick {
		t.Error("a read with a count is quick")
	}
}

// A page so far away that its end is not a number, as the header Range can ask for, is not one of the first rows.
func TestQuickPageFarAway(t *testing.T) {
	n := mustPlan(t, input{url: "/films?order=id&limit=25"}).Read
	n.Range.Offset = math.MaxInt64 - n.Range.Limit + 1
	if pages(n, "id") {
		t.Errorf("a page from row %d on is quick", n.Range.Offset)
	}
}
