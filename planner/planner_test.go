package planner

import (
	"reflect"
	"testing"

	"trunkline/planner/request"
)

func TestRead(t *testing.T) {
	plan := mustPlan(t, input{url: "/films?limit=5", prefer: "count=exact"})
	expect(t, "action", plan.Action, request.ActionRead)
	expect(t, "target", plan.Target, "api.films")
	expect(t, "table", plan.Table.Name, "api.films")
	expect(t, "read only", plan.ReadOnly, true)
	expect(t, "count", plan.Count, request.CountExact)
	expect(t, "range", plan.Range.Limit, 5)
	if plan.Mutation != nil || plan.Call != nil || plan.Read.FromSource {
		t.Errorf("a read is %+v", plan)
	}
	plan = mustPlan(t, input{url: "/films", schema: "other"})
	expect(t, "another schema", plan.Read.From, "other.films")
}

func TestReadErrorsInOrder(t *testing.T) {
	const strictly = "handling=strict, nonsense"
	expectError(t, input{url: "/nope?select=nope(*)&wrong.id=eq.1"}, "PGRST205")
	expectError(t, input{url: "/films?select=nope(*)&wrong.id=eq.1&order=nope(id)"}, "PGRST108")
	expectError(t, input{url: "/films?select=nope(*)&order=nope(id)"}, "PGRST200")
	expectError(t, input{url: "/directors?select=count(),films(*)&order=films(id)", o: &Options{}}, "PGRST118")
	expectError(t, input{url: "/directors?select=...films(count())", accept: "x/y", o: &Options{}}, "PGRST123")
	expectError(t, input{url: "/directors?select=...films(count())", accept: "x/y"}, "PGRST127")
	expectError(t, input{url: "/films", accept: "x/y", prefer: strictly}, "PGRST107")
	err := mustFail(t, input{url: "/films", prefer: strictly}, "PGRST122")
	expect(t, "details", err.Details, "Invalid preferences: nonsense")
	mustPlan(t, input{url: "/films", prefer: "nonsense"})
}

// samples are requests of every kind.
func samples() []input {
	return []input{
		{url: "/films"},
		{url: "/films?select=title,directors(*),...studios(studio:name),roles(*,actors(name))&year=gt.1&roles.order=character"},
		{url: "/directors?select=*,...films(title,posters(url))&films.order=year&or=(films.is.null,name.like.a*)"},
		{url: "/roles?select=character,...films(year.max(),...directors(count()))"},
		{method: "POST", url: "/films?select=title,directors(name)", body: `{"title":"x"}`, prefer: "return=representation"},
		{method: "PATCH", url: "/films?id=eq.1", body: `{"title":"x"}`},
		{method: "PUT", url: "/paints?code=eq.a&lot=eq.1", body: `{"code":"a","lot":1}`},
		{method: "DELETE", url: "/films?year=lt.1"},
		{url: "/rpc/search?term=x&select=title,similar(title)&year=gt.1"},
		{method: "POST", url: "/rpc/add", body: `{"a":1,"b":2}`},
		{method: "OPTIONS", url: "/films"},
		{url: "/"},
		{url: "/orders?select=addresses(*)"},
		{url: "/filmz"},
		{url: "/rpc/serch?term=x"},
	}
}

// Equal requests have equal plans, also over snapshots that were built apart.
func TestPlanningIsDeterministic(t *testing.T) {
	for _, in := range samples() {
		first, err := newPlan(t, in)
		for range 20 {
			again, errAgain := newPlan(t, in)
			if !reflect.DeepEqual(first, again) || !reflect.DeepEqual(err, errAgain) {
				t.Fatalf("%s %s is planned differently the second time", in.method, in.url)
			}
		}
	}
}

// The values of a request do not shape its plan.
func TestValuesDoNotShapePlans(t *testing.T) {
	shape := func(value string) string {
		plan := mustPlan(t, input{url: "/films?select=title,roles(character)&year=gt." + value + "&roles.limit=3"})
		plan.Read.Where[0].Filter = &request.Filter{}
		return sketch(plan.Read)
	}
	expect(t, "shape", shape("1"), shape("2000"))
}

// A plan does not change the request or the snapshot: both serve others.
func TestPlanningLeavesItsArgumentsAlone(t *testing.T) {
	snap, untouched := fixture(t), fixture(t)
	for _, in := range samples() {
		req := parse(t, in)
		_, _ = New(req, snap, &Options{MaxRows: 5, Aggregates: true, LegacyTargetNames: true})
		if !reflect.DeepEqual(req, parse(t, in)) {
			t.Errorf("%s changed the request", in.url)
		}
	}
	if !reflect.DeepEqual(snap, untouched) {
		t.Error("the snapshot was changed")
	}
}

func TestAllocations(t *testing.T) {
	for _, tt := range []struct {
		in   input
		most float64
	}{
		{input{url: "/films"}, 2},
		{input{url: "/films?id=eq.1&select=title,year"}, 3},
		{input{url: "/films?select=title,directors(name)"}, 12},
	} {
		snap, req, o := fixture(t), parse(t, tt.in), &Options{MaxRows: request.NoLimit}
		got := testing.AllocsPerRun(100, func() {
			if _, err := New(req, snap, o); err != nil {
				t.Fatal(err)
			}
		})
		if got > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", tt.in.url, got, tt.most)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for _, bench := range []struct {
		name string
		in   input
	}{
		{"everything", input{url: "/films"}},
		{"row", input{url: "/films?id=eq.1"}},
		{"columns", input{url: "/films?select=id,title,year&year=gte.1990&order=year.desc&limit=25"}},
		{"embed", input{url: "/films?select=title,directors(name)&limit=25"}},
		{"embeds", input{url: "/films?select=title,directors(name,data->x),roles(character,actors(name)),...studios(studio:name)&directors=not.is.null&roles.limit=3"}},
		{"insert", input{method: "POST", url: "/films", body: `{"title":"x","year":1}`}},
		{"call", input{url: "/rpc/search?term=x"}},
		{"represented", input{url: "/paints"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			snap, req, o := fixture(b), parse(b, bench.in), &Options{MaxRows: 1000}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New(req, snap, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
