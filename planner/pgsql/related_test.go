package pgsql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// hop leads from a relation of the fixture to related rows: as a URL names it, and as SQL that is written by hand finds
// them for a row called %[2]s, under the name %[1]s.
type hop struct{ name, to, rows string }

// hops are relationships of every kind.
func hops() map[string][]hop {
	return map[string][]hop{
		"directors": {
			{"films", "films", "api.films %[1]s where %[1]s.director_id = %[2]s.id"},
			{"films!films_director_id_fkey", "films", "api.films %[1]s where %[1]s.director_id = %[2]s.id"},
			{"debut", "films", "api.debut(%[2]s) %[1]s where true"},
			{"film_view", "film_view", "api.film_view %[1]s where %[1]s.director_id = %[2]s.id"},
		},
		"films": {
			{"directors", "directors", "api.directors %[1]s where %[1]s.id = %[2]s.director_id"},
			{"studios!studio_id", "studios", "api.studios %[1]s where %[1]s.id = %[2]s.studio_id"},
			{"posters", "posters", "api.posters %[1]s where %[1]s.film_id = %[2]s.id"},
			{"roles", "roles", "api.roles %[1]s where %[1]s.film_id = %[2]s.id"},
			{"actors", "actors", "api.actors %[1]s, api.roles j where j.film_id = %[2]s.id and j.actor_id = %[1]s.id"},
			{"same_year", "films", "api.same_year(%[2]s) %[1]s where true"},
		},
		"studios": {{"films", "films", "api.films %[1]s where %[1]s.studio_id = %[2]s.id"}},
		"actors": {
			{"films!roles", "films", "api.films %[1]s, api.roles j where j.actor_id = %[2]s.id and j.film_id = %[1]s.id"},
			{"roles", "roles", "api.roles %[1]s where %[1]s.actor_id = %[2]s.id"},
		},
		"categories": {
			{"categories", "categories", "api.categories %[1]s where %[1]s.parent_id = %[2]s.id"},
			{`"parent_id"`, "categories", "api.categories %[1]s where %[1]s.id = %[2]s.parent_id"},
		},
		"film_view": {{"director_view", "director_view", "api.director_view %[1]s where %[1]s.id = %[2]s.director_id"}},
	}
}

// integers are columns to compare, by relation.
func integers() map[string][]string {
	return map[string][]string{
		"directors": {"id"}, "films": {"id", "year", "director_id"}, "studios": {"id"}, "actors": {"id"}, "posters": {"film_id", "height"},
		"roles": {"film_id", "actor_id"}, "categories": {"id", "parent_id"}, "film_view": {"id", "year"}, "director_view": {"id"},
	}
}

// relatedGenerator makes filters on related rows, each as a URL writes it and in SQL.
type relatedGenerator struct {
	*rand.Rand
	names int
}

// condition returns a term of a logic tree on rows of a relation called as.
func (g *relatedGenerator) condition(relation, as string, depth int) (url, sql string) {
	if to := hops()[relation]; len(to) > 0 && depth > 0 && g.IntN(3) > 0 {
		head, tail, sql := g.related(relation, as, depth)
		return head + strings.Replace(tail, "=", ".", 1), sql
	}
	if depth > 0 && g.IntN(4) == 0 {
		return g.tree(relation, as, depth)
	}
	column := pickOf(g.Rand, integers()[relation])
	operation, sql := g.operation()
	return column + "." + operation, fmt.Sprintf(sql, as+"."+column)
}

// operation makes an operator with its operand, and what it means.
func (g *relatedGenerator) operation() (url, sql string) {
	n := pickOf(g.Rand, []int{1, 2, 3, 4, 1952, 1985, 100})
	switch g.IntN(6) {
	case 0:
		return "is.null", "%s is null"
	case 1:
		return "not.is.null", "%s is not null"
	case 2:
		return fmt.Sprintf("not.eq.%d", n), fmt.Sprintf("not %%s = %d", n)
	case 3:
		return fmt.Sprintf("in.(%d,2)", n), fmt.Sprintf("%%s in (%d,2)", n)
	default:
		return fmt.Sprintf("gte.%d", n), fmt.Sprintf("%%s >= %d", n)
	}
}

// tree makes a conjunction or disjunction, maybe negated.
func (g *relatedGenerator) tree(relation, as string, depth int) (url, sql string) {
	op, not := pickOf(g.Rand, []string{"and", "or"}), pickOf(g.Rand, []string{"", "", "not."})
	a, aSQL := g.condition(relation, as, depth-1)
	b, bSQL := g.condition(relation, as, depth-1)
	sql = "((" + aSQL + ") " + op + " (" + bSQL + "))"
	if not != "" {
		sql = "not " + sql
	}
	return not + op + "(" + a + "," + b + ")", sql
}

// related returns a filter on related rows as the key and the rest of a parameter.
func (g *relatedGenerator) related(relation, as string, depth int) (head, tail, sql string) {
	h := pickOf(g.Rand, hops()[relation])
	g.names++
	name := fmt.Sprintf("r%d", g.names)
	rows := "exists (select from " + fmt.Sprintf(h.rows, name, as)
	switch {
	case depth > 1 && len(hops()[h.to]) > 0 && g.IntN(4) == 0:
		head, tail, sql = g.related(h.to, name, depth-1)
		return h.name + "(" + head + ")", tail, rows + " and " + sql + ")"
	case depth > 1 && g.IntN(3) == 0:
		tree, sql := g.tree(h.to, name, depth-1)
		return h.name + "(" + tree + ")", "", rows + " and " + sql + ")"
	case g.IntN(5) == 0:
		return h.name + "()", "=is.null", "not " + rows + ")"
	}
	column := pickOf(g.Rand, integers()[h.to])
	operation, sql := g.operation()
	return h.name + "(" + column + ")", "=" + operation, rows + " and " + fmt.Sprintf(sql, name+"."+column) + ")"
}

// param returns a parameter of any form.
func (g *relatedGenerator) param(relation string) (url, sql string) {
	if g.IntN(2) == 0 {
		tree, sql := g.tree(relation, "t", 3)
		op, terms, _ := strings.Cut(tree, "(")
		return op + "=(" + terms, sql
	}
	for {
		head, tail, sql := g.related(relation, "t", 3)
		if tail != "" {
			return head + tail, sql
		}
		op, terms, ok := strings.Cut(strings.TrimSuffix(head, ")"), "(")
		for _, begin := range []string{"and(", "or(", "not.and(", "not.or("} {
			if ok && strings.HasPrefix(terms, begin) {
				return op + "(" + strings.TrimSuffix(begin, "(") + ")=" + strings.TrimPrefix(terms, strings.TrimSuffix(begin, "(")), sql
			}
		}
	}
}

func pickOf[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// relatedData adds rows to the fixture, so that there is something of everything to find.
const relatedData = `
	insert into api.films (id, title, year, director_id, studio_id)
	select i, 'film ' || i, case when i % 7 > 0 then 1950 + i % 40 end, nullif(i % 4, 0), nullif(i % 3, 0) from generate_series(6, 40) i;
	insert into api.actors select i, 'actor ' || i from generate_series(5, 12) i;
	insert into api.roles select f, a, 'role' from generate_series(5, 40) f, generate_series(1, 12) a where (f * a) % 11 < 2;
	insert into api.posters select i, '/', nullif(i % 9, 0) * 20 from generate_series(4, 40, 3) i;
	insert into api.categories select i, i / 3, 'c' from generate_series(5, 20) i;
	analyze`

// TestRelatedRows compares reads and their exact counts with SQL written by hand, over relationships of every kind.
func TestRelatedRows(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	if _, err := conn.Exec(t.Context(), relatedData); err != nil {
		t.Fatal(err)
	}
	found, roots := 0, []string{"directors", "films", "films", "studios", "actors", "categories", "film_view"}
	for seed := range uint64(600) {
		g := &relatedGenerator{Rand: rand.New(rand.NewPCG(1, seed))}
		relation := pickOf(g.Rand, roots)
		param, condition := g.param(relation)
		want := idsOf(t, conn, "select t.id::text from api."+relation+" t where "+condition)
		c := call{method: "GET", url: "/" + relation + "?select=id&" + param, headers: map[string][]string{"Prefer": {"count=exact"}}, extended: true}
		if g.IntN(2) == 0 {
			c.url += "&limit=1000" // so that the total is counted apart
		}
		columns := execute(t, conn, Main(c.plan(t), Options{}))
		if got := elements(t, bodyOf(columns)); !slices.Equal(got, want) {
			t.Errorf("%s\n%s\n got %v\nwant %v", c.url, condition, got, want)
		}
		if total := strings.Split(columns, "\n")[ColumnTotal]; total != fmt.Sprint(len(want)) {
			t.Errorf("%s: total %s, want %d", c.url, total, len(want))
		}
		if len(want) > 0 {
			found++
		}
		c.headers["Prefer"] = []string{"count=planned"}
		if r := run(t, conn, Explain(c.plan(t))); r.Err != nil {
			t.Errorf("%s: %v", c.url, r.Err)
		}
	}
	if found < 200 {
		t.Errorf("only %d filters found rows", found)
	}
}

// idsOf returns what elements makes of the ids that a query finds.
func idsOf(t *testing.T, conn *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	for i := range ids {
		ids[i] = `{"id":` + ids[i] + "}"
	}
	slices.Sort(ids)
	return ids
}
