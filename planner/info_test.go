package planner

import (
	"testing"

	"trunkline/cache"
	"trunkline/planner/request"
)

func TestAllow(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"/films", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"},
		{"/logs", "OPTIONS,GET,HEAD,POST,PATCH,DELETE"},
		{"/film_view", "OPTIONS,GET,HEAD,PATCH"},
		{"/rpc/today", "OPTIONS,POST"},
		{"/rpc/statistics", "OPTIONS,GET,HEAD,POST"},
		{"/", "OPTIONS,GET,HEAD"},
	} {
		plan := mustPlan(t, input{method: "OPTIONS", url: tt.url})
		expect(t, tt.url, plan.Allow, tt.want)
		if plan.Call != nil || plan.Mutation != nil {
			t.Errorf("%s would run %+v", tt.url, plan)
		}
	}
}

func TestAllowOfRelationsThatTakeNothing(t *testing.T) {
	c := catalog()
	for i := range c.Tables {
		c.Tables[i].Updatable = false
	}
	plan, err := New(parse(t, input{method: "OPTIONS", url: "/films"}), cache.Build(c), &Options{})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "not updatable", plan.Allow, "OPTIONS,GET,HEAD,POST,DELETE")
}

func TestAllowOfWhatIsNotThere(t *testing.T) {
	err := mustFail(t, input{method: "OPTIONS", url: "/filmz"}, "PGRST205")
	expect(t, "hint", err.Hint, "Perhaps you meant the table 'api.films'")
	expectError(t, input{method: "OPTIONS", url: "/rpc/nope"}, "PGRST202")
	expectError(t, input{method: "OPTIONS", url: "/rpc/add"}, "PGRST202")
	expectError(t, input{method: "OPTIONS", url: "/rpc/today", accept: "x/y"}, "PGRST107")
}

func TestRoot(t *testing.T) {
	for _, accept := range []string{"", "application/json", "application/openapi+json", "x/y, */*"} {
		plan := mustPlan(t, input{url: "/", accept: accept})
		expect(t, accept, plan.Media.Kind, request.MediaOpenAPI)
		expect(t, "read only", plan.ReadOnly, true)
	}
	err := mustFail(t, input{url: "/", accept: "text/csv, x/y"}, "PGRST107")
	expect(t, "message", err.Message, "None of these media types are available: text/csv, x/y")
}
