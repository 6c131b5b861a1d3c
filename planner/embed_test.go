package planner

import (
	"strings"
	"testing"

	"trunkline/cache"
	"trunkline/planner/request"
)

func TestEmbeds(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"no embed", "/films", "api.films=api.films: select *"},
		{"many to one", "/films?select=title,directors(name)", `
api.films=api.films: select title
  directors object as films_directors_1 on directors_1.id=api.films.director_id directors_1=api.directors: select name`},
		{"one to many", "/directors?select=films(title)", `
api.directors=api.directors:
  films array as directors_films_1 on films_1.director_id=api.directors.id films_1=api.films: select title`},
		{"one to one, from the key", "/posters?select=films(title)", `
api.posters=api.posters:
  films object as posters_films_1 on films_1.id=api.posters.film_id films_1=api.films: select title`},
		{"one to one, to the key", "/films?select=posters(url)", `
api.films=api.films:
  posters object as films_posters_1 on posters_1.film_id=api.films.id posters_1=api.posters: select url`},
		{"many to many", "/films?select=actors(name)", `
api.films=api.films:
  actors array as films_actors_1 on api.roles.actor_id=api.actors.id and api.roles.film_id=api.films.id api.actors=api.actors: select name`},
		{"below many to many", "/actors?select=films(directors(name))", `
api.actors=api.actors:
  films array as actors_films_1 on api.roles.film_id=api.films.id and api.roles.actor_id=api.actors.id api.films=api.films:
    directors object as films_directors_2 on directors_2.id=api.films.director_id directors_2=api.directors: select name`},
		{"self, the others", "/categories?select=categories(name)", `
api.categories=api.categories:
  categories array as categories_categories_1 on categories_1.parent_id=api.categories.id categories_1=api.categories: select name`},
		{"self, the one", "/categories?select=parent_id(name)", `
api.categories=api.categories:
  parent_id object as categories_parent_id_1 on categories_1.id=api.categories.parent_id categories_1=api.categories: select name`},
		{"self, both ways", "/categories?select=up:parent_id(down:categories!parent_id(name))", `
api.categories=api.categories:
  up object as categories_up_1 on categories_1.id=api.categories.parent_id categories_1=api.categories:
    down array as categories_down_2 on categories_2.parent_id=categories_1.id categories_2=api.categories: select name`},
		{"computed, many rows", "/films?select=similar(title)", `
api.films=api.films:
  similar array as films_similar_1 films_1=api.films: select title`},
		{"computed, one row", "/directors?select=debut(title)", `
api.directors=api.directors:
  debut object as directors_debut_1 films_1=api.films: select title`},
		{"view to table", "/film_view?select=directors(name)", `
api.film_view=api.film_view:
  directors object as film_view_directors_1 on directors_1.id=api.film_view.director_id directors_1=api.directors: select name`},
		{"table to view", "/films?select=director_view(name)", `
api.films=api.films:
  director_view object as films_director_view_1 on director_view_1.id=api.films.director_id director_view_1=api.director_view: select name`},
		{"inner and alias", "/films?select=by:directors!inner(name)", `
api.films=api.films:
  by object inner as films_by_1 on directors_1.id=api.films.director_id directors_1=api.directors: select name`},
		{"twice the same", "/films?select=directors(),directors(name)", `
api.films=api.films:
  directors object as films_directors_1 on directors_1.id=api.films.director_id directors_1=api.directors: empty
  directors object as pgrst_2 on directors_1.id=api.films.director_id directors_1=api.directors: select name`},
		{"nothing of it", "/films?select=title,directors()", `
api.films=api.films: select title
  directors object as films_directors_1 on directors_1.id=api.films.director_id directors_1=api.directors: empty`},
		{"nothing but what is below", "/films?select=title,directors(films())", `
api.films=api.films: select title
  directors object as films_directors_1 on directors_1.id=api.films.director_id directors_1=api.directors: empty
    films array as directors_films_2 on films_2.director_id=directors_1.id films_2=api.films: empty`},
		{"something below nothing", "/films?select=title,directors(films(title))", `
api.films=api.films: select title
  directors object as films_directors_1 on directors_1.id=api.films.director_id directors_1=api.directors:
    films array as directors_films_2 on films_2.director_id=directors_1.id films_2=api.films: select title`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := mustPlan(t, input{url: tt.url})
			expect(t, tt.url, sketch(plan.Read), strings.TrimSpace(tt.want))
		})
	}
}

func TestEmbedsOfResults(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   input
		want string
	}{
		{"of a write", input{method: "POST", url: "/films?select=directors(name)", body: `{"id":1}`}, `
films=api.films:
  directors object as films_directors_1 on directors_1.id=films.director_id directors_1=api.directors: select name`},
		{"many to many", input{method: "DELETE", url: "/films?select=actors(name)"}, `
films=api.films:
  actors array as films_actors_1 on api.roles.actor_id=api.actors.id and api.roles.film_id=films.id api.actors=api.actors: select name`},
		{"of a call", input{url: "/rpc/search?term=x&select=directors(name)"}, `
films=api.films:
  directors object as films_directors_1 on directors_1.id=films.director_id directors_1=api.directors: select name`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := mustPlan(t, tt.in)
			if !plan.Read.FromSource {
				t.Error("FromSource is not set")
			}
			expect(t, tt.in.url, sketch(plan.Read), strings.TrimSpace(tt.want))
		})
	}
}

func TestComputedRelationshipsSeeTheirParent(t *testing.T) {
	plan := mustPlan(t, input{url: "/films?select=similar(directors(debut(title)))"})
	similar := plan.Read.Children[0]
	debut := similar.Children[0].Children[0]
	expect(t, "parent of similar", similar.ParentAlias, "films")
	expect(t, "parent of debut", debut.ParentAlias, "directors_2")
	expect(t, "cardinality", debut.Relationship.Cardinality, cache.Computed)

	plan = mustPlan(t, input{url: "/actors?select=films(similar(title))"})
	expect(t, "parent without alias", plan.Read.Children[0].Children[0].ParentAlias, "films")
}

// PostgreSQL cuts identifiers after 63 bytes: aliases that are equal up to there would mean the same relation.
func TestLongNamesKeepTheirAliasesApart(t *testing.T) {
	long := strings.Repeat("n", 63)
	c := &cache.Catalog{
		Schemas:     []string{"api"},
		Tables:      []*cache.Table{table(long, "id", "id integer", "parent integer")},
		ForeignKeys: []cache.ForeignKey{key("self", long, long, "parent=id")},
	}
	req := parse(t, input{url: "/" + long + "?select=parent(id,parent(id,parent(id)))"})
	plan, err := New(req, cache.Build(c), &Options{MaxRows: request.NoLimit})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for n := plan.Read.Children; len(n) > 0; n = n[0].Children {
		for _, alias := range []string{n[0].FromAlias, n[0].JoinAlias} {
			if len(alias) > 63 || seen[alias] {
				t.Errorf("alias %q is cut or used twice", alias)
			}
			seen[alias] = true
		}
	}
	expect(t, "aliases", len(seen), 6)
}

func TestJoinAliasesAreUnique(t *testing.T) {
	// Two tables and an embed whose names meet: films_posters_1.
	c := catalog()
	c.Tables = append(c.Tables, table("films_posters_1", "id", "id integer", "film_id integer"))
	c.ForeignKeys = append(c.ForeignKeys, key("meets", "films_posters_1", "films", "film_id=id"))
	req := parse(t, input{url: "/films_posters_1?select=films(posters(url),x:posters(url)),films_posters_1:films(id)"})
	plan, err := New(req, cache.Build(c), &Options{MaxRows: request.NoLimit})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{"films_posters_1": true}
	var check func(nodes []*ReadNode)
	check = func(nodes []*ReadNode) {
		for _, n := range nodes {
			if seen[n.JoinAlias] {
				t.Errorf("join alias %q is used twice", n.JoinAlias)
			}
			seen[n.JoinAlias] = true
			check(n.Children)
		}
	}
	check(plan.Read.Children)
}
