package request

import "testing"

func TestParseMediaType(t *testing.T) {
	plan := func(p PlanMedia) MediaType { return MediaType{Kind: MediaPlan, Plan: &p} }
	csv := MediaType{Kind: MediaCSV}
	for text, want := range map[string]MediaType{
		"application/json":                  {Kind: MediaJSON},
		"Application/JSON; charset=utf-8":   {Kind: MediaJSON},
		"application/json_draft":            {Kind: MediaJSON},
		"application/geo+json":              {Kind: MediaGeoJSON},
		"text/csv":                          csv,
		"text/plain":                        {Kind: MediaText},
		"text/xml":                          {Kind: MediaXML},
		"application/openapi+json":          {Kind: MediaOpenAPI},
		"application/x-www-form-urlencoded": {Kind: MediaForm},
		"application/octet-stream":          {Kind: MediaOctetStream},
		"*/*":                               {Kind: MediaAny},
		"text/*":                            {Kind: MediaOther, Name: "text/*"},
		"":                                  {Kind: MediaOther},
		"/":                                 {Kind: MediaOther, Name: "/"},
		"application":                       {Kind: MediaOther, Name: "application"},
		"application/":                      {Kind: MediaOther, Name: "application/"},
		"image/png;q=1":                     {Kind: MediaOther, Name: "image/png;q=1"},
		"application/vnd.pgrst.object+json": {Kind: MediaObject},
		"application/vnd.pgrst.object":      {Kind: MediaObject},
		"application/vnd.PGRST.object+json ; Nulls = stripped":       {Kind: MediaObject, NullsStripped: true},
		`application/vnd.pgrst.object;nulls="stripped"`:              {Kind: MediaObject, NullsStripped: true},
		"application/vnd.pgrst.object;nulls=kept":                    {Kind: MediaObject},
		"application/vnd.pgrst.object;nulls=stripped;nulls=no":       {Kind: MediaObject},
		"application/vnd.pgrst.object;=;nulls=stripped":              {Kind: MediaObject},
		"application/vnd.pgrst.array+json":                           {Kind: MediaJSON},
		"application/vnd.pgrst.array;nulls=stripped":                 {Kind: MediaArrayStripped},
		"application/vnd.pgrst.array+json;nulls=stripped":            {Kind: MediaArrayStripped},
		"Application/x-ndjson; charset=utf-8":                        {Kind: MediaNDJSON},
		"application/x-ndjson ; nulls=stripped":                      {Kind: MediaNDJSON, NullsStripped: true},
		"application/x-ndjson-seq":                                   {Kind: MediaOther, Name: "application/x-ndjson-seq"},
		"application/vnd.pgrst.plan":                                 plan(PlanMedia{}),
		"application/vnd.pgrst.plan+text;":                           plan(PlanMedia{}),
		`application/vnd.pgrst.plan+json; for="text/csv"`:            plan(PlanMedia{For: csv, JSON: true}),
		`application/vnd.pgrst.plan; for="text/csv; options=analyze`: plan(PlanMedia{}),
		`application/vnd.pgrst.plan; options=analyze|verbose|settings|buffers|wal; for="text/csv"`: plan(PlanMedia{
			For: csv, Options: PlanAnalyze | PlanVerbose | PlanSettings | PlanBuffers | PlanWAL,
		}),
		"application/vnd.pgrst.plan; options=wal|x|": plan(PlanMedia{Options: PlanWAL}),
		`application/vnd.pgrst.plan; for="application/vnd.pgrst.object+json; nulls=stripped"`: plan(PlanMedia{
			For: MediaType{Kind: MediaObject, NullsStripped: true},
		}),
		`application/vnd.pgrst.plan; for=x`: plan(PlanMedia{For: MediaType{Kind: MediaOther, Name: "x"}}),
	} {
		wantEqual(t, text, ParseMediaType(text), want)
	}
}

func TestMediaTypeHeaders(t *testing.T) {
	const utf8 = "; charset=utf-8"
	for _, tc := range []struct {
		media             MediaType
		mime, contentType string
	}{
		{MediaType{Kind: MediaJSON}, "application/json", "application/json" + utf8},
		{MediaType{Kind: MediaGeoJSON}, "application/geo+json", "application/geo+json" + utf8},
		{MediaType{Kind: MediaCSV}, "text/csv", "text/csv" + utf8},
		{MediaType{Kind: MediaText}, "text/plain", "text/plain" + utf8},
		{MediaType{Kind: MediaXML}, "text/xml", "text/xml" + utf8},
		{MediaType{Kind: MediaOpenAPI}, "application/openapi+json", "application/openapi+json" + utf8},
		{MediaType{Kind: MediaForm}, "application/x-www-form-urlencoded", "application/x-www-form-urlencoded" + utf8},
		{MediaType{Kind: MediaOctetStream}, "application/octet-stream", "application/octet-stream"},
		{MediaType{Kind: MediaAny}, "*/*", "*/*" + utf8},
		{MediaType{Kind: MediaNDJSON}, "application/x-ndjson", "application/x-ndjson"},
		{
			MediaType{Kind: MediaNDJSON, NullsStripped: true},
			"application/x-ndjson;nulls=stripped", "application/x-ndjson;nulls=stripped",
		},
		{MediaType{Kind: MediaOther, Name: "image/png"}, "image/png", "image/png"},
		{MediaType{Kind: MediaOther, Name: "x; charset=a"}, "x; charset=a", "x; charset=a"},
		{
			MediaType{Kind: MediaArrayStripped},
			"application/vnd.pgrst.array+json;nulls=stripped",
			"application/vnd.pgrst.array+json;nulls=stripped" + utf8,
		},
		{MediaType{Kind: MediaObject}, "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json" + utf8},
		{
			MediaType{Kind: MediaObject, NullsStripped: true},
			"application/vnd.pgrst.object+json;nulls=stripped",
			"application/vnd.pgrst.object+json;nulls=stripped" + utf8,
		},
		{
			MediaType{Kind: MediaPlan, Plan: &PlanMedia{}},
			`application/vnd.pgrst.plan+text; for="application/json"`,
			`application/vnd.pgrst.plan+text; for="application/json"` + utf8,
		},
		{
			MediaType{Kind: MediaPlan, Plan: &PlanMedia{JSON: true, For: MediaType{Kind: MediaCSV}, Options: PlanVerbose | PlanWAL}},
			`application/vnd.pgrst.plan+json; for="text/csv"; options=verbose|wal`,
			`application/vnd.pgrst.plan+json; for="text/csv"; options=verbose|wal` + utf8,
		},
	} {
		wantEqual(t, tc.mime, []string{tc.media.String(), tc.media.ContentType()}, []string{tc.mime, tc.contentType})
	}
}

func TestAccept(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                 {"*/*"},
		" ,\t, ":                           {"*/*"},
		"text/csv":                         {"text/csv"},
		"text/csv, */*":                    {"text/csv", "*/*"},
		"*/*,text/csv":                     {"text/csv", "*/*"},
		"text/csv;q=0.5, application/json": {"application/json", "text/csv"},
		"a/a;q=0,b/b;q=0.1,c/c;q=2,d/d":    {"c/c", "d/d", "b/b", "a/a"},
		"a/a;q=x,b/b;q=.9,c/c;q=1.,d/d;q=0.3;x=1": {"a/a", "b/b", "c/c", "d/d"},
		"a/a; q=0.4,b/b":                {"b/b", "a/a"},
		"a/a,b/b;x=1":                   {"b/b;x=1", "a/a"},
		"a/a, ,b/b,":                    {"a/a", "b/b"},
		"a / a;level=1;q=0.9,b/b;q=0.9": {"a/a;level=1", "b/b"},
	} {
		r := mustParse(t, Input{Method: "GET", Path: "/films", Accept: Header{text, true}})
		var got []string
		for _, m := range r.Accept {
			got = append(got, m.String())
		}
		wantEqual(t, text, got, want)
	}
	wantEqual(t, "no header", mustParse(t, Input{Method: "GET", Path: "/films"}).Accept, []MediaType{{Kind: MediaAny}})
}
