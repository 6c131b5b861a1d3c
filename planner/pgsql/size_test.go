package pgsql

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"trunkline/planner/request"
)

// TestRelations compares the number of relations that is expected to be in a statement with those in its text. For
// random requests it must not be too small.
func TestRelations(t *testing.T) {
	tested := 0
	for seed := range uint64(2000) {
		g := &totalsGenerator{Rand: rand.New(rand.NewPCG(5, seed))}
		var params []string
		items := g.embeds(&params, "films", "", 3)
		c := call{method: "GET", url: "/films?select=id," + strings.Join(items, ",") + "&limit=5&" + strings.Join(params, "&")}
		if g.IntN(2) == 0 {
			c.headers = map[string][]string{"Prefer": {"count=exact"}}
		}
		switch alias, _, named := strings.Cut(items[0], ":"); {
		case g.IntN(2) == 0:
		case named && !strings.HasPrefix(alias, "...") && g.IntN(2) == 0:
			c.url, c.extended = c.url+"&order="+alias+"(id)", true
		default:
			c.url += "&order=id"
		}
		if g.IntN(4) == 0 { // its conditions at the top level are written for the write, and not for the answer
			c.method, c.headers = "DELETE", map[string][]string{"Prefer": {"return=representation"}}
		}
		p := c.plan(t)
		expected, sql := Relations(p), Main(p, Options{})
		if expected == 0 {
			continue
		}
		tested++
		functions := strings.Count(sql.SQL, `FROM "api"."same_year"`) + strings.Count(sql.SQL, `FROM "api"."debut"`)
		if found := strings.Count(sql.SQL, `FROM "api"."`); expected < found || expected > found+found/2+functions {
			t.Errorf("%s: expected %d, found %d in %s", c.url, expected, found, sql.SQL)
		}
	}
	if tested < 500 {
		t.Errorf("only %d requests have conditions on embeds", tested)
	}
}

// manyRelations is the default of url-max-relations.
const manyRelations = 1000

// nested returns a URL with embeds in each other, each of which is tested in several conditions.
func nested(depth int, embed string, tests ...string) string {
	list, params, path := "id", "", ""
	for range depth {
		list = "id,a:" + embed + "(" + list + ")"
		for _, test := range tests {
			params += "&" + path + test
		}
		path += "a."
	}
	return "/categories?limit=1&select=" + list + params
}

// TestStatementsThatWouldBeImmense has requests with a few conditions for which statements would be exponential.
func TestStatementsThatWouldBeImmense(t *testing.T) {
	for _, url := range []string{
		nested(30, "categories", "or=(a.is.null,a.not.is.null)"),
		nested(30, "categories", "a=is.null", "a=is.null", "order=id"),
		nested(30, "categories", "a(id)=gt.0", "a(id)=gt.1"),
		nested(30, "categories!inner", "or=(a(id).gt.1,a(id).lt.0)"),
		nested(30, "categories!inner", "order=a(id)", "a.limit=1", "a.offset=1"),
		nested(30, `"parent_id"!inner`, "order=a(name)", "a.offset=1"),
	} {
		c := call{method: "GET", url: url, extended: true, headers: map[string][]string{"Prefer": {"count=exact"}}}
		for _, c.method = range []string{"GET", "DELETE"} {
			if c.method == "DELETE" && strings.Contains(url, "offset") { // which writes ignore
				continue
			}
			if n := Relations(c.plan(t)); n <= manyRelations {
				t.Errorf("%s %s: %d relations", c.method, url, n)
			}
		}
	}
	for _, embed := range []string{"categories!inner", `"parent_id"!inner`} { // where a test does not need to ask
		c := call{method: "GET", url: nested(30, embed, "a=not.is.null", "a=not.is.null", "order=id")}
		if n := Relations(c.plan(t)); n == 0 || n > manyRelations {
			t.Errorf("%s: %d relations", c.url, n)
		}
	}
	for _, url := range largest(request.Limits{Depth: 32, Filters: 2000, Embeds: 100, Columns: 1000}) {
		if n := Relations(call{method: "GET", url: url, headers: map[string][]string{"Prefer": {"count=exact"}}}.plan(t)); n > manyRelations {
			t.Errorf("%s: %d relations", fmt.Sprintf("%.200s", url), n)
		}
	}
}
