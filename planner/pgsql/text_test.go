package pgsql

import (
	"math/rand/v2"
	"strings"
	"testing"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner"
	"trunkline/planner/request"
)

// TestTextDoesTheSame runs the printed text of random requests, of all kinds, beside the statements with parameters:
// their answers, or PostgreSQL's errors, must be equal.
func TestTextDoesTheSame(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	n := uint64(1500)
	if testing.Short() {
		n = 150
	}
	failed := 0
	for seed := range n {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 5)), value: sampleValue}
		c := g.request(seed)
		if p, ok := c.tryPlan(t); ok && printsTheSame(t, p, c, func(s Statement) string { return execute(t, conn, s) }) {
			failed++
		}
	}
	if uint64(failed) > n/4 {
		t.Errorf("%d of %d statements failed", failed, n)
	}
}

// TestTextOfEachKindOfValue does it for values that the generator does not make.
func TestTextOfEachKindOfValue(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for _, c := range []call{
		{method: "GET", url: "/films?order=year.desc,rating&limit=2&after="},
		{method: "GET", url: "/films?title=in.(%22a'b%22,%22c%5C%5Cd%22)&meta->a->0=is.null"},
		{method: "GET", url: `/directors?data->>it's=eq.\&data->0=eq."x"`},
		{method: "GET", url: "/films?plot=fts(english).a%26b&label=wfts.x'y&tags=ov.{a,\"b'c\"}"},
		{method: "GET", url: "/films?directors(name)=like.*a'\\*&or=(actors(id).gt.1,studios(id).eq.2)", extended: true},
		{method: "GET", url: "/films?title=like(any).{a'*,\\\\b}&shown=adj.[2020-01-01,2021-01-01)"},
		{method: "GET", url: "/films?select=year,n:count()&n=gt.0&order=:n", headers: map[string][]string{"Prefer": {"count=exact"}}, maxRows: 2},
		{method: "GET", url: "/rpc/total?n=1&n=2&n=3"},
		{method: "GET", url: "/rpc/fixed?c=a'b&b=101"},
		{method: "POST", url: "/rpc/whole_bytea", body: "a\x00'\\\xff", headers: map[string][]string{"Content-Type": {"application/octet-stream"}}},
		{method: "POST", url: "/rpc/whole_text", body: "a'\\\nb", headers: map[string][]string{"Content-Type": {"text/plain"}}},
		{method: "POST", url: "/rpc/whole_json", body: `{"a":"it's \\ \n"}`},
		{method: "POST", url: "/paints", body: "code,shade,name\nx,#010203,\"it's \\\"\n", headers: map[string][]string{"Content-Type": {"text/csv"}, "Prefer": {"return=representation"}}},
		{method: "POST", url: "/paints", body: `{"code":"y"}`, headers: map[string][]string{"Prefer": {"return=representation,missing=default"}}},
		{method: "POST", url: "/paints?columns=code,name,shade", body: `[{"code":"y"}]`, headers: map[string][]string{"Prefer": {"return=representation,missing=default"}}},
		{method: "POST", url: "/crates?columns=id,owner,doc", body: `[{"id":9,"owner":"o'\\"}]`, headers: map[string][]string{"Prefer": {"return=representation,missing=default"}}},
		{method: "PUT", url: "/paints?code=eq.z", body: `{"code":"z","name":"\\'"}`, headers: map[string][]string{"Prefer": {"return=representation"}}},
		{method: "POST", url: "/paints?on_conflict=code&on_conflict_where=name.neq.it's\\", body: `{"code":"z"}`, headers: map[string][]string{"Prefer": {"resolution=merge-duplicates"}}},
		{method: "PATCH", url: "/directors?id=gt.0", body: `{"data":{"a":null,"it's":{"\\":1}}}`, headers: map[string][]string{"Content-Type": {"application/merge-patch+json"}, "Prefer": {"return=representation"}}},
		{method: "PATCH", url: "/directors", body: `[{"id":1,"name":"\\'"}]`, headers: map[string][]string{"Prefer": {"params=multiple-objects,return=representation"}}},
		{method: "DELETE", url: "/roles?name=neq.it's\\", headers: map[string][]string{"Prefer": {"return=representation"}}},
		{method: "GET", url: "/films", headers: map[string][]string{"Accept": {"application/geo+json"}}},
		{method: "GET", url: "/films", headers: map[string][]string{"Accept": {"application/vnd.pgrst.plan; for=\"text/csv\""}}},
	} {
		p, ok := c.tryPlan(t)
		if !ok {
			t.Errorf("%s %s is refused", c.method, c.url)
			continue
		}
		printsTheSame(t, p, c, func(s Statement) string { return execute(t, conn, s) })
	}
}

// tryPlan plans a request that may be refused.
func (c call) tryPlan(t *testing.T) (*planner.Plan, bool) {
	t.Helper()
	o := &planner.Options{MaxRows: request.NoLimit, Aggregates: true, Plans: true, LegacyTargetNames: true, Extensions: c.extended}
	if c.maxRows > 0 {
		o.MaxRows = c.maxRows
	}
	p, err := planner.New(c.parse(t), snapshot(t), o)
	return p, err == nil
}

// printsTheSame compares a statement with its printed text, and reports whether PostgreSQL refuses both. It also has
// PostgreSQL examine the statement, which must not run it.
func printsTheSame(t *testing.T, p *planner.Plan, c call, run func(Statement) string) (refused bool) {
	t.Helper()
	s := Main(p, Options{})
	printed := string(AppendText(nil, p))
	want, got := run(s), run(Statement{SQL: printed, BinaryBody: s.BinaryBody, Rows: s.Rows})
	if strings.Contains(printed, "$1") || !strings.HasSuffix(printed, ";") {
		t.Errorf("%s %s: printed %s", c.method, c.url, printed)
	}
	if got != want {
		t.Errorf("%s %s\n%s\n got %s\nwant %s", c.method, c.url, printed, got, want)
	}
	if plan := run(Examine(p)); !strings.Contains(plan, "cost=") && plan != want {
		t.Errorf("%s %s: examined as %s", c.method, c.url, plan)
	}
	return len(want) > 6 && want[5] == ' ' && !strings.Contains(want, "\n")
}

// TestScript prints a transaction with all of its parts. A name cannot end its comment.
func TestScript(t *testing.T) {
	p := call{method: "DELETE", url: "/paints?code=eq.a'b"}.plan(t)
	script := Script{
		Session:    &Session{SearchPath: []string{`A"b`, "public"}, Role: "it's", Claims: []byte(`{"role":"it's"}`), ReadOnly: true},
		Hidden:     []string{"app.settings.a\n*/; DROP TABLE x; /*"},
		PreRequest: PreRequest(cache.QualifiedName{Schema: "api", Name: "check"}), Plan: p,
		Isolation: "repeatable read", Rollback: true,
	}
	want := "BEGIN ISOLATION LEVEL REPEATABLE READ;\n" +
		"/* not shown: app.settings.a???; DROP TABLE x; ?? */\n" +
		`SELECT pg_catalog.num_nulls(pg_catalog.set_config('search_path', '"A""b", "public"', true), ` +
		`pg_catalog.set_config('role', 'it''s', true), pg_catalog.set_config('request.jwt.claims', '{"role":"it''s"}', true), ` +
		"pg_catalog.set_config('transaction_read_only', 'on', true));\n" +
		"SELECT \"api\".\"check\"();\n" + string(AppendText(nil, p)) + "\nROLLBACK;\n"
	if got := script.Text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
