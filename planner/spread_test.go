package planner

import (
	"strings"
	"testing"
)

func TestSpreads(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"to one", "/films?select=title,...directors(name,d:data)", `
api.films=api.films: select title
  directors spread as films_directors_1 on directors_1.id=api.films.director_id directors_1=api.directors: select name,d:data gives name,d`},
		{"star", "/films?select=...directors(*,x:name)", `
api.films=api.films:
  directors spread as films_directors_1 on directors_1.id=api.films.director_id directors_1=api.directors: select *,x:name gives *`},
		{"in a spread", "/roles?select=...films(title,...directors(name,x:data->a))", `
api.roles=api.roles:
  films spread as roles_films_1 on films_1.id=api.roles.film_id films_1=api.films: select title gives title,name,x
    directors spread as films_directors_2 on directors_2.id=films_1.director_id directors_2=api.directors: select name,x:data->a gives name,x`},
		{"in an embed", "/roles?select=films(title,...directors(name))", `
api.roles=api.roles:
  films object as roles_films_1 on films_1.id=api.roles.film_id films_1=api.films: select title
    directors spread as films_directors_2 on directors_2.id=films_1.director_id directors_2=api.directors: select name gives name`},
		{"of an embed", "/roles?select=...films(by:directors(name),posters())", `
api.roles=api.roles:
  films spread as roles_films_1 on films_1.id=api.roles.film_id films_1=api.films: gives by
    by object as films_by_2 on directors_2.id=films_1.director_id directors_2=api.directors: select name
    posters object as films_posters_2 on posters_2.film_id=films_1.id posters_2=api.posters: empty`},
		{"to many", "/directors?select=name,...films(title,y:year)", `
api.directors=api.directors: select name
  films arrays as directors_films_1 on films_1.director_id=api.directors.id films_1=api.films: select title,y:year gives title,y`},
		{"to many in to many", "/directors?select=...films(...actors(name))", `
api.directors=api.directors:
  films arrays as directors_films_1 on films_1.director_id=api.directors.id films_1=api.films: gives name
    actors arrays as films_actors_2 on api.roles.actor_id=api.actors.id and api.roles.film_id=films_1.id api.actors=api.actors: select name gives name`},
		{"to many with order", "/directors?select=...films(title)&films.order=year.desc.nullslast,meta->a", `
api.directors=api.directors:
  films arrays as directors_films_1 on films_1.director_id=api.directors.id films_1=api.films: select title extra pgrst_order_1:year,pgrst_order_2:meta->a gives title by pgrst_order_1 desc nl,pgrst_order_2`},
		{"to many with related order", "/directors?select=...films(title,...posters(url))&films.order=posters(url)", `
api.directors=api.directors:
  films arrays as directors_films_1 on films_1.director_id=api.directors.id films_1=api.films: select title extra pgrst_order_1:url@films_posters_2 gives title,url by pgrst_order_1
    posters spread as films_posters_2 on posters_2.film_id=films_1.id posters_2=api.posters: select url gives url`},
		{"to many with order and limit", "/directors?select=...films(title)&films.order=year&films.limit=2", `
api.directors=api.directors:
  films arrays as directors_films_1 on films_1.director_id=api.directors.id films_1=api.films: select title extra pgrst_order_1:year order year range 0+2 gives title by pgrst_order_1`},
		{"nothing", "/films?select=title,...directors()", `
api.films=api.films: select title
  directors spread as films_directors_1 on directors_1.id=api.films.director_id directors_1=api.directors: empty`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.url, sketch(mustPlan(t, input{url: tt.url}).Read), strings.TrimSpace(tt.want))
		})
	}
}

func TestAggregatesOfSpreadsAreHoisted(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"to the parent", "/posters?select=height,...films(title,year.max())", `
api.posters=api.posters: select height
  films spread as posters_films_1 on films_1.id=api.posters.film_id films_1=api.films: select title,max:year gives title,max:max(max)`},
		{"with alias and casts", "/posters?select=...films(y:year::text.max()::int)", `
api.posters=api.posters:
  films spread as posters_films_1 on films_1.id=api.posters.film_id films_1=api.films: select y:year::text gives y:max(y)::int`},
		{"through a spread", "/roles?select=character,...films(year,...directors(data->a::int.sum()))", `
api.roles=api.roles: select character
  films spread as roles_films_1 on films_1.id=api.roles.film_id films_1=api.films: select year gives year,sum:sum(sum)
    directors spread as films_directors_2 on directors_2.id=films_1.director_id directors_2=api.directors: select sum:data->a::int gives sum`},
		{"a column of the aggregate's name stays", "/roles?select=...films(max:title,...posters(m:height.max()))", `
api.roles=api.roles:
  films spread as roles_films_1 on films_1.id=api.roles.film_id films_1=api.films: select max:title gives max,m:max(m)
    posters spread as films_posters_2 on posters_2.film_id=films_1.id posters_2=api.posters: select m:height gives m`},
		{"to the embed around", "/actors?select=name,roles(...films(year.max()))", `
api.actors=api.actors: select name
  roles array as actors_roles_1 on roles_1.actor_id=api.actors.id roles_1=api.roles:
    films spread as roles_films_2 on films_2.id=roles_1.film_id films_2=api.films: select max:year gives max:max(max)`},
		{"the rows counted are the spread's", "/posters?select=...films(count())", `
api.posters=api.posters:
  films spread as posters_films_1 on films_1.id=api.posters.film_id films_1=api.films: select count:row gives count:count(count)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.url, sketch(mustPlan(t, input{url: tt.url}).Read), strings.TrimSpace(tt.want))
		})
	}
}

func TestToManySpreadsTakeNoAggregates(t *testing.T) {
	for _, url := range []string{
		"/directors?select=...films(year.max())",
		"/directors?select=...films(count())",
		"/directors?select=...films(...posters(height.max()))",
	} {
		err := mustFail(t, input{url: url}, "PGRST127")
		expect(t, "details", err.Details, "Aggregates are not implemented for one-to-many or many-to-many spreads.")
	}
	mustPlan(t, input{url: "/directors?select=...films(title,posters(height.max()))"})
}
