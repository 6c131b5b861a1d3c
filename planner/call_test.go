package planner

import (
	"fmt"
	"strings"
	"testing"
)

// arguments writes a call's arguments as "name=value", those of a payload as "name".
func arguments(c *Call) string {
	texts := make([]string, len(c.Args))
	for i, a := range c.Args {
		texts[i] = a.Param.Name
		switch {
		case a.Values != nil:
			texts[i] += "=" + fmt.Sprint(a.Values)
		case c.Payload == nil:
			texts[i] += "=" + a.Value
		}
	}
	return strings.Join(texts, " ")
}

func TestCallArguments(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name string
		in   input
		want string
	}{
		{"from the URL, in the parameters' order", input{url: "/rpc/add?b=2&a=1"}, "a=1 b=2"},
		{"an optional one left out", input{url: "/rpc/search?term=x"}, "term=x"},
		{"an optional one given", input{url: "/rpc/search?most=3&term=x"}, "term=x most=3"},
		{"the last of several", input{url: "/rpc/add?a=1&b=2&a=3"}, "a=3 b=2"},
		{"a variadic one gets all", input{url: "/rpc/collect?first=1&rest=2&rest=3&first=4"}, "first=4 rest=[2 3]"},
		{"a variadic one of one", input{url: "/rpc/collect?first=1&rest=2"}, "first=1 rest=[2]"},
		{"from JSON", input{method: "POST", url: "/rpc/add", body: `{"b":2,"a":1}`}, "a b"},
		{"from the columns asked for", input{method: "POST", url: "/rpc/add?columns=a,b", body: `{"a":1,"c":2}`}, "a b"},
		{"from a form", input{method: "POST", url: "/rpc/add", body: "b=2&a=1&b=3", content: form}, "a=1 b=3"},
		{"a variadic one from a form", input{method: "POST", url: "/rpc/collect", body: "first=1&rest=2&rest=3", content: form}, "first=1 rest=[2 3]"},
		{"a variadic one from JSON", input{method: "POST", url: "/rpc/collect", body: `{"first":1,"rest":[2]}`}, "first rest"},
		{"none", input{url: "/rpc/today"}, ""},
		{"none from a body", input{method: "POST", url: "/rpc/today", body: "{}"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := mustPlan(t, tt.in).Call
			expect(t, tt.in.url, arguments(c), tt.want)
			fromPayload := tt.in.method == "POST" && tt.in.content == "" && len(c.Args) > 0
			if (c.Payload != nil) != fromPayload || c.Positional {
				t.Errorf("payload %v, positional %v", c.Payload, c.Positional)
			}
		})
	}
}

func TestCallWithTheWholePayload(t *testing.T) {
	for _, tt := range []struct{ routine, content, body, typ string }{
		{"store", "application/json", `{"x":1}`, "json"},
		{"store", "text/plain", "x", "text"},
		{"store", "application/octet-stream", "x", "bytea"},
	} {
		c := mustPlan(t, input{method: "POST", url: "/rpc/" + tt.routine, content: tt.content, body: tt.body}).Call
		expect(t, "type", c.Routine.Params[0].Type, tt.typ)
		expect(t, "payload", string(c.Payload.Raw), tt.body)
		expect(t, "positional, without names", fmt.Sprint(c.Positional, len(c.Args)), "true 0")
	}
}

func TestCallResults(t *testing.T) {
	for _, tt := range []struct{ name, url, relation, returning, filters string }{
		{"rows of a relation", "/rpc/search?term=x&year=gt.1", "films=api.films", "[*]", "[year]"},
		{"one row of a relation", "/rpc/best_film?select=title", "films=api.films", "[title]", "[]"},
		{"what conditions need", "/rpc/search?term=x&select=title&or=(year.gt.1,meta->a.is.null)&order=id", "films=api.films", "[title]", "[id meta year]"},
		{"what embeds need", "/rpc/search?term=x&select=title,directors(name),roles(character)&directors=is.null&roles.film_id=eq.1&order=directors(name)", "films=api.films", "[director_id id title]", "[]"},
		{"a computed relationship", "/rpc/search?term=x&select=title,similar(title)", "films=api.films", "[*]", "[]"},
		{"a value", "/rpc/add?a=1&b=2", "add=api.add", "[*]", "[]"},
		{"columns of its own", "/rpc/statistics?select=total", "record=api.record", "[total]", "[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := mustPlan(t, input{url: tt.url})
			relation, _, _ := strings.Cut(sketch(plan.Read), ":")
			expect(t, "relation", relation, tt.relation)
			expect(t, "returning", columnNames(plan.Call.Returning), tt.returning)
			expect(t, "filter fields", columnNames(plan.Call.FilterFields), tt.filters)
		})
	}
}

func TestCallAccess(t *testing.T) {
	for _, tt := range []struct {
		in       input
		readOnly bool
	}{
		{input{url: "/rpc/search?term=x"}, true},
		{input{url: "/rpc/today"}, true},
		{input{method: "HEAD", url: "/rpc/today"}, true},
		{input{method: "POST", url: "/rpc/search", body: `{"term":"x"}`}, true},
		{input{method: "POST", url: "/rpc/add", body: `{"a":1,"b":2}`}, true},
		{input{method: "POST", url: "/rpc/today"}, false},
	} {
		expect(t, tt.in.method+" "+tt.in.url, mustPlan(t, tt.in).ReadOnly, tt.readOnly)
	}
}

func TestMaxAffectedNeedsASet(t *testing.T) {
	const prefer = "handling=strict, max-affected=5"
	expectError(t, input{method: "POST", url: "/rpc/today", prefer: prefer}, "PGRST128")
	expectError(t, input{url: "/rpc/best_film", prefer: prefer}, "PGRST128")
	mustPlan(t, input{url: "/rpc/search?term=x", prefer: prefer})
	mustPlan(t, input{method: "POST", url: "/rpc/today", prefer: "max-affected=5"})
	mustPlan(t, input{method: "POST", url: "/rpc/today", prefer: "handling=strict"})
}

func TestCallErrorsInOrder(t *testing.T) {
	const strictly = "handling=strict, max-affected=5, nonsense"
	expectError(t, input{url: "/rpc/today?x=1&select=nope(*)", prefer: strictly, accept: "x/y"}, "PGRST202")
	expectError(t, input{url: "/rpc/today?select=nope(*)", prefer: strictly, accept: "x/y"}, "PGRST200")
	expectError(t, input{url: "/rpc/today", prefer: strictly, accept: "x/y"}, "PGRST107")
	expectError(t, input{url: "/rpc/today", prefer: strictly}, "PGRST122")
	expectError(t, input{url: "/rpc/today", prefer: "handling=strict, max-affected=5"}, "PGRST128")
}
