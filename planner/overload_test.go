package planner

import (
	"fmt"
	"testing"
)

func TestOverloads(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   input
		want int // number of parameters
	}{
		{"by the number of arguments", input{url: "/rpc/add?a=1&b=2"}, 2},
		{"by the names of arguments", input{url: "/rpc/add?a=1&b=2&c=3"}, 3},
		{"without arguments before the whole payload", input{method: "POST", url: "/rpc/store", body: `{}`}, 0},
		{"without a body", input{method: "POST", url: "/rpc/store"}, 0},
		{"by name before the whole payload", input{method: "POST", url: "/rpc/store", body: `{"a":1,"b":2}`}, 2},
		{"the whole payload at last", input{method: "POST", url: "/rpc/store", body: `{"a":1}`}, 1},
		{"a raw payload never calls without arguments", input{method: "POST", url: "/rpc/store", content: "text/plain"}, 1},
		{"the content type of GET does not count", input{url: "/rpc/store", content: "text/plain"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.in.url, len(mustPlan(t, tt.in).Call.Routine.Params), tt.want)
		})
	}
}

func TestRoutinesNotFound(t *testing.T) {
	expectError(t, input{url: "/rpc/add?a=1"}, "PGRST202")
	expectError(t, input{url: "/rpc/search?most=1"}, "PGRST202")
	expectError(t, input{method: "POST", url: "/rpc/either", content: "application/x-www-form-urlencoded", body: "=x"}, "PGRST202")
	expectError(t, input{method: "POST", url: "/rpc/store", content: "text/xml", body: "<a/>"}, "PGRST202")
	expectError(t, input{url: "/rpc/search?term=x", schema: "other"}, "PGRST202")
}

func TestAmbiguousRoutines(t *testing.T) {
	err := mustFail(t, input{url: "/rpc/same?a=1"}, "PGRST203")
	expect(t, "message", err.Message, "Could not choose the best candidate function between: "+
		"api.same(a => integer), api.same(a => text)")
	expect(t, "status", err.Status, 300)

	err = mustFail(t, input{method: "POST", url: "/rpc/either", body: `{"x":1}`}, "PGRST203")
	expect(t, "message", err.Message, "Could not choose the best candidate function between: "+
		"api.either( => json), api.either( => jsonb)")
}

func TestUnknownRoutine(t *testing.T) {
	const searched, nothing = "Searched for the function api.", ", but no matches were found in the schema cache."
	for _, tt := range []struct {
		name                   string
		in                     input
		message, details, hint string
	}{
		{"no arguments", input{url: "/rpc/serch"}, "serch without parameters", "serch without parameters", "api.search"},
		{"one argument", input{url: "/rpc/search?terms=x"}, "search(terms)", "search with parameter terms", "api.search(most, term)"},
		{"arguments", input{url: "/rpc/add?b=1&a=2&d=3"}, "add(a, b, d)", "add with parameters a, b, d", "api.add(a, b, c)"},
		{"nothing like it", input{url: "/rpc/zzz"}, "zzz without parameters", "zzz without parameters", ""},
		{"no arguments like these", input{url: "/rpc/search?zzz=1"}, "search(zzz)", "search with parameter zzz", ""},
		{
			"JSON",
			input{method: "POST", url: "/rpc/zzz", body: `{"a":1}`},
			"zzz(a)", "zzz with parameter a or with a single unnamed json/jsonb parameter", "",
		},
		{
			"JSON without arguments",
			input{method: "POST", url: "/rpc/zzz", body: `{}`},
			"zzz without parameters", "zzz without parameters or with a single unnamed json/jsonb parameter", "",
		},
		{
			"CSV",
			input{method: "POST", url: "/rpc/zzz", body: "a,b\n1,2", content: "text/csv"},
			"zzz(a, b)", "zzz with parameters a, b", "",
		},
		{
			"text",
			input{method: "POST", url: "/rpc/serch", body: "x", content: "text/plain"},
			"serch", "serch with a single unnamed text parameter", "",
		},
		{
			"xml",
			input{method: "POST", url: "/rpc/store", body: "x", content: "text/xml"},
			"store", "store with a single unnamed xml parameter", "",
		},
		{
			"bytes",
			input{method: "POST", url: "/rpc/serch", body: "x", content: "application/octet-stream"},
			"serch", "serch with a single unnamed bytea parameter", "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := mustFail(t, tt.in, "PGRST202")
			expect(t, "message", err.Message, "Could not find the function api."+tt.message+" in the schema cache")
			expect(t, "details", err.Details, searched+tt.details+nothing)
			hint := "<nil>"
			if tt.hint != "" {
				hint = "Perhaps you meant to call the function " + tt.hint
			}
			expect(t, "hint", fmt.Sprint(err.Hint), hint)
		})
	}
}
