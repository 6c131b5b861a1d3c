package request

import (
	"slices"
	"testing"
)

func TestActions(t *testing.T) {
	for _, tc := range []struct {
		method, path, resource string
		action                 Action
	}{
		{"GET", "/films", "films", ActionRead},
		{"HEAD", "/films", "films", ActionRead},
		{"POST", "/films", "films", ActionInsert},
		{"PATCH", "/films", "films", ActionUpdate},
		{"PUT", "/films", "films", ActionUpsert},
		{"DELETE", "/films", "films", ActionDelete},
		{"OPTIONS", "/films", "films", ActionInfoRelation},
		{"GET", "/rpc/f", "f", ActionCallRead},
		{"HEAD", "/rpc/f", "f", ActionCallRead},
		{"POST", "/rpc/f", "f", ActionCall},
		{"OPTIONS", "/rpc/f", "f", ActionInfoRoutine},
		{"GET", "/", "", ActionRoot},
		{"HEAD", "", "", ActionRoot},
		{"OPTIONS", "/", "", ActionInfoRoot},
		{"GET", "/rpc", "rpc", ActionRead},
		{"GET", "/rpc/", "", ActionCallRead},
		{"GET", "/a%2Fb%20c+d%C3%A9", "a/b c+dé", ActionRead},
		{"GET", "/r%70c/f%2f", "f/", ActionCallRead},
		{"GET", "/100%", "100%", ActionRead},
	} {
		r := mustParse(t, Input{Method: tc.method, Path: tc.path, Body: []byte("{}")})
		wantEqual(t, tc.method+" "+tc.path, []any{r.Method, r.Action, r.Resource, r.HeadersOnly},
			[]any{tc.method, tc.action, tc.resource, tc.method == "HEAD"})
	}
}

func TestRootRoutine(t *testing.T) {
	o := testOptions()
	o.RootRoutine = "home"
	r, err := parseWhole(&Input{Method: "GET", Path: "/", RawQuery: "x=1"}, o)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "root", []any{r.Action, r.Resource, len(r.Query.Params)}, []any{ActionCallRead, "home", 1})
	o.OpenAPIDisabled = true
	wantEqual(t, "disabled", mustFail(t, Input{Method: "GET", Path: "/"}, o).Code, "PGRST126")
}

// TestErrorOrder has in each request the errors of all requests below it, too.
func TestErrorOrder(t *testing.T) {
	header := func(value string) Header { return Header{value, true} }
	for _, tc := range []struct {
		in   Input
		code string
	}{
		{Input{Method: "BREW", Path: "/a/b", RawQuery: "order=&limit=-1&x=%00", ContentProfile: header("no"), AcceptProfile: header("no")}, "TRUNK400"},
		{Input{Method: "BREW", Path: "/a/b", RawQuery: "order=&limit=-1", AcceptProfile: header("no")}, "PGRST125"},
		{Input{Method: "BREW", Path: "/films", RawQuery: "order=&limit=-1", AcceptProfile: header("no")}, "PGRST106"},
		{Input{Method: "BREW", Path: "/films", RawQuery: "order=&limit=-1"}, "PGRST117"},
		{Input{Method: "BREW", Path: "/", RawQuery: "order=&limit=-1"}, "PGRST117"},
		{Input{Method: "PUT", Path: "/rpc/f", RawQuery: "order=&limit=-1"}, "PGRST101"},
		{Input{Method: "POST", Path: "/films", RawQuery: "order=&limit=-1", Body: []byte("{")}, "PGRST100"},
		{Input{Method: "POST", Path: "/films", RawQuery: "limit=-1", Body: []byte("{")}, "PGRST103"},
		{Input{Method: "PUT", Path: "/films", RawQuery: "limit=1", Body: []byte("{")}, "PGRST114"},
		{Input{Method: "POST", Path: "/films", Body: []byte("{")}, "PGRST102"},
	} {
		err := mustFail(t, tc.in, testOptions())
		wantEqual(t, tc.in.Method+" "+tc.in.Path+"?"+tc.in.RawQuery, err.Code, tc.code)
	}
}

func TestInvalidPaths(t *testing.T) {
	for _, path := range []string{"//", "/films/", "//films", "/films/1", "/rpc/f/", "/rpc/f/g", "/RPC/f"} {
		wantEqual(t, path, mustFail(t, Input{Method: "GET", Path: path}, testOptions()).Code, "PGRST125")
	}
}

func TestMalformed(t *testing.T) {
	for name, in := range map[string]Input{
		"path":            {Path: "/%ff"},
		"path, NUL":       {Path: "/a%00"},
		"path, deeper":    {Path: "/a/%c3"},
		"query":           {RawQuery: "a=eq.%ff"},
		"query, NUL":      {RawQuery: "a=eq.%00"},
		"query, raw":      {RawQuery: "a=eq.\xff"},
		"query, ignored":  {RawQuery: "select&select=%ff"},
		"Accept":          {Accept: Header{"text/\xff", true}},
		"Accept-Profile":  {AcceptProfile: Header{"\xff", true}},
		"Content-Profile": {ContentProfile: Header{"\xff", true}},
		"Prefer":          {Prefer: []string{"count=exact", "timezone=\xff"}},
		"Range":           {Range: "\xff"},
		"Content-Type":    {ContentType: "text/\xff"},
	} {
		in.Method = "GET"
		if in.Path == "" {
			in.Path = "/films"
		}
		err := mustFail(t, in, testOptions())
		wantEqual(t, name, []any{err.Code, err.Status}, []any{"TRUNK400", 400})
	}
}

func TestProfiles(t *testing.T) {
	archive := Header{"archive", true}
	for _, tc := range []struct {
		in         Input
		schema     string
		negotiated bool
	}{
		{Input{Method: "GET"}, "api", true},
		{Input{Method: "GET", AcceptProfile: archive}, "archive", true},
		{Input{Method: "HEAD", AcceptProfile: archive}, "archive", true},
		{Input{Method: "OPTIONS", AcceptProfile: archive}, "archive", true},
		{Input{Method: "GET", ContentProfile: archive}, "api", true},
		{Input{Method: "POST", AcceptProfile: archive}, "api", true},
		{Input{Method: "POST", ContentProfile: archive}, "archive", true},
		{Input{Method: "PUT", ContentProfile: archive}, "archive", true},
		{Input{Method: "PATCH", ContentProfile: archive}, "archive", true},
		{Input{Method: "DELETE", ContentProfile: archive}, "archive", true},
	} {
		tc.in.Path, tc.in.Body = "/films", []byte("{}")
		r := mustParse(t, tc.in)
		wantEqual(t, tc.in.Method, []any{r.Schema, r.ProfileNegotiated}, []any{tc.schema, tc.negotiated})
	}
	one := &Options{Schemas: []string{"api"}}
	r, _ := parseWhole(&Input{Method: "GET", Path: "/films"}, one)
	wantEqual(t, "single schema", []any{r.Schema, r.ProfileNegotiated}, []any{"api", false})
	r, _ = parseWhole(&Input{Method: "GET", Path: "/films", AcceptProfile: Header{"api", true}}, one)
	wantEqual(t, "single schema, named", []any{r.Schema, r.ProfileNegotiated}, []any{"api", true})
	err := mustFail(t, Input{Method: "GET", Path: "/films", AcceptProfile: Header{"", true}}, one)
	wantEqual(t, "empty profile", []any{err.Code, err.Message}, []any{"PGRST106", "Invalid schema: "})
}

func TestActionPredicates(t *testing.T) {
	var mutates, calls []Action
	for a := ActionRead; a <= ActionInfoRoot; a++ {
		if a.Mutates() {
			mutates = append(mutates, a)
		}
		if a.Calls() {
			calls = append(calls, a)
		}
	}
	if !slices.Equal(mutates, []Action{ActionInsert, ActionUpdate, ActionUpsert, ActionDelete}) ||
		!slices.Equal(calls, []Action{ActionCall, ActionCallRead}) {
		t.Errorf("mutates %v, calls %v", mutates, calls)
	}
}
