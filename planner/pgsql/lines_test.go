package pgsql

import (
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestLinesAreNotHeldBack checks the plans of lines without a count: the node that makes the rows must be the right
// side of the outermost join itself, so that each row passes as soon as it is there.
func TestLinesAreNotHeldBack(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for _, url := range []string{
		"/films", "/films?order=id", "/films?limit=5", "/film_view?order=id.desc", "/films?select=title,directors(name)",
		"/films?select=title,directors!inner(name)&directors.id=gt.0", "/directors?select=name,films(title,roles(name))",
		"/films?select=title,...directors(name)", "/films?select=count(),year", "/rpc/numbers?n=9",
		"/rpc/search?term=a&select=title,directors(name)",
	} {
		s := Main(parseCall(t, "GET "+url+"\nAccept: application/x-ndjson").plan(t), Options{})
		s.SQL, s.Rows = "EXPLAIN (COSTS OFF) "+s.SQL, OneRow
		var nodes []string
		for line := range strings.Lines(execute(t, conn, s)) {
			if node, ok := strings.CutPrefix(line, "  ->  "); ok || !strings.HasPrefix(line, " ") {
				nodes = append(nodes, strings.TrimSpace(node))
			}
		}
		if len(nodes) != 3 || nodes[0] != "Nested Loop Left Join" || nodes[1] != "Result" ||
			strings.HasPrefix(nodes[2], "Materialize") {
			t.Errorf("%s: the outermost nodes are %q", url, nodes)
		}
	}
}
