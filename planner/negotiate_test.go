package planner

import (
	"fmt"
	"testing"

	"trunkline/cache"
	"trunkline/planner/request"
)

// negotiated writes what a plan answers with: media type, kind of body, handler.
func negotiated(p *Plan) string {
	kind := [...]string{"nothing", "json", "object", "geojson", "csv", "custom", "lines"}[p.Body.Kind]
	if p.Body.StripNulls {
		kind += " stripped"
	}
	if p.Body.Kind == BodyCustom {
		kind += " by " + p.Body.Handler.Function.Name
	}
	return p.Media.String() + " as " + kind
}

func TestNegotiation(t *testing.T) {
	for _, tt := range []struct{ name, url, accept, want string }{
		{"nothing asked for", "/films", "", "application/json as json"},
		{"anything", "/films", "*/*", "application/json as json"},
		{"the first of several", "/films", "application/geo+json, application/json", "application/geo+json as geojson"},
		{"the first that is available", "/films", "image/png, application/json", "application/json as json"},
		{"an object", "/films", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json as object"},
		{"an object without nulls", "/films", "application/vnd.pgrst.object+json;nulls=stripped", "application/vnd.pgrst.object+json;nulls=stripped as object stripped"},
		{"an array without nulls", "/films", "application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.array+json;nulls=stripped as json stripped"},
		{"an array", "/films", "application/vnd.pgrst.array+json", "application/json as json"},
		{"a handler of the relation", "/films", "text/html", "text/html as custom by films_html"},
		{"a handler in other letters", "/films", "Text/HTML", "text/html as custom by films_html"},
		{"a handler of any rows", "/films?select=title", "text/xml", "text/xml as custom by any_xml"},
		{"a handler instead of what is built in", "/films", "text/csv", "text/csv as custom by any_csv"},
		{"lines", "/directors", "application/x-ndjson", "application/x-ndjson as lines"},
		{"lines without nulls", "/directors", "application/x-ndjson;nulls=stripped", "application/x-ndjson;nulls=stripped as lines stripped"},
		{"a handler instead of lines", "/films", "application/x-ndjson", "application/x-ndjson as custom by film_lines"},
		{"a handler instead of lines wants whole rows", "/films?select=id", "application/x-ndjson", "application/x-ndjson as lines"},
		{"no handler instead of lines without nulls", "/films", "application/x-ndjson;nulls=stripped", "application/x-ndjson;nulls=stripped as lines stripped"},
		{"a handler for anything instead of lines", "/posters", "application/x-ndjson", "application/octet-stream as custom by raw"},
		{"a handler for anything", "/posters", "", "application/octet-stream as custom by raw"},
		{"a handler for anything comes first", "/posters", "text/xml", "application/octet-stream as custom by raw"},
		{"a handler for anything and an object", "/posters", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json as object"},
		{"a handler for anything wants whole rows", "/posters?select=url", "", "application/json as json"},
		{"a handler of a function", "/rpc/thumbnail", "image/png", "image/png as custom by png"},
		{"a handler of a function's relation", "/rpc/search?term=x", "text/html", "text/html as custom by films_html"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.url, negotiated(mustPlan(t, input{url: tt.url, accept: tt.accept})), tt.want)
		})
	}
}

func TestNegotiationWithoutHandlers(t *testing.T) {
	c := catalog()
	c.MediaHandlers = nil
	for accept, want := range map[string]string{
		"text/csv":             "text/csv as csv",
		"application/x-ndjson": "application/x-ndjson as lines",
		"application/geo+json": "application/geo+json as geojson",
		"*/*":                  "application/json as json",
	} {
		plan, err := New(parse(t, input{url: "/posters", accept: accept}), cache.Build(c), &Options{})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, accept, negotiated(plan), want)
	}
}

// Rows are counted before they are sent only where they must be.
func TestUncountedRows(t *testing.T) {
	const lines = "application/x-ndjson"
	for _, tt := range []struct {
		in   input
		want bool
	}{
		{input{url: "/directors"}, true},
		{input{method: "HEAD", url: "/directors"}, true},
		{input{url: "/directors", prefer: "count=exact"}, true},
		{input{url: "/directors?select=name,count()", o: &Options{Aggregates: true, MaxRows: request.NoLimit}}, true},
		{input{url: "/directors?select=name,count()", prefer: "count=exact", o: &Options{Aggregates: true, MaxRows: request.NoLimit}}, false},
		{input{url: "/directors?select=name,count()", prefer: "count=planned", o: &Options{Aggregates: true, MaxRows: request.NoLimit}}, true},
		{input{url: "/rpc/search?term=x", accept: lines + ";nulls=stripped"}, true},
		{input{url: "/rpc/search?term=x", accept: lines + ";nulls=stripped", prefer: "count=exact"}, false},
		{input{url: "/rpc/search?term=x", accept: lines + ";nulls=stripped", prefer: "count=estimated"}, false},
		{input{url: "/rpc/search?term=x", accept: lines + ";nulls=stripped", prefer: "count=planned"}, true},
		{input{url: "/rpc/search?term=x", accept: lines + ";nulls=stripped", prefer: "max-affected=1"}, true},
		{input{url: "/rpc/search?term=x", accept: lines + ";nulls=stripped", prefer: "handling=strict, max-affected=1"}, false},
		{input{url: "/rpc/today"}, false},
		{input{method: "POST", url: "/directors", body: "{}", prefer: "return=representation"}, false},
		{input{url: "/films"}, false}, // by a handler
		{input{url: "/directors", accept: "application/json"}, false},
		{input{url: "/studios", accept: "text/csv"}, false},
	} {
		if tt.in.accept == "" {
			tt.in.accept = lines
		}
		expect(t, fmt.Sprint(tt.in), mustPlan(t, tt.in).Uncounted, tt.want)
	}
}

func TestUnacceptableMediaTypes(t *testing.T) {
	for _, tt := range []struct{ name, url, accept, types string }{
		{"unknown", "/films", "text/unknown", "text/unknown"},
		{"several", "/films", "text/unknown, image/png", "text/unknown, image/png"},
		{"a handler wants whole rows", "/films?select=title", "text/html", "text/html"},
		{"a handler wants no embeds", "/films?select=*,directors(*)", "text/html", "text/html"},
		{"a handler wants no aggregates", "/films?select=count()", "text/html", "text/html"},
		{"a handler of another relation", "/directors", "text/html", "text/html"},
		{"the description of the API", "/films", "application/openapi+json", "application/openapi+json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := mustFail(t, input{url: tt.url, accept: tt.accept}, "PGRST107")
			expect(t, "message", err.Message, "None of these media types are available: "+tt.types)
		})
	}
}

func TestExecutionPlans(t *testing.T) {
	const plain = `application/vnd.pgrst.plan+text; for="text/csv"`
	plan := mustPlan(t, input{url: "/directors", accept: plain})
	expect(t, "media", plan.Media.Kind, request.MediaPlan)
	expect(t, "of", negotiated(plan), `application/vnd.pgrst.plan+text; for="text/csv" as custom by any_csv`)
	plan = mustPlan(t, input{url: "/films", accept: `application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object+json"`})
	expect(t, "body", plan.Body.Kind, BodyObject)

	expectError(t, input{url: "/films", accept: plain, o: &Options{}}, "PGRST107")
	expectError(t, input{url: "/films", accept: `application/vnd.pgrst.plan; for="text/unknown"`}, "PGRST107")
	expectError(t, input{url: "/films", accept: `application/vnd.pgrst.plan; for="application/vnd.pgrst.plan"`}, "PGRST107")
}

func TestAnswersWithoutBody(t *testing.T) {
	for _, tt := range []struct {
		in   input
		want BodyKind
	}{
		{input{method: "HEAD", url: "/films"}, BodyNone},
		{input{method: "HEAD", url: "/rpc/today"}, BodyNone},
		{input{method: "POST", url: "/films", body: "{}"}, BodyNone},
		{input{method: "POST", url: "/films", body: "{}", prefer: "return=minimal"}, BodyNone},
		{input{method: "POST", url: "/films", body: "{}", prefer: "return=headers-only"}, BodyNone},
		{input{method: "POST", url: "/films", body: "{}", prefer: "return=representation"}, BodyJSON},
		{input{method: "DELETE", url: "/films", prefer: "return=representation"}, BodyJSON},
		{input{method: "POST", url: "/rpc/today", prefer: "return=minimal"}, BodyJSON},
	} {
		plan := mustPlan(t, tt.in)
		expect(t, fmt.Sprint(tt.in), plan.Body.Kind, tt.want)
		expect(t, "media", plan.Media.String(), "application/json")
		expect(t, "headers only", plan.HeadersOnly, tt.in.method == "HEAD")
	}
}
