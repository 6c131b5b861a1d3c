package planner

import (
	"testing"

	"trunkline/cache"
)

func TestConditions(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"filters before logic", "/films?or=(id.eq.1,id.eq.2)&year=gt.3", "year 2 3 and (id 0 1 or id 0 2)"},
		{"nested", "/films?and=(id.eq.1,not.or(year.eq.2,title.not.eq.x))", "(id 0 1 and not (year 0 2 or not title 0 x))"},
		{"negated", "/films?not.and=(id.eq.1,id.eq.2)", "not (id 0 1 and id 0 2)"},
		{"full text in logic", "/films?or=(title.fts.x,plot.fts.y)", "(tsvector( title) 21 x or plot 21 y)"},
		{"no embed found", "/films?select=directors()&directors=is.null", "none of films_directors_1"},
		{"an embed found", "/films?select=directors()&directors=not.is.null", "not none of films_directors_1"},
		{"by alias", "/films?select=by:directors()&by=is.null", "none of films_by_1"},
		{"not by relation", "/films?select=by:directors()&directors=is.null", "directors 19 "},
		{"either embed", "/films?select=directors(),posters()&or=(directors.is.null,posters.not.is.null)", "(none of films_directors_1 or not none of films_posters_1)"},
		{"another operator is for the column", "/films?select=directors()&directors=eq.1", "directors 0 1"},
		{"is.not_null is for the column", "/films?select=directors()&directors=is.not_null", "directors 19 "},
		{"a path is for the column", "/films?select=directors()&directors->a=is.null", "json(directors)->a 19 "},
		{"a name that is no embed", "/films?directors=is.null", "directors 19 "},
		{"a spread", "/films?select=...directors(name)&directors=is.null", "none of films_directors_1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.url, sketchConditions(mustPlan(t, input{url: tt.url}).Read.Where, " and "), tt.want)
		})
	}
}

func TestEmbeddedConditions(t *testing.T) {
	plan := mustPlan(t, input{
		url: "/films?select=roles(actors())&roles.character=eq.x&roles.actors=not.is.null&roles.or=(actors.is.null,character.eq.y)",
	})
	expect(t, "root", sketchConditions(plan.Read.Where, " and "), "")
	expect(t, "roles", sketchConditions(plan.Read.Children[0].Where, " and "),
		"character 0 x and not none of roles_actors_2 and (none of roles_actors_2 or character 0 y)")
}

// What restricts a write is not applied once more to what it returns.
func TestConditionsOfWrites(t *testing.T) {
	const query = "?id=eq.1&or=(year.eq.2,plot.fts.x)&select=roles(character)&roles.character=eq.y&roles.or=(film_id.eq.3)"
	for _, method := range []string{"PATCH", "DELETE"} {
		plan := mustPlan(t, input{method: method, url: "/films" + query, body: `{"year":1}`})
		expect(t, "write", sketchConditions(plan.Mutation.Where, " and "), "id 0 1 and (year 0 2 or plot 21 x)")
		expect(t, "root", sketchConditions(plan.Read.Where, " and "), "")
		expect(t, "embed", sketchConditions(plan.Read.Children[0].Where, " and "), "character 0 y and (film_id 0 3)")
	}
	plan := mustPlan(t, input{method: "DELETE", url: "/films?select=directors!inner()&directors=is.null&directors.name=eq.x"})
	expect(t, "an embed", sketchConditions(plan.Mutation.Where, ""), "none of films_directors_1")
	embed := plan.Mutation.Where[0].Embed
	expect(t, "its rows", sketchConditions(embed.Where, ""), "name 0 x")
	expect(t, "its join", embed.JoinOn[0].RightRelation, cache.QualifiedName{Schema: "api", Name: "films"})
	expect(t, "whether it restricts the write", embed.Inner, false)
}

// TestColumnsOfWritesThatAreEmbeds tests names of columns and embeds for null: in a write, PostgREST knows the columns
// only.
func TestColumnsOfWritesThatAreEmbeds(t *testing.T) {
	const query = "/films?select=director_id(name)&director_id=is.null&or=(id.eq.1,director_id.not.is.null)"
	for extended, want := range map[bool]string{
		false: "director_id 19  and (id 0 1 or not director_id 19 )",
		true:  "none of films_director_id_1 and (id 0 1 or not none of films_director_id_1)",
	} {
		o := &Options{MaxRows: -1, Extensions: extended}
		plan := mustPlan(t, input{method: "DELETE", url: query, o: o})
		expect(t, query, sketchConditions(plan.Mutation.Where, " and "), want)
		plan = mustPlan(t, input{url: query, o: o})
		expect(t, "read", sketchConditions(plan.Read.Where, " and "), "none of films_director_id_1 and (id 0 1 or not none of films_director_id_1)")
	}
}

// TestAggregatesOfWrites filters by an aggregate, which does not say what is to be written.
func TestAggregatesOfWrites(t *testing.T) {
	o := &Options{MaxRows: -1, Aggregates: true, Extensions: true}
	for _, query := range []string{
		"select=year,n:count()&n=gt.1", "select=count()&count=not.is.null", "select=year,n:count()&or=(id.eq.1,not.and(id.eq.2,n.gt.1))",
		"select=year,...directors(n:count())&n=gt.1", "select=studio_id,year:count()&year=gt.1",
	} {
		expectError(t, input{method: "DELETE", url: "/films?" + query, o: o}, "PGRST127")
		expectError(t, input{method: "PATCH", url: "/films?" + query, body: `{"title":"x"}`, o: o}, "PGRST127")
		mustPlan(t, input{method: "POST", url: "/films?" + query, body: `{"title":"x"}`, o: o}) // ignores filters
	}
	o = &Options{MaxRows: -1, Aggregates: true}
	plan := mustPlan(t, input{method: "DELETE", url: "/films?select=studio_id,year:count()&year=gt.1&year.id=gt.2", o: o})
	expect(t, "a column", sketchConditions(plan.Mutation.Where, ""), "year 2 1")
	plan = mustPlan(t, input{method: "DELETE", url: "/films?select=n:count()&roles(n)=gt.1", o: o})
	expect(t, "a related column", sketchConditions(plan.Mutation.Where, ""), "a roles_1 roles_1.film_id=films.id(n 2 1)")
}
