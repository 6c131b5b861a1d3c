package pgsql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// dense returns JSON without white space, also in texts.
func dense(body string) string { return strings.NewReplacer("\n", "", " ", "").Replace(body) }

// TestConditionsOnGroups compares answers with SQL written by hand, and their exact counts with the number of its rows.
func TestConditionsOnGroups(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	if _, err := conn.Exec(t.Context(), relatedData); err != nil {
		t.Fatal(err)
	}
	for url, sql := range map[string]string{
		"/films?select=year,n:count()&n=gt.1":                            `select year, count(*) n from api.films group by year having count(*) > 1`,
		"/films?select=director_id,count()&count=not.lte.9":              `select director_id, count(*) from api.films group by director_id having not count(*) <= 9`,
		"/films?select=year,y:id.max()::text&y=like.*5&id=gt.3":          `select year, max(id)::text y from api.films where id > 3 group by year having max(id)::text like '%5'`,
		"/films?select=year,m:rating.max()&m=is.null":                    `select year, max(rating) m from api.films group by year having max(rating) is null`,
		"/films?select=year,n:count(),m:id.min()&or=(n.gt.1,m.in.(5,7))": `select year, count(*) n, min(id) m from api.films group by year having count(*) > 1 or min(id) in (5,7)`,
		"/films?select=year,n:count()&not.and=(n.gt.1,year.lt.1970)":     `select year, count(*) n from api.films group by year having not (count(*) > 1 and year < 1970)`,
		"/directors?select=data->born->>year,n:count()&or=(n.gt.5,data->born->>year.eq.1910)": `select data->'born'->>'year' "year", count(*) n
			from api.directors group by data->'born'->>'year' having count(*) > 5 or data->'born'->>'year' = '1910'`,
		"/films?select=n:count()&n=gt.1000":                                                    `select count(*) n from api.films having count(*) > 1000`,
		"/films?select=n:count(),a:id.sum()&n.year=gt.1960&a.or=(director_id.is.null,id.lt.9)": `select count(*) filter (where year > 1960) n, sum(id) filter (where director_id is null or id < 9) a from api.films`,
		"/films?select=year,n:id.count(),all:count()&n.director_id=eq.1&n.id=gt.7&n=gt.0": `select year, count(id) filter (where director_id = 1 and id > 7) n, count(*) "all"
			from api.films group by year having count(id) filter (where director_id = 1 and id > 7) > 0`,
		"/films?select=year,n:count()&n.actors(id)=eq.2": `select year, count(*) filter (where exists (select from api.roles r where r.film_id = f.id and r.actor_id = 2)) n
			from api.films f group by year`,
		"/films?select=y:year.countdistinct(),d:director_id.countdistinct()::text,count()": `select count(distinct year) y, count(distinct director_id)::text d, count(*) from api.films`,
		"/films?select=director_id,year.countdistinct()&count=gt.3":                        `select director_id, count(distinct year) from api.films group by director_id having count(distinct year) > 3`,
		"/films?select=year,...directors(born:id.countdistinct()),count()&count=gt.1": `select f.year, count(distinct d.id) born, count(*) from api.films f
			left join api.directors d on d.id = f.director_id group by f.year having count(*) > 1`,
		"/rpc/search?term=a&select=year,...directors(n:id.count())&n.rating=gt.2&n.or=(id.lt.9,title.is.null)&directors.n.name=like.*a*&n=gte.0": `select year,
			count(d.id) filter (where f.rating > 2 and f.id < 9 and d.name like '%a%') n from api.films f
			left join api.directors d on d.id = f.director_id where f.title like '%a%' group by year`,
		"/roles?select=film_id,n:name.count(),fee.max()&fee=gt.5&n=gt.0": `select film_id, count(name) n, max(fee) from api.roles where fee > 5 group by film_id having count(name) > 0`,
	} {
		c := call{method: "GET", url: url, headers: map[string][]string{"Prefer": {"count=exact"}}}
		columns := execute(t, conn, Main(c.plan(t), Options{}))
		want := elements(t, execute(t, conn, Statement{SQL: "select coalesce(json_agg(r), '[]') from (" + sql + ") r"}))
		if got := elements(t, bodyOf(columns)); !slices.Equal(got, want) {
			t.Errorf("%s\n got %s\nwant %s", url, got, want)
		}
		if total := strings.Split(columns, "\n")[ColumnTotal]; total != fmt.Sprint(len(want)) {
			t.Errorf("%s: total %s, want %d", url, total, len(want))
		}
	}
}

// TestConditionsOnGroupsOfEmbeds has embeds that only some of their groups, and parents that only some embeds let
// through.
func TestConditionsOnGroupsOfEmbeds(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for url, want := range map[string]string{
		"/directors?select=id,films(year,n:count())&films.n=gt.0&films.order=year&order=id":                  `[{"id":1,"films":[{"n":1, "year":1962}, {"n":1, "year":1985}]},{"id":2,"films":[{"n":1, "year":1952}, {"n":1, "year":1985}]},{"id":3,"films":[]}]`,
		"/directors?select=id,films!inner(n:count())&films.n=gt.1&order=id":                                  `[{"id":1,"films":[{"n":2}]},{"id":2,"films":[{"n":2}]}]`,
		"/directors?select=id,films(...studios(n:id.count()))&films.n=gt.0&films.studios.n.id=eq.1&order=id": `[{"id":1,"films":[{"n":2}]},{"id":2,"films":[]},{"id":3,"films":[]}]`,
		"/directors?select=id,films(n:count())&films.n.year=gt.1970&order=id":                                `[{"id":1,"films":[{"n":1}]},{"id":2,"films":[{"n":1}]},{"id":3,"films":[{"n":0}]}]`,
	} {
		c := call{method: "GET", url: url, headers: map[string][]string{"Prefer": {"count=exact"}}}
		columns := execute(t, conn, Main(c.plan(t), Options{}))
		if got := dense(bodyOf(columns)); got != dense(want) {
			t.Errorf("%s\n got %s\nwant %s", url, got, dense(want))
		}
		if total := strings.Split(columns, "\n")[ColumnTotal]; total != fmt.Sprint(strings.Count(want, `{"id"`)) {
			t.Errorf("%s: total %s", url, total)
		}
	}
}

// TestNamesOfColumnsAndAggregates has aggregates with the name of a column. A filter means the column, unless
// url-extensions is set.
func TestNamesOfColumnsAndAggregates(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for _, tt := range []struct {
		url, want string
		extended  bool
	}{
		{"/films?select=studio_id,year:count()&year=gte.1985&order=studio_id", `[{"studio_id":1,"year":1},{"studio_id":null,"year":1}]`, false},
		{"/films?select=studio_id,year:count()&year=gte.2&order=studio_id", `[{"studio_id":1,"year":2},{"studio_id":null,"year":2}]`, true},
	} {
		c := call{method: "GET", url: tt.url, extended: tt.extended}
		if got := dense(bodyOf(execute(t, conn, Main(c.plan(t), Options{})))); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.url, got, tt.want)
		}
	}
}

// TestOrderBySelected orders by names of what is selected.
func TestOrderBySelected(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for url, want := range map[string]string{
		"/films?select=x:title&order=:x.desc&limit=2":                                         `[{"x":"Vagabond"},{"x":"Ran"}]`,
		"/films?select=*,title:id&order=:title.desc&limit=1":                                  "",
		"/films?select=id,y:year::text&order=:y.desc.nullslast,id&limit=2":                    `[{"id":3,"y":"1985"},{"id":4,"y":"1985"}]`,
		"/films?select=year,n:count()&order=:n.desc,:year.nullsfirst&limit=2":                 `[{"year":1985,"n":2},{"year":null,"n":1}]`,
		"/films?select=year,count()&order=:count.desc&limit=1":                                `[{"year":1985,"count":2}]`,
		"/films?select=year,n:count()&n.id=gt.3&order=:n.desc,year&limit=2":                   `[{"year":1985,"n":1},{"year":null,"n":1}]`,
		"/directors?select=id,data->born->>year&order=:year.nullslast":                        `[{"id":2,"year":"1910"},{"id":1,"year":"1928"},{"id":3,"year":null}]`,
		"/films?select=id,...directors(by:name)&order=:by.desc.nullslast,id&limit=2":          `[{"id":2,"by":"Akira"},{"id":3,"by":"Akira"}]`,
		"/films?select=id,directors(id)&order=directors(name).desc.nullslast,id&limit=2":      `[{"id":2,"directors":{"id":2}},{"id":3,"directors":{"id":2}}]`,
		"/films?select=id,directors()&order=directors(name).desc.nullslast,id.desc&limit=1":   `[{"id":3}]`,
		"/films?select=id,directors!inner()&order=directors(data->born->year),id&limit=1":     `[{"id":2}]`,
		"/films?select=id,...directors(d:id)&order=directors(name).desc.nullslast,id&limit=1": `[{"id":2,"d":2}]`,
		"/films?select=id,directors(name:id)&order=directors(name),id&limit=1":                `[{"id":1,"directors":{"name":1}}]`,
		"/films?select=id,directors(*)&order=directors(id).desc.nullslast,id&limit=1":         `[{"id":2,"directors":{"id":2,"data":{"born":{"year":1910}},"name":"Akira"}}]`,
		"/films?select=*&order=:id.desc&limit=0":                                              `[]`,
		"/paints?select=code,c:shade&order=:c":                                                `[{"code":"abc","c":"#0000ff"},{"code":"def","c":"#ff0000"}]`,
		"/studios?select=id,...films(t:title)&films.order=:t.desc&order=id":                   `[{"id":1,"t":["Vagabond","Cléo"]},{"id":2,"t":["Ikiru"]}]`,
		"/studios?select=id,films(t:title)&films.order=:t.desc&order=id":                      `[{"id":1,"films":[{"t":"Vagabond"},{"t":"Cléo"}]},{"id":2,"films":[{"t":"Ikiru"}]}]`,
	} {
		got := dense(bodyOf(execute(t, conn, Main(call{method: "GET", url: url}.plan(t), Options{}))))
		if want == "" && strings.Contains(got, `"title":5`) || got == want {
			continue
		}
		t.Errorf("%s\n got %s\nwant %s", url, got, want)
	}
}

// TestOrderByToMany orders parents by their related rows, in every direction, and compares with aggregates.
func TestOrderByToMany(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	if _, err := conn.Exec(t.Context(), relatedData); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(2, seed))
		relation := pickOf(r, []string{"directors", "films", "studios", "actors", "categories"})
		h := pickOf(r, hops()[relation])
		if h.name == "directors" || h.name == "studios!studio_id" || h.name == "posters" || h.name == "debut" || h.name == `"parent_id"` {
			continue // at most one row
		}
		column := pickOf(r, integers()[h.to])
		direction, nulls := pickOf(r, []string{"", " asc", " desc"}), pickOf(r, []string{"", " nulls first", " nulls last"})
		function := "min"
		if direction == " desc" {
			function = "max"
		}
		filter, where := "", ""
		if r.IntN(3) == 0 {
			filter, where = "&x."+column+"=gt.3", " and q."+column+" > 3"
		}
		order := "k" + direction + nulls + ", id"
		want := execute(t, conn, Statement{SQL: "select json_agg(json_build_object('root', id) order by " + order + ") from (select t.id, (select " +
			function + "(q." + column + ") from " + fmt.Sprintf(h.rows, "q", "t") + where + ") k from api." + relation + " t) t"})
		term := "x(" + column + ")" + strings.ReplaceAll(strings.ReplaceAll(direction+nulls, "nulls ", "nulls"), " ", ".")
		c := call{
			method: "GET", url: "/" + relation + "?select=root:id,x:" + h.name + "()" + filter + "&order=" + term + ",id", extended: true,
		}
		if got := dense(bodyOf(execute(t, conn, Main(c.plan(t), Options{})))); got != dense(want) {
			t.Errorf("%s\n got %s\nwant %s", c.url, got, want)
		}
	}
}
