package pgsql

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestGroups compares grouped answers with what SQL written by hand answers. In most of them an alias is the name of a
// column, which a name in GROUP BY would mean.
func TestGroups(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for url, sql := range map[string]string{
		"/crates?select=id:owner,count()":                  `select owner id, count(*) from api.crates group by owner`,
		"/crates?select=owner:size->width,n:count()":       `select (size).width "owner", count(*) n from api.crates group by (size).width`,
		"/crates?select=data->owner,count()":               `select data->'owner' "owner", count(*) from api.crates group by data->'owner'`,
		"/crates?select=data->n->>cost,count(),cost.sum()": `select data->'n'->>'cost' cost, count(*), sum(cost) from api.crates group by data->'n'->>'cost'`,
		"/crates?select=cost::int,count()":                 `select cost::int, count(*) from api.crates group by cost::int`,
		"/crates?select=id:cost::int,owner:data->>owner,count()": `select cost::int id, data->>'owner' "owner", count(*) from api.crates
			group by cost::int, data->>'owner'`,
		"/crates?select=data->>owner::text,id.max()": `select data->>'owner' "owner", max(id) from api.crates group by data->>'owner'`,
		"/goods?select=id:kind,...crates(crate_id:owner),count()": `select kind id, owner crate_id, count(*)
			from api.goods g left join api.crates c on c.id = g.crate_id group by kind, owner`,
		"/goods?select=name:kind,...crates(kind:data->>owner,cost.sum())": `select kind "name", data->>'owner' kind, sum(cost)
			from api.goods g left join api.crates c on c.id = g.crate_id group by g.kind, data->>'owner'`,
		"/goods?select=count(),kind:crates(owner)": `select count(*), to_jsonb(c) kind
			from api.goods g left join lateral (select owner from api.crates where id = g.crate_id) c on true group by to_jsonb(c)`,
		"/crates?select=count(),cost:goods(name)&goods.order=id": `select count(*), goods cost from (select coalesce((select jsonb_agg(to_jsonb(g))
			from (select name from api.goods where crate_id = c.id order by id) g), '[]') goods from api.crates c) x group by goods`,
		"/paints?select=name:shade,count()": `select api.color_to_json(shade) "name", count(*) from api.paints group by shade`,
	} {
		got := execute(t, conn, Main(call{method: "GET", url: url}.plan(t), Options{}))
		want := execute(t, conn, Statement{SQL: "select coalesce(json_agg(r), '[]') from (" + sql + ") r"})
		if a, b := elements(t, bodyOf(got)), elements(t, want); !slices.Equal(a, b) {
			t.Errorf("%s\n got %s\nwant %s", url, a, b)
		}
	}
}

// TestOrderedGroups orders groups by what they are grouped by.
func TestOrderedGroups(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for url, want := range map[string]string{
		"/crates?select=data->>owner,count()&order=data->>owner.desc.nullslast": `[{"owner":"y","count":1},{"owner":"x","count":2},{"owner":"b","count":1},{"owner":null,"count":1}]`,
		"/crates?select=w:size->width,count()&order=size->width.nullsfirst":     `[{"w":null,"count":1},{"w":1,"count":3},{"w":2,"count":1}]`,
		"/crates?select=c:cost::int,count()&order=cost.desc.nullslast":          `[{"c":2,"count":1},{"c":1,"count":3},{"c":null,"count":1}]`,
		"/crates?select=id:owner,count()&order=owner":                           `[{"id":"a","count":2},{"id":"b","count":1},{"id":null,"count":2}]`,
		"/crates?select=cost::int,cost,count()&order=cost.desc&limit=2":         `[{"cost":null,"cost":null,"count":1},{"cost":2,"cost":2.2,"count":1}]`,
		"/paints?select=shade,count()&order=shade.desc":                         `[{"shade":"#ff0000","count":1},{"shade":"#0000ff","count":1}]`,
	} {
		got := bodyOf(execute(t, conn, Main(call{method: "GET", url: url}.plan(t), Options{})))
		if got = strings.ReplaceAll(got, "\n ", ""); strings.ReplaceAll(got, ", {", ",{") != want {
			t.Errorf("%s\n got %s\nwant %s", url, got, want)
		}
	}
}

// TestGroupsOfRepresentations groups, aggregates, compares and orders by columns of which the answer shows something
// else, that has neither equality nor an order.
func TestGroupsOfRepresentations(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	if _, err := conn.Exec(t.Context(), `insert into api.walls values (1, 'abc', 3), (2, 'abc', 4), (3, 'def', 5), (4, null, 6)`); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"/paints?select=shade.max(),shade.countdistinct()":                                   `[{"max":"#ff0000","count":2}]`,
		"/paints?select=name,x:shade.min(),n:shade.count()&x=lt.#00ffff&n=gt.0&order=:x,:n":  `[{"name":"blue","x":"#0000ff","n":1}]`,
		"/paints?select=code,x:shade.max()::text&order=:x.desc":                              `[{"code":"def","x":"\"#ff0000\""},{"code":"abc","x":"\"#0000ff\""}]`,
		"/walls?select=n:count(),...paints(x:shade)&order=:x.desc.nullslast":                 `[{"n":1,"x":"#ff0000"},{"n":2,"x":"#0000ff"},{"n":1,"x":null}]`,
		"/walls?select=...paints(x:shade.max(),n:shade.countdistinct())":                     `[{"x":"#ff0000","n":2}]`,
		"/walls?select=code,...paints(x:shade.min())&x=gt.#0000ff&order=:x":                  `[{"code":"def","x":"#ff0000"}]`,
		"/walls?select=id,...paints(shade)&order=:shade.desc.nullslast,id":                   `[{"id":3,"shade":"#ff0000"},{"id":1,"shade":"#0000ff"},{"id":2,"shade":"#0000ff"},{"id":4,"shade":null}]`,
		"/walls?select=id,paints(shade)&order=paints(shade).desc.nullslast,id&limit=2":       `[{"id":3,"paints":{"shade":"#ff0000"}},{"id":1,"paints":{"shade":"#0000ff"}}]`,
		"/walls?select=id,...paints(shade::text)&order=:shade.desc.nullslast,id&limit=1":     `[{"id":3,"shade":"\"#ff0000\""}]`,
		"/paints?select=code,walls(id,...paints(x:shade))&walls.order=:x,id&order=code":      `[{"code":"abc","walls":[{"x":"#0000ff","id":1},{"x":"#0000ff","id":2}]},{"code":"def","walls":[{"x":"#ff0000","id":3}]}]`,
		"/paints?select=code,...walls(i:id,...paints(x:shade))&walls.order=:x,id&order=code": `[{"code":"abc","i":[1,2],"x":["#0000ff","#0000ff"]},{"code":"def","i":[3],"x":["#ff0000"]}]`,
	} {
		if got := dense(bodyOf(execute(t, conn, Main(call{method: "GET", url: strings.ReplaceAll(url, "#", "%23")}.plan(t), Options{})))); got != want {
			t.Errorf("%s\n got %s\nwant %s", url, got, want)
		}
	}
}

// bodyOf returns the body of what execute returns, or the error.
func bodyOf(columns string) string {
	answer := answerOf(columns)
	if _, body, ok := strings.Cut(answer, "\n"); ok {
		return body
	}
	return answer
}

// elements returns the elements of a JSON array in a form and an order that do not depend on how they were written.
func elements(t *testing.T, array string) []string {
	t.Helper()
	var values []any
	if err := json.Unmarshal([]byte(array), &values); err != nil {
		t.Fatalf("%v: %s", err, array)
	}
	texts := make([]string, len(values))
	for i, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	slices.Sort(texts)
	return texts
}
