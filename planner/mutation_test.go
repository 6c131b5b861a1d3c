package planner

import (
	"fmt"
	"strings"
	"testing"

	"trunkline/planner/request"
)

func columns(fields []Field) string {
	texts := make([]string, len(fields))
	for i := range fields {
		texts[i] = fields[i].Name + " " + fields[i].Type
		if fields[i].Transform.Name != "" {
			texts[i] += " by " + fields[i].Transform.Name
		}
		if fields[i].Default != "" {
			texts[i] += " default " + fields[i].Default
		}
	}
	return strings.Join(texts, ", ")
}

func TestInsert(t *testing.T) {
	plan := mustPlan(t, input{method: "POST", url: "/paints", body: `{"shade":"red","made":null,"code":"x"}`})
	m := plan.Mutation
	expect(t, "columns", columns(m.Columns), "code text, made timestamp default now(), shade json by color_json")
	expect(t, "table", m.Table, "api.paints")
	expect(t, "payload", string(m.Payload.Raw), `{"shade":"red","made":null,"code":"x"}`)
	expect(t, "primary key", m.PrimaryKey, "[code lot]")
	if m.Conflict != nil || m.Defaults || m.Location || m.Returning != nil || len(m.Where) > 0 || plan.ReadOnly {
		t.Errorf("a plain insert is %+v", m)
	}
	expect(t, "body", plan.Body.Kind, BodyNone)
}

func TestInsertColumns(t *testing.T) {
	plan := mustPlan(t, input{method: "POST", url: "/films?columns=year,id", body: `[{"id":1,"x":2}]`})
	expect(t, "columns", columns(plan.Mutation.Columns), "id integer, year integer")

	err := mustFail(t, input{method: "POST", url: "/films?columns=year,nope", body: `[]`}, "PGRST204")
	expect(t, "message", err.Message, "Could not find the 'nope' column of 'films' in the schema cache")
	expectError(t, input{method: "POST", url: "/films", body: `{"nope":1}`}, "PGRST204")
	expectError(t, input{method: "PATCH", url: "/films", body: `{"nope":1}`}, "PGRST204")
	expectError(t, input{method: "PUT", url: "/films?id=eq.1", body: `{"nope":1}`}, "PGRST204")

	plan = mustPlan(t, input{method: "POST", url: "/films", body: `[]`})
	expect(t, "no columns", len(plan.Mutation.Columns), 0)
}

func TestInsertConflicts(t *testing.T) {
	for _, tt := range []struct{ url, prefer, want string }{
		{"/paints", "", "<nil>"},
		{"/paints?on_conflict=code", "", "<nil>"},
		{"/paints", "resolution=merge-duplicates", "&{true [code lot] []}"},
		{"/paints", "resolution=ignore-duplicates", "&{false [code lot] []}"},
		{"/paints?on_conflict=code", "resolution=merge-duplicates", "&{true [code] []}"},
		{"/logs", "resolution=merge-duplicates", "&{true [] []}"},
	} {
		plan := mustPlan(t, input{method: "POST", url: tt.url, prefer: tt.prefer, body: `{}`})
		expect(t, tt.url+" "+tt.prefer, plan.Mutation.Conflict, tt.want)
	}
}

func TestWritePreferences(t *testing.T) {
	for _, tt := range []struct {
		method, url, prefer string
		defaults, location  bool
	}{
		{"POST", "/films", "missing=default", true, false},
		{"POST", "/films", "missing=null", false, false},
		{"PATCH", "/films", "missing=default", true, false},
		{"PUT", "/films?id=eq.1", "missing=default", false, false},
		{"POST", "/films", "return=headers-only", false, true},
		{"PATCH", "/films", "return=headers-only", false, false},
		{"PUT", "/films?id=eq.1", "return=headers-only", false, false},
		{"POST", "/films", "return=representation", false, false},
	} {
		m := mustPlan(t, input{method: tt.method, url: tt.url, prefer: tt.prefer, body: `{"id":1}`}).Mutation
		if m.Defaults != tt.defaults || m.Location != tt.location {
			t.Errorf("%s with %s: %+v", tt.method, tt.prefer, m)
		}
	}
}

func TestUpdate(t *testing.T) {
	plan := mustPlan(t, input{method: "PATCH", url: "/films?year=lt.1900&order=year", body: `{"title":"x"}`})
	expect(t, "action", plan.Mutation.Action, request.ActionUpdate)
	expect(t, "columns", columns(plan.Mutation.Columns), "title text")
	expect(t, "where", sketchConditions(plan.Mutation.Where, ""), "year 4 1900")
}

func TestDelete(t *testing.T) {
	plan := mustPlan(t, input{method: "DELETE", url: "/films?id=eq.1"})
	expect(t, "where", sketchConditions(plan.Mutation.Where, ""), "id 0 1")
	if plan.Mutation.Payload != nil || plan.Mutation.Columns != nil {
		t.Errorf("a delete has a payload: %+v", plan.Mutation)
	}
}

func TestUpsert(t *testing.T) {
	plan := mustPlan(t, input{method: "PUT", url: "/paints?lot=eq.1&code=eq.x", body: `{"code":"x","lot":1}`})
	expect(t, "conflict", plan.Mutation.Conflict, "&{true [code lot] []}")
	expect(t, "where", sketchConditions(plan.Mutation.Where, ","), "lot 0 1,code 0 x")
}

func TestUpsertNeedsTheWholeKey(t *testing.T) {
	for _, url := range []string{
		"/paints",
		"/paints?code=eq.x",
		"/paints?code=eq.x&lot=gt.1",
		"/paints?code=eq.x&lot=not.eq.1",
		"/paints?code=eq.x&lot=eq(any).{1}",
		"/paints?code=eq.x&lot=eq.1&shade=eq.red",
		"/paints?code=eq.x&lot=eq.1&or=(code.eq.x,lot.eq.1)",
		"/logs?message=eq.x",
		"/films?id=eq.1&select=roles(character)&roles.character=eq.x",
	} {
		err := mustFail(t, input{method: "PUT", url: url, body: `{"nope":1}`}, "PGRST105")
		expect(t, url, err.Status, 405)
	}
	mustPlan(t, input{method: "PUT", url: "/paints?code=eq.x&lot=eq.1&code=eq.x", body: `{"code":"x"}`})
}

func TestReturning(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"everything", "", "[*]"},
		{"columns and the key", "?select=title,year", "[id title year]"},
		{"a path's column", "?select=meta->a,title", "[id meta title]"},
		{"no column twice", "?select=id,title,x:title", "[id title]"},
		{"columns to join by", "?select=title,directors(name),studios(name)", "[director_id id studio_id title]"},
		{"columns to join by from afar", "?select=title,roles(character)", "[id title]"},
		{"many to many", "?select=title,actors(name)", "[id title]"},
		{"a computed relationship", "?select=title,similar(title)", "[*]"},
		{"a spread", "?select=title,...directors(name)", "[director_id id title]"},
		{"what it is ordered by", "?select=title&order=year.desc", "[id title year]"},
		{"an order by an embed", "?select=title,directors(name)&order=directors(name)", "[director_id id title]"},
		{"nothing selected of its own", "?select=directors(name)", "[director_id id]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, prefer := range []string{"return=representation", "return=headers-only"} {
				plan := mustPlan(t, input{method: "POST", url: "/films" + tt.query, body: `{"id":1}`, prefer: prefer})
				expect(t, prefer, columnNames(plan.Mutation.Returning), tt.want)
			}
			for _, prefer := range []string{"return=minimal", ""} {
				plan := mustPlan(t, input{method: "POST", url: "/films" + tt.query, body: `{"id":1}`, prefer: prefer})
				expect(t, prefer, fmt.Sprint(plan.Mutation.Returning == nil), true)
			}
		})
	}
	plan := mustPlan(t, input{method: "POST", url: "/paints", body: `{}`, prefer: "return=representation"})
	expect(t, "a star that was written out", plan.Mutation.Returning, "[code lot made shade]")
}

func TestWriteErrorsInOrder(t *testing.T) {
	const strictly = "handling=strict, nonsense"
	expectError(t, input{method: "POST", url: "/nope?select=x(*)", body: `{"a":1}`}, "PGRST205")
	expectError(t, input{method: "POST", url: "/films?select=nope(*)", body: `{"a":1}`, prefer: strictly}, "PGRST200")
	expectError(t, input{method: "POST", url: "/films", body: `{"a":1}`, prefer: strictly}, "PGRST204")
	expectError(t, input{method: "POST", url: "/films", body: `{"id":1}`, prefer: strictly, accept: "text/unknown"}, "PGRST122")
	expectError(t, input{method: "POST", url: "/films", body: `{"id":1}`, accept: "text/unknown"}, "PGRST107")
}
