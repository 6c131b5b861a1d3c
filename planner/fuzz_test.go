package planner

import (
	"reflect"
	"strings"
	"testing"

	"trunkline/cache"
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
		f.Add(method, in.url, "", in.prefer, in.body)
	}
	const form, patch = "application/x-www-form-urlencoded", "application/merge-patch+json"
	f.Add("QUERY", "/films?select=title", form, "", "year=in.(1,2)&order=title&after=&limit=2")
	f.Add("DELETE", "/films", form, "", "id=in.(1,2)&directors(name)=like.a*")
	f.Add("GET", "/films?directors(name)=eq.x&or=(roles(and(character.eq.a,actors(name).neq.b)),studios().is.null)&order=title&after=", "", "", "")
	f.Add("GET", "/films?select=year,n:count(),roles!inner(character)&n=gt.1&roles.actors(name)=eq.x&order=:n", "", "count=exact", "")
	f.Add("POST", "/films?on_conflict=title&on_conflict_where=and(year.gt.1,or(id.is.null,title.neq.x))", "", "resolution=merge-duplicates", `{"title":"x"}`)
	f.Add("PATCH", "/films?id=eq.1", patch, "return=representation", `{"title":"x","meta":{"a":null,"b":{"c":1}}}`)
	f.Add("PATCH", "/films", "", "params=multiple-objects", `[{"id":1,"title":"x"},{"id":2,"title":"y"}]`)
	f.Add("GET", "/roles?select=character,...films(n:count(),...directors(m:name.max(),*))&n=gt.1&n.character=eq.x&films.n.title=eq.y&films.directors.m.or=(id.gt.1,name.is.null)&or=(m.eq.a,n.lt.9)&order=:m.desc,:n", "", "count=exact", "")
	f.Add("GET", "/directors?select=id,...films(n:count())&n=gt.1&n.id=eq.1&films.n.id=eq.2&films.order=:n&order=:n", "", "", "")
	f.Add("DELETE", "/films?select=id,d:directors!inner(name)&d=is.null&or=(d(name).eq.x,id.gt.1)&d.name=eq.y", "", "return=representation", "")
	f.Add("PATCH", "/films?select=director_id(id),...studios(n:count())&director_id=is.null&studios=not.is.null&n=gt.1", "", "", `{"title":"x"}`)
	snap := fixture(f)
	f.Fuzz(func(t *testing.T, method, url, contentType, prefer, body string) {
		for _, extended := range []bool{false, true} {
			planTwice(t, snap, extended, &request.Input{
				Method: method, Path: url, ContentType: contentType, Prefer: []string{prefer}, Body: []byte(body),
			})
		}
	})
}

// planTwice plans a request, whose path may have a query, with or without the extensions.
func planTwice(t *testing.T, snap *cache.Snapshot, extended bool, in *request.Input) {
	t.Helper()
	in.Path, in.RawQuery, _ = strings.Cut(in.Path, "?")
	syntax := &request.Options{Schemas: snap.Schemas, Extensions: extended}
	o := &Options{MaxRows: 100, Aggregates: true, Plans: true, LegacyTargetNames: true, Extensions: extended}
	if in.QueryInBody() && in.JoinQuery(string(in.Body), syntax) != nil {
		return
	}
	req, err := request.Parse(in, syntax)
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
