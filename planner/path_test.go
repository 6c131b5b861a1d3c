package planner

import (
	"testing"

	"trunkline/planner/request"
)

func strict() *Options { return &Options{MaxRows: request.NoLimit} }

func TestPathsLeadToEmbeds(t *testing.T) {
	for _, tt := range []struct{ name, query, resource string }{
		{"filter", "directors.name=eq.x", "directors"},
		{"order", "directors.order=name", "directors"},
		{"limit", "directors.limit=1", "directors"},
		{"offset", "directors.offset=1", "directors"},
		{"logic", "directors.or=(id.eq.1,id.eq.2)", "directors"},
		{"deeper", "roles.actor.name=eq.x", "actor"},
		{"the last filter is reported", "one.a=eq.1&two.a=eq.1", "two"},
		{"the last order is reported", "one.order=a&two.order=a", "two"},
		{"the last logic tree is reported", "one.or=(a.eq.1)&two.or=(a.eq.1)", "two"},
		{"filters before orders", "one.a=eq.1&two.order=a", "one"},
		{"orders before ranges", "one.order=a&two.limit=1", "one"},
		{"ranges before logic", "one.limit=1&two.or=(a.eq.1)", "one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := mustFail(t, input{url: "/films?select=title,roles(character)&" + tt.query, o: strict()}, "PGRST108")
			expect(t, "message", err.Message, "'"+tt.resource+"' is not an embedded resource in this request")
			expect(t, "hint", err.Hint, "Verify that '"+tt.resource+"' is included in the 'select' query parameter.")
			expect(t, "details", err.Details, "<nil>")
		})
	}
}

func TestPathErrorsComeBeforeRelationshipErrors(t *testing.T) {
	expectError(t, input{url: "/films?select=nope(*)&wrong.id=eq.1"}, "PGRST108")
	expectError(t, input{url: "/films?select=nope(*)&nope.id=eq.1"}, "PGRST200")
}

func TestAliasesNameEmbeds(t *testing.T) {
	plan := mustPlan(t, input{url: "/films?select=by:directors(name)&by.name=eq.x", o: strict()})
	expect(t, "where", sketchConditions(plan.Read.Children[0].Where, ""), "name 0 x")
	if len(plan.Warnings) > 0 || plan.Read.Children[0].LegacyMatch {
		t.Errorf("warnings %v for an alias", plan.Warnings)
	}
}

func TestRelationNamesOfAliasedEmbeds(t *testing.T) {
	const url = "/films?select=by:directors(name),cast:roles(who:actors(name))&directors.name=eq.x&roles.actors.limit=1"
	plan := mustPlan(t, input{url: url})
	expect(t, "where", sketchConditions(plan.Read.Children[0].Where, ""), "name 0 x")
	expect(t, "warnings", plan.Warnings, "[{directors by} {roles cast} {actors who}]")

	err := mustFail(t, input{url: "/films?select=by:directors(name)&directors.name=eq.x", o: strict()}, "PGRST108")
	expect(t, "details", err.Details, "Target names are not allowed in filters if they have an alias")
	expect(t, "hint", err.Hint, "Change 'directors' to 'by' in filters, orders or limits.")
}

func TestTwoEmbedsOfOneRelation(t *testing.T) {
	const url = "/films?select=first:directors(name),directors(name)&directors.name=eq.x"
	where := func(o *Options) string {
		text := ""
		for _, c := range mustPlan(t, input{url: url, o: o}).Read.Children {
			text += c.OutputName() + "[" + sketchConditions(c.Where, "") + "]"
		}
		return text
	}
	expect(t, "by name", where(strict()), "first[]directors[name 0 x]")
	expect(t, "by relation, the first", where(nil), "first[name 0 x]directors[]")
}

func TestWritesIgnoreRanges(t *testing.T) {
	mustPlan(t, input{method: "DELETE", url: "/films?nope.limit=1"})
	expectError(t, input{method: "DELETE", url: "/films?nope.order=id"}, "PGRST108")
}
