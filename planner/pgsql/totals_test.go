package pgsql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner/request"
)

// totalsGenerator makes reads whose embeds restrict their parents: inner ones, and tests for their rows, with windows,
// groups and conditions on groups.
type totalsGenerator struct {
	*rand.Rand
	names int
}

// embeds returns items of a select list for rows of a relation at path, and appends their parameters to params.
func (g *totalsGenerator) embeds(params *[]string, relation, path string, depth int) []string {
	var items, used []string
	for range 1 + g.IntN(2) {
		h := pickOf(g.Rand, hops()[relation])
		called, _, _ := strings.Cut(h.name, "!") // which a path might refer to
		if slices.Contains(used, called) {
			continue
		}
		used = append(used, called)
		g.names++
		name := fmt.Sprintf("e%d", g.names)
		list, column := "id", pickOf(g.Rand, integers()[h.to])
		if h.to == "roles" || h.to == "posters" {
			list = "film_id"
		}
		list = fmt.Sprintf("i%d:%s", g.names, list)
		item, spread := name+":"+h.name, g.IntN(4) == 0 && !strings.Contains(h.name, `"`)
		if spread {
			item = "..." + h.name
			name = called
		}
		at := path + name + "."
		switch {
		case spread:
		case g.IntN(3) == 0:
			list = pickOf(g.Rand, []string{"n:count()", "n:count()," + column, "n:" + column + ".max()," + column})
			if g.IntN(2) == 0 {
				*params = append(*params, at+"n="+pickOf(g.Rand, []string{"gt.0", "gt.1", "is.null", "lt.1000"}))
			}
		case g.IntN(4) == 0:
			list = ""
		}
		if depth > 0 && len(hops()[h.to]) > 0 && g.IntN(2) == 0 {
			nested := g.embeds(params, h.to, at, depth-1)
			list = strings.TrimPrefix(list+","+strings.Join(nested, ","), ",")
		}
		g.window(params, at)
		if g.IntN(3) == 0 {
			operation, _ := g.operation()
			*params = append(*params, at+column+"="+operation)
		}
		if !spread && g.IntN(4) == 0 {
			*params = append(*params, g.test(path, name))
		}
		items = append(items, item+pickOf(g.Rand, []string{"!inner", "!inner", ""})+"("+list+")")
	}
	return items
}

func (g *totalsGenerator) operation() (url, sql string) {
	related := relatedGenerator{Rand: g.Rand}
	return related.operation()
}

// test returns a condition on whether an embed at path has rows.
func (g *totalsGenerator) test(path, name string) string {
	test := pickOf(g.Rand, []string{"is.null", "not.is.null"})
	if g.IntN(3) == 0 {
		return path + pickOf(g.Rand, []string{"or=(", "not.and=("}) + name + "." + test + ",id.eq.1)"
	}
	return path + name + "=" + test
}

func (g *totalsGenerator) window(params *[]string, at string) {
	if g.IntN(2) == 0 {
		return
	}
	limit := g.IntN(4)
	if limit < 3 {
		*params = append(*params, fmt.Sprintf("%slimit=%d", at, limit))
	}
	if limit > 0 {
		*params = append(*params, fmt.Sprintf("%soffset=%d", at, pickOf(g.Rand, []int{0, 1, 2, 5})))
	}
}

// TestTotals compares the total that a page has with the number of rows that are read without the window of the page.
// Whether embeds are joined, subqueries or conditions must not matter.
func TestTotals(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	if _, err := conn.Exec(t.Context(), relatedData); err != nil {
		t.Fatal(err)
	}
	n, restricted := uint64(800), 0
	if testing.Short() {
		n = 200
	}
	for seed := range n {
		g := &totalsGenerator{Rand: rand.New(rand.NewPCG(3, seed))}
		relation := pickOf(g.Rand, []string{"directors", "films", "films", "studios", "actors", "categories", "film_view"})
		var params []string
		items := g.embeds(&params, relation, "", 2)
		c := call{method: "GET", headers: map[string][]string{"Prefer": {"count=exact"}}}
		c.url = "/" + relation + "?select=root:id," + strings.Join(items, ",") + "&limit=1000&" + strings.Join(params, "&")
		if g.IntN(3) == 0 {
			c.url += "&order=id"
		}
		p := c.plan(t)
		paged := execute(t, conn, Main(p, Options{}))
		p.Range, p.Read.Range = request.AllRows, request.AllRows
		all := bodyOf(execute(t, conn, Main(p, Options{})))
		if !strings.HasPrefix(all, "[") {
			t.Errorf("%s: %s", c.url, all)
			continue
		}
		rows := len(elements(t, all))
		if total := strings.Split(paged, "\n")[ColumnTotal]; total != fmt.Sprint(rows) {
			t.Errorf("%s: total %s, want %d", c.url, total, rows)
		}
		if rows > 0 {
			restricted++
		}
	}
	if restricted < int(n)/4 {
		t.Errorf("only %d of %d requests found rows", restricted, n)
	}
}
