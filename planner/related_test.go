package planner

import "testing"

// TestRelated resolves filters on related rows of every kind of relationship.
func TestRelated(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"to one", "/films?directors(name)=eq.x", "a directors_1 directors_1.id=films.director_id(name 0 x)"},
		{"to many", "/directors?films(title)=not.eq.x", "a films_1 films_1.director_id=directors.id(not title 0 x)"},
		{"through a junction", "/films?actors(name)=eq.x", "a actors_1 roles_1.actor_id=actors_1.id roles_1.film_id=films.id(name 0 x)"},
		{"computed", "/films?similar(title)=eq.x", "a films_1(title 0 x)"},
		{"by a hint", "/orders?addresses!billing_id(street)=eq.x", "a addresses_1 addresses_1.id=orders.billing_id(street 0 x)"},
		{"by a column", "/orders?or=(billing_id(street).eq.x)", "(a addresses_1 addresses_1.id=orders.billing_id(street 0 x))"},
		{"its children", "/categories?categories(name)=eq.x", "a categories_1 categories_1.parent_id=categories.id(name 0 x)"},
		{"its parent", "/categories?or=(parent_id(name).eq.x)", "(a categories_1 categories_1.id=categories.parent_id(name 0 x))"},
		{"deeper", "/directors?films(actors(name))=eq.x", "a films_1 films_1.director_id=directors.id(" +
			"a actors_2 roles_2.actor_id=actors_2.id roles_2.film_id=films_1.id(name 0 x))"},
		{"one row for all", "/directors?films(and)=(year.eq.1,title.eq.x)", "a films_1 films_1.director_id=directors.id((year 0 1 and title 0 x))"},
		{"no row", "/directors?films()=is.null", "not a films_1 films_1.director_id=directors.id()"},
		{"either", "/films?or=(actors(name).eq.x,year.eq.2)", "(a actors_1 roles_1.actor_id=actors_1.id roles_1.film_id=films.id(name 0 x) or year 0 2)"},
		{"an embed by its alias", "/orders?select=to:addresses!shipping_id(*)&to(street)=eq.x", "a addresses_1 addresses_1.id=orders.shipping_id(street 0 x)"},
		{
			"an embed's embed", "/directors?select=films(to:studios(*))&films(to(name))=eq.x",
			"a films_1 films_1.director_id=directors.id(a studios_2 studios_2.id=films_1.studio_id(name 0 x))",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.url, sketchConditions(mustPlan(t, input{url: tt.url}).Read.Where, " and "), tt.want)
		})
	}
	plan := mustPlan(t, input{url: "/directors?select=films(*)&films.actors(name)=eq.x"})
	expect(t, "of an embed", sketchConditions(plan.Read.Children[0].Where, ""),
		"a actors_2 roles_2.actor_id=actors_2.id roles_2.film_id=films_1.id(name 0 x)")
	plan = mustPlan(t, input{method: "DELETE", url: "/films?actors(name)=eq.x"})
	expect(t, "of a write", sketchConditions(plan.Mutation.Where, ""), "a actors_1 roles_1.actor_id=actors_1.id roles_1.film_id=films.id(name 0 x)")
	plan = mustPlan(t, input{method: "DELETE", url: "/films?actors(name)=eq.x&select=actors(*)"})
	expect(t, "of an embed of a write", sketchConditions(plan.Mutation.Where, ""), "a actors roles.actor_id=actors.id roles.film_id=films.id(name 0 x)")
	expect(t, "and not of its answer", len(plan.Read.Where), 0)
}

// TestRelatedNames has parameters that PostgREST takes for filters on a column: they remain that, except with the
// extensions.
func TestRelatedNames(t *testing.T) {
	extended := &Options{MaxRows: -1, Extensions: true}
	for url, want := range map[string][2]string{
		"/orders?billing_id(street)=eq.x": {"billing_id 0 x", "a addresses_1 addresses_1.id=orders.billing_id(street 0 x)"},
		"/films?director_id()=is.null":    {"director_id 19 ", "not a directors_1 directors_1.id=films.director_id()"},
	} {
		for i, o := range []*Options{{MaxRows: -1}, extended} {
			expect(t, url, sketchConditions(mustPlan(t, input{url: url, o: o}).Read.Where, ""), want[i])
		}
	}
	expectError(t, input{url: "/films?title(x)=eq.1", o: extended}, "PGRST200")
	expectError(t, input{url: "/films?nothing(x)=eq.1"}, "PGRST200")
	expectError(t, input{url: "/films?or=(title(x).eq.1)"}, "PGRST200")
	expectError(t, input{url: "/films?directors!x(name)=eq.1"}, "PGRST200")
	expectError(t, input{url: "/orders?addresses(street)=eq.1"}, "PGRST201")
	expectError(t, input{url: "/films?x.directors(name)=eq.1"}, "PGRST108")
	expectError(t, input{method: "PATCH", url: "/films?nothing(x)=eq.1", body: `{"year":1}`}, "PGRST200")
	expectError(t, input{method: "PUT", url: "/films?id(x)=eq.1", body: `{"id":1}`}, "PGRST105")
}

// TestRelatedOfCalls asks a function for the columns by which related rows are found.
func TestRelatedOfCalls(t *testing.T) {
	plan := mustPlan(t, input{url: "/rpc/search?term=x&select=title&directors(name)=eq.x"})
	expect(t, "filter fields", plan.Call.FilterFields, "[director_id]")
	plan = mustPlan(t, input{url: "/rpc/search?term=x&select=title&or=(similar(title).eq.x,actors(name).eq.y)"})
	expect(t, "filter fields", columnNames(plan.Call.FilterFields), "[* id]")
}

// TestAggregatesOfRelated compares aggregates where only the columns of rows can be compared.
func TestAggregatesOfRelated(t *testing.T) {
	o := &Options{MaxRows: -1, Aggregates: true}
	for _, query := range []string{
		"films(n:count())&films(n)=gt.1", "films(year,n:count())&or=(id.eq.1,films(n).gt.1)",
		"films(n:count())&films(and)=(year.eq.1,not.or(n.gt.1,n.is.null))", "films(...posters(n:count()))&films(n)=gt.1",
	} {
		expectError(t, input{url: "/directors?select=id," + query, o: o}, "PGRST127")
		expectError(t, input{method: "DELETE", url: "/directors?select=id," + query, o: o}, "PGRST127")
	}
	extended := &Options{MaxRows: -1, Aggregates: true, Extensions: true}
	for url, want := range map[string]string{ // columns, though aggregates have their names
		"/directors?select=films(year:count())&films(year)=gt.1":         "a films_1 films_1.director_id=directors.id(year 2 1)",
		"/directors?select=films(n:count())&films(posters(n))=gt.1":      "a films_1 films_1.director_id=directors.id(a posters_2 posters_2.film_id=films_1.id(n 2 1))",
		"/films?select=n:count()&or=(roles(n).gt.1,roles(n).is.null)":    "(a roles_1 roles_1.film_id=films.id(n 2 1) or a roles_1 roles_1.film_id=films.id(n 19 ))",
		"/directors?select=films(year:count())&or=(films(year).gt.1)":    "(a films_1 films_1.director_id=directors.id(year 2 1))",
		"/directors?select=films(year:count())&films(or)=(year.is.null)": "a films_1 films_1.director_id=directors.id((year 19 ))",
	} {
		expect(t, url, sketchConditions(mustPlan(t, input{url: url, o: extended}).Read.Where, " and "), want)
	}
	plan := mustPlan(t, input{url: "/films?select=n:count(),m:id.max()&n.or=(m.gt.1,id.gt.2)", o: o})
	expect(t, "rows of an aggregate", sketchConditions(plan.Read.Select[0].Filter, ""), "(m 2 1 or id 2 2)")
}
