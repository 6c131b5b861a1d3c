package pgsql

import (
	"strings"
	"testing"

	"trunkline/planner"
	"trunkline/planner/request"
)

// FuzzMain renders whatever can be planned: it must not panic, and must write the same text again.
func FuzzMain(f *testing.F) {
	for _, url := range []string{
		"/films?select=id,d:directors(id,name)&d=is.null&or=(d(name).eq.x,id.gt.1)&order=d(name).desc,id&limit=3&after=",
		"/films?select=year,n:count(),m:id.max()&n.or=(m.gt.1,id.gt.2)&m=gt.1&or=(n.gt.1,m.lt.9)&order=:n.desc,year",
		"/directors?select=id,films(n:count())&films(n)=gt.1&films.n=gt.1&films.or=(n.gt.1,year.is.null)&order=films(year)",
		"/roles?select=name,...films(n:count(),...directors(m:name.max(),*))&n=gt.1&n.name=eq.x&films.directors.m.or=(id.gt.1,name.is.null)&order=:m",
		"/studios?select=*,...films(t:title,actors!inner(id))&films.order=:t,year.desc&films.limit=2&films(actors(and))=(id.gt.1,name.not.eq.x)",
		"/paints?select=shade.max(),code&shade=eq(any).{a,b}&shade=not.isdistinct.c&order=:max,code",
		"/rpc/search?term=a&select=id,directors!inner(name),...studios(s:name)&directors.name=like.a*&studios=not.is.null&order=:s",
	} {
		f.Add("GET", url, "count=exact", "application/json", "")
		f.Add("DELETE", url, "return=representation", "text/csv", "")
		f.Add("PATCH", url, "return=representation,params=multiple-objects", "application/x-ndjson", `[{"id":1,"code":"a","name":"x"}]`)
		f.Add("POST", url, "resolution=merge-duplicates,return=headers-only,missing=default", "*/*", `{"id":1,"term":"x"}`)
	}
	snap := snapshot(f)
	f.Fuzz(func(t *testing.T, method, url, prefer, accept, body string) {
		path, query, _ := strings.Cut(url, "?")
		for _, extended := range []bool{false, true} {
			in := &request.Input{
				Method: method, Path: path, RawQuery: query, Prefer: []string{prefer}, Body: []byte(body),
				Accept: request.Header{Value: accept, Present: true},
			}
			req, err := request.Parse(in, &request.Options{Schemas: snap.Schemas, Extensions: extended})
			if err == nil {
				err = req.ParseBody(in.Body, nil)
			}
			if err != nil {
				return
			}
			o := &planner.Options{MaxRows: 100, Aggregates: true, Plans: true, LegacyTargetNames: true, Extensions: extended}
			plan, err := planner.New(req, snap, o)
			if err != nil || plan.Read == nil || plan.Allow != "" || Relations(plan) > manyRelations {
				continue
			}
			if a, b := Main(plan, Options{}).SQL, Main(plan, Options{}).SQL; a != b {
				t.Errorf("first %s\nagain %s", a, b)
			}
			Explain(plan)
		}
	})
}
