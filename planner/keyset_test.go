package planner

import "testing"

func TestKeysetOrder(t *testing.T) {
	for url, want := range map[string]string{
		"/films?after=&limit=2":                                     "id",
		"/films?after=&order=title":                                 "title,id",
		"/films?after=&order=title.desc,year.desc":                  "title desc,year desc,id desc",
		"/films?after=&order=id,title":                              "id,title",
		"/roles?after=&order=actor_id":                              "actor_id,film_id",
		"/films?after=&order=meta->>id":                             "meta->>id,id",
		"/films?select=*,directors(*)&after=&order=directors(name)": "name@films_directors_1,id",
	} {
		plan := mustPlan(t, input{url: url})
		expect(t, url, sketchOrder(plan.Read.Order), want)
		if plan.Keyset == nil || plan.Keyset.After || plan.Quick {
			t.Errorf("%s: %+v, quick %t", url, plan.Keyset, plan.Quick)
		}
	}
	if mustPlan(t, input{url: "/films?order=id&limit=2"}).Keyset != nil {
		t.Error("a request without a cursor gets one")
	}
	for url, paged := range map[string]bool{"/films?after=": false, "/films?after=&limit=5": true} {
		expect(t, url, mustPlan(t, input{url: url}).Keyset.Paged, paged)
	}
	few := &Options{MaxRows: 2}
	expect(t, "db-max-rows", mustPlan(t, input{url: "/films?after=", o: few}).Keyset.Paged, true)
	lines := input{url: "/films?after=&limit=2", accept: "application/vnd.pgrst.array+json"}
	expect(t, "lines", mustPlan(t, lines).Uncounted, false)
	for _, url := range []string{"/logs?after=", "/films?after=&offset=1", "/films?after=&select=count()", "/films?after=&limit=0"} {
		expectError(t, input{url: url}, "TRUNK400")
	}
	for _, in := range []input{
		{url: "/films?after=&limit=0", method: "HEAD"},
		{url: "/films?after=&limit=0", prefer: "count=exact,handling=strict"},
		{url: "/films?after=&limit=0", accept: "application/vnd.pgrst.object+json"},
		{url: "/films?after=&limit=7", o: &Options{MaxRows: 0}},
	} {
		expectError(t, in, "TRUNK400")
	}
	expectError(t, input{url: "/films?after=WyJ4IiwidjEiXQ"}, "TRUNK400") // of another order
}
