package pgsql

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// topLevel makes requests whose top level has conditions, orders and groups, and the SQL of what they return.
type topLevel struct {
	*relatedGenerator
	relation string
	extended bool
	params   []string
	where    []string
}

// add adds a parameter and what it means for a row called t, if anything.
func (g *topLevel) add(param, sql string) {
	g.params = append(g.params, param)
	if sql != "" {
		g.where = append(g.where, sql)
	}
}

// conditions adds some parameters that select rows.
func (g *topLevel) conditions() {
	for range g.IntN(3) {
		g.add(g.param(g.relation))
	}
	column := pickOf(g.Rand, integers()[g.relation])
	operation, sql := g.operation()
	g.add(column+"="+operation, fmt.Sprintf(sql, "t."+column))
}

// embed makes an embed called x, and returns how it is selected, what is related to it, and SQL for its rows, called q.
func (g *topLevel) embed() (selected string, h hop, rows string) {
	h = pickOf(g.Rand, hops()[g.relation])
	rows = fmt.Sprintf(h.rows, "q", "t")
	if g.IntN(3) == 0 {
		column := pickOf(g.Rand, integers()[h.to])
		g.add("x."+column+"=gt.3", "")
		rows += " and q." + column + " > 3"
	}
	return "x:" + h.name + "(" + integers()[h.to][0] + ")", h, rows
}

// conditionOnEmbed adds a condition on the embed, alone or in a tree.
func (g *topLevel) conditionOnEmbed(h hop, rows string) {
	exists := "exists (select from " + rows
	key, operation, sql := "x", "is.null", "not "+exists+")"
	switch g.IntN(3) {
	case 0:
		operation, sql = "not.is.null", exists+")"
	case 1:
		column := pickOf(g.Rand, integers()[h.to])
		key = "x(" + column + ")"
		op, test := g.operation()
		operation, sql = op, exists+" and "+fmt.Sprintf(test, "q."+column)+")"
	}
	if g.IntN(2) == 0 {
		g.add(key+"="+operation, sql)
		return
	}
	other, otherSQL := g.condition(g.relation, "t", 2)
	g.add("or=("+key+"."+operation+","+other+")", "("+sql+" or "+otherSQL+")")
}

// rows makes a request for rows, and the SQL of an array of their keys.
func (g *topLevel) rows() (selected, sql string) {
	embed, h, rows := g.embed()
	g.conditions()
	g.conditionOnEmbed(h, rows)
	order := "t.id desc"
	if g.IntN(2) == 0 && g.extended {
		column, direction, aggregate := pickOf(g.Rand, integers()[h.to]), pickOf(g.Rand, []string{"", " desc"}), "min"
		if direction != "" {
			aggregate = "max"
		}
		g.add("order=x("+column+")"+strings.ReplaceAll(direction, " ", ".")+",:k.desc", "")
		order = "(select " + aggregate + "(q." + column + ") from " + rows + ")" + direction + ", " + order
	} else {
		g.add("order=:k.desc", "")
	}
	return "k:id," + embed, "select coalesce(json_agg(t.id order by " + order + "), '[]') from api." + g.relation + " t where " + g.all()
}

// all returns the condition that all conditions are true.
func (g *topLevel) all() string { return "(" + strings.Join(g.where, ") and (") + ")" }

// groups makes a request for groups of films, and the SQL of an array of them. Only groups that are read, and not
// written, can be selected.
func (g *topLevel) groups(written bool) (selected, sql string) {
	g.conditions()
	condition, filter := g.relatedGenerator.condition(g.relation, "t", 2)
	g.add("n.and=(id.gt.1,"+condition+")", "")
	count := "count(*) filter (where t.id > 1 and (" + filter + "))"
	born := "count(distinct d.id) filter (where t.id < 20)"
	g.add("b.id=lt.20", "")
	g.add("order=:n.desc,year", "")
	having := "true"
	if !written {
		g.add("n=gt.0", "")
		g.add("or=(b.gt.1,n.lt.3,year.gt.1975)", "")
		having = count + " > 0 and (" + born + " > 1 or " + count + " < 3 or t.year > 1975)"
	}
	sql = "select coalesce(json_agg(json_build_array(g.year, g.n, g.b) order by g.n desc, g.year), '[]') from (select t.year, " + count + " n, " + born +
		" b from api.films t left join api.directors d on d.id = t.director_id where " + g.all() + " group by t.year having " + having + ") g"
	return "year,n:count(),...directors(b:id.countdistinct())", sql
}

// shown returns an SQL expression for what of an answer in JSON the oracle shows, too.
func shown(grouped bool, body string) Statement {
	element := "r->'k'"
	if grouped {
		element = "json_build_array(r->'year', r->'n', r->'b')"
	}
	return Statement{
		SQL:    "select coalesce(json_agg(" + element + " order by o), '[]') from json_array_elements($1) with ordinality x(r, o)",
		Params: []Param{{Value: []byte(body)}},
	}
}

// TestTopLevel compares what reads, writes and functions return of their top level with SQL written by hand.
func TestTopLevel(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	// Rows may be deleted to which others refer.
	if _, err := conn.Exec(t.Context(), relatedData+`; do $$ declare c record; begin
		for c in select conname, conrelid::regclass::text relation from pg_constraint where contype = 'f' loop
			execute format('alter table %s drop constraint %I', c.relation, c.conname);
		end loop; end $$`); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for seed := range uint64(1500) {
		g := &topLevel{relatedGenerator: &relatedGenerator{Rand: rand.New(rand.NewPCG(4, seed))}}
		c, kind := g.call()
		grouped := g.relation == "films" && g.IntN(3) == 0
		var selected, sql string
		if grouped {
			selected, sql = g.groups(c.headers != nil)
		} else {
			selected, sql = g.rows()
		}
		c.extended, c.url = g.extended, c.url+"select="+selected+"&"+strings.Join(g.params, "&")
		want := execute(t, conn, Statement{SQL: sql})
		got := bodyOf(execute(t, conn, Main(c.plan(t), Options{})))
		if strings.HasPrefix(got, "[") {
			got = execute(t, conn, shown(grouped, got))
		}
		if dense(got) != dense(want) {
			t.Errorf("%s %s\n%s\n got %s\nwant %s", c.method, c.url, sql, got, want)
		}
		if strings.Contains(want, ",") {
			found[kind]++
		}
	}
	for _, kind := range []string{"GET", "PATCH", "DELETE", "GET rpc", "POST rpc"} {
		if found[kind] < 50 {
			t.Errorf("%d requests of the kind %s found rows", found[kind], kind)
		}
	}
}

// call chooses how rows are selected, and from which relation, and returns a request whose URL lacks its parameters.
func (g *topLevel) call() (c call, kind string) {
	relation := pickOf(g.Rand, []string{"directors/name", "films/title", "studios/name", "actors/name", "categories/name", "film_view/title"})
	relation, column, _ := strings.Cut(relation, "/")
	kind = pickOf(g.Rand, []string{"GET", "PATCH", "DELETE", "GET rpc", "POST rpc"})
	g.relation, c = relation, call{method: kind, url: "/" + relation + "?"}
	switch kind {
	case "PATCH":
		c.body = `{"` + column + `":"new"}`
		fallthrough
	case "DELETE":
		c.headers = map[string][]string{"Prefer": {"return=representation"}}
	case "GET rpc":
		g.relation, c.method, c.url = "films", "GET", "/rpc/search?term=&"
	case "POST rpc":
		g.relation, c.method, c.url, c.body = "films", "POST", "/rpc/logged_search?", `{"term":""}`
	}
	g.extended = g.IntN(2) == 0 || g.relation == "categories" // which has a column with the name of a relationship
	return c, kind
}
