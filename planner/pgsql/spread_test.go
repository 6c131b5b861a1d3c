package pgsql

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// toOne are spreads of at most one row, by relation: the name in a URL, the relation, and the join of %[1]s with %[2]s.
func toOne() map[string][]hop {
	return map[string][]hop{
		"roles": {{"films", "films", "%[1]s.id = %[2]s.film_id"}, {"actors", "actors", "%[1]s.id = %[2]s.actor_id"}},
		"films": {
			{"directors", "directors", "%[1]s.id = %[2]s.director_id"}, {"studios", "studios", "%[1]s.id = %[2]s.studio_id"},
		},
		"film_view": {{"director_view", "director_view", "%[1]s.id = %[2]s.director_id"}},
	}
}

// spreadGenerator makes reads with nested spreads of at most one row, and what they mean in SQL.
type spreadGenerator struct {
	*rand.Rand
	joins, params       []string
	names, keys, having []string
	sql                 []string // what is selected, as "expression name"
	grouped             bool
}

// list returns a select list of a relation at path, which SQL calls as.
func (g *spreadGenerator) list(relation, as, path string, depth int) string {
	var items []string
	for range 1 + g.IntN(2) {
		items = append(items, g.item(relation, as, path))
	}
	for _, h := range toOne()[relation] {
		if depth == 0 || g.IntN(3) == 0 {
			continue
		}
		name := as + "_" + h.name
		g.joins = append(g.joins, "left join api."+h.to+" "+name+" on "+fmt.Sprintf(h.rows, name, as))
		items = append(items, "..."+h.name+"("+g.list(h.to, name, path+h.name+".", depth-1)+")")
	}
	return strings.Join(items, ",")
}

// item returns an item of a select list, and appends what it means.
func (g *spreadGenerator) item(relation, as, path string) string {
	column := pickOf(g.Rand, integers()[relation])
	name, url, sql := fmt.Sprintf("x%d", len(g.names)), column, as+"."+column
	if relation == "directors" && g.IntN(2) == 0 {
		url, sql = "data->born->>year", as+".data->'born'->>'year'"
	}
	if g.IntN(4) == 0 {
		url, sql = url+"::text", "("+sql+")::text"
	}
	g.names = append(g.names, name)
	if g.IntN(2) == 0 {
		g.keys, g.sql = append(g.keys, sql), append(g.sql, sql+" "+name)
		return name + ":" + url
	}
	g.grouped = true
	function := pickOf(g.Rand, []string{"max", "min", "count", "countdistinct", ""})
	switch function {
	case "countdistinct":
		sql = "count(distinct " + sql
	case "":
		url, function, sql = "", "count", "count("+as+".*"
	default:
		sql = function + "(" + sql
	}
	sql += ")" + g.filter(relation, as, path, name)
	if g.IntN(3) == 0 {
		operation, condition := g.operation()
		if !strings.HasPrefix(operation, "not.eq") && (function == "count" || function == "countdistinct") {
			g.params = append(g.params, name+"="+operation)
			g.having = append(g.having, fmt.Sprintf(condition, sql))
		}
	}
	g.sql = append(g.sql, sql+" "+name)
	if url == "" {
		return name + ":count()"
	}
	return name + ":" + url + "." + function + "()"
}

func (g *spreadGenerator) operation() (url, sql string) {
	related := relatedGenerator{Rand: g.Rand}
	return related.operation()
}

// filter restricts the rows of an aggregate, by columns of its own relation or of the root, which SQL calls t.
func (g *spreadGenerator) filter(relation, as, path, name string) string {
	filter := list{&writer{}, " filter (where ", " and "}
	for range g.IntN(3) {
		column, of, at := pickOf(g.Rand, integers()[relation]), as, path
		if g.IntN(3) == 0 {
			at, of, column = "", "t", "id"
			if strings.HasPrefix(g.root(), "roles") {
				column = "film_id"
			}
		}
		operation, sql := g.operation()
		filter.item()
		filter.w.sql = append(filter.w.sql, fmt.Sprintf(sql, of+"."+column)...)
		g.params = append(g.params, at+name+"."+column+"="+operation)
	}
	if len(filter.w.sql) == 0 {
		return ""
	}
	return string(filter.w.sql) + ")"
}

// root returns the relation that is read.
func (g *spreadGenerator) root() string { return strings.TrimPrefix(g.joins[0], "api.") }

// statement returns the SQL of what was generated, ordered by all it selects.
func (g *spreadGenerator) statement(order []string) string {
	sql := "select " + strings.Join(g.sql, ", ") + " from " + strings.Join(g.joins, " ")
	if g.grouped && len(g.keys) > 0 {
		sql += " group by " + strings.Join(g.keys, ", ")
	}
	if len(g.having) > 0 {
		sql += " having " + strings.Join(g.having, " and ")
	}
	return "select coalesce(json_agg(r), '[]') from (" + sql + " order by " + strings.Join(order, ", ") + ") r"
}

// TestSpreadsInSQL compares spreads, with and without aggregates, filters on these and on the rows of these, and the
// order by names of all that is selected, with joins that are written by hand.
func TestSpreadsInSQL(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	if _, err := conn.Exec(t.Context(), relatedData); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for seed := range uint64(600) {
		g := &spreadGenerator{Rand: rand.New(rand.NewPCG(4, seed))}
		relation := pickOf(g.Rand, []string{"roles", "films", "film_view"})
		g.joins = []string{"api." + relation + " t"}
		url := "/" + relation + "?select=" + g.list(relation, "t", "", 2)
		var terms, order []string
		for _, i := range g.Perm(len(g.names)) {
			direction := pickOf(g.Rand, []string{"", " asc", " desc", " desc nulls last", " nulls first"})
			order = append(order, g.names[i]+direction)
			terms = append(terms, ":"+g.names[i]+strings.ReplaceAll(strings.ReplaceAll(direction, "nulls ", "nulls"), " ", "."))
		}
		url += "&order=" + strings.Join(terms, ",") + "&" + strings.Join(g.params, "&")
		want := execute(t, conn, Statement{SQL: g.statement(order)})
		got := bodyOf(execute(t, conn, Main(call{method: "GET", url: url}.plan(t), Options{})))
		if dense(got) != dense(want) {
			t.Errorf("%s\n%s\n got %s\nwant %s", url, g.statement(order), got, want)
		}
		rows += strings.Count(want, "{")
	}
	if rows < 5000 {
		t.Errorf("only %d rows were compared", rows)
	}
}
