package planner

import "testing"

func TestOrders(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"columns", "/films?order=year.desc.nullslast,title", "year desc nl,title"},
		{"paths", "/films?order=meta->a.asc,title->b", "meta->a asc,json(title)->b"},
		{"an embed's column", "/films?select=directors(name)&order=directors(name).desc,id", "name@films_directors_1 desc,id"},
		{"an alias's column", "/films?select=by:directors(name)&order=by(name)", "name@films_by_1"},
		{"an embed's path", "/films?select=directors(data)&order=directors(data->a)", "data->a@films_directors_1"},
		{"one to one", "/films?select=posters(url)&order=posters(url)", "url@films_posters_1"},
		{"computed, one row", "/directors?select=debut(year)&order=debut(year)", "year@directors_debut_1"},
		{"of two orders the first", "/films?order=year&order=title", "year"},
		{"no representation", "/paints?order=shade", "shade"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.url, sketchOrder(mustPlan(t, input{url: tt.url}).Read.Order), tt.want)
		})
	}
}

func TestEmbeddedOrders(t *testing.T) {
	plan := mustPlan(t, input{url: "/directors?select=films(posters(url))&films.order=posters(url).desc&films.order=id"})
	expect(t, "films", sketchOrder(plan.Read.Children[0].Order), "url@films_posters_2 desc")
}

func TestRelatedOrderNeedsOneRow(t *testing.T) {
	for _, tt := range []struct{ url, origin, target string }{
		{"/directors?select=films(id)&order=films(id)", "directors", "films"},
		{"/directors?select=all:films(id)&order=all(id)", "directors", "all"},
		{"/films?select=similar(id)&order=similar(id)", "films", "similar"},
		{"/films?select=directors(films(id))&directors.order=films(id)", "directors", "films"},
	} {
		err := mustFail(t, input{url: tt.url}, "PGRST118")
		expect(t, "message", err.Message, "A related order on '"+tt.target+"' is not possible")
		expect(t, "details", err.Details, "'"+tt.origin+"' and '"+tt.target+
			"' do not form a many-to-one or one-to-one relationship")
	}
	for _, url := range []string{
		"/films?select=title&order=directors(name)",
		"/films?select=by:directors(name)&order=directors(name)",
	} {
		err := mustFail(t, input{url: url}, "PGRST108")
		expect(t, "hint", err.Hint, "Verify that 'directors' is included in the 'select' query parameter.")
	}
}

// TestOrdersBySeveralValues orders by names that select shows, but not as a value of each row.
func TestOrdersBySeveralValues(t *testing.T) {
	const byLeast = "With url-extensions, order=films(column) orders by the least value of a column in these rows, and with desc by the greatest."
	for _, tt := range []struct{ url, details, hint string }{
		{"/directors?select=...films(t:title)&order=:t", "It has a value for each row of 'films'.", byLeast},
		{"/directors?select=...films(*)&order=:year", "It has a value for each row of 'films'.", byLeast},
		{"/directors?select=films(title)&order=:films", "It has a value for each row of 'films'.", byLeast},
		{"/directors?select=...films(roles(film_id))&order=:roles", "It has a value for each row of 'films'.", byLeast},
		{"/directors?select=...films(...posters(u:url))&order=:u", "It has a value for each row of 'films'.", byLeast},
		{"/posters?select=...films(...roles(who:actor_id))&order=:who", "It has a value for each row of 'roles'.", ""},
		{"/films?select=by:directors(name)&order=:by", "It is a row with several columns.", "Order by one of its columns: order=by(column)"},
	} {
		err := mustFail(t, input{url: tt.url}, "TRUNK400")
		hint, _ := err.Hint.(string)
		expect(t, tt.url, []any{err.Details, hint}, []any{tt.details, tt.hint})
	}
	for _, url := range []string{
		"/directors?select=...films(n:count())&order=:n", "/posters?select=...films(...roles(n:count()))&order=:n",
	} {
		err := mustFail(t, input{url: url, o: &Options{MaxRows: -1, Aggregates: true}}, "PGRST127")
		expect(t, url, err.Details, "Aggregates are not implemented for one-to-many or many-to-many spreads.")
	}
	expectError(t, input{url: "/posters?select=...films(t:title)&order=:u"}, "TRUNK400")
}
