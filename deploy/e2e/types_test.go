package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
)

// typed are requests that mean the same whether the column code of api.coded is int, numeric or text.
func typed() []query {
	post := func(path, prefer, body string) query {
		return query{method: http.MethodPost, path: path, headers: map[string]string{"Prefer": prefer}, body: body}
	}
	const rows = "return=representation, tx=rollback"
	return []query{
		{path: "/coded?code=eq.7"},
		{path: "/coded?code=in.(7,8)&order=code"},
		{path: "/coded?code=gte.7"},
		{path: "/coded?code=not.is.null&select=code,id"},
		{path: "/coded?or=(code.eq.7,and(code.gt.8,id.lt.3))"},
		{path: "/coded?code=eq(any).{7,9}"},
		{path: "/coded?code=isdistinct.7"},
		{path: "/coded?select=code::text,id&code=eq.7"},
		{path: "/coded?select=id,uses(note)&code=eq.7&uses.order=note"},
		{path: "/uses?select=note,coded!inner(code)&coded.code=eq.7"},
		{path: "/coded?select=code,count()&order=code", headers: map[string]string{"Prefer": "count=exact"}},
		{path: "/coded?code=eq.7", headers: map[string]string{"Accept": "text/csv"}},
		{path: "/coded_view?code=eq.7"},
		post("/coded", rows, `{"id":100,"code":12}`),
		post("/coded?columns=id,code", rows, `[{"id":100,"code":12},{"id":101,"code":13}]`),
		post("/coded", rows+", resolution=merge-duplicates", `{"id":1,"code":12}`),
		{
			method: http.MethodPost, path: "/coded", body: "id,code\n100,12\n",
			headers: map[string]string{"Prefer": rows, "Content-Type": "text/csv"},
		},
		{
			method: http.MethodPatch, path: "/coded?code=eq.7", body: `{"code":7}`,
			headers: map[string]string{"Prefer": rows},
		},
		{
			method: http.MethodPut, path: "/coded?id=eq.1", body: `{"id":1,"code":7}`,
			headers: map[string]string{"Prefer": rows},
		},
		{method: http.MethodDelete, path: "/coded?code=eq.9", headers: map[string]string{"Prefer": "tx=rollback"}},
		{path: "/rpc/coded_like?code=7"},
		post("/rpc/coded_like", "", `{"code":7}`),
	}
}

// TestTypesChangeUnderLoad alters the type of a column back and forth under clients whose requests are valid for each
// of the types: none is refused.
func TestTypesChangeUnderLoad(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	if got := run(t, []string{"PGRST_DB_URI=" + dsn}, "--watch-ddl", "install"); got.code != 0 {
		t.Fatalf("install: %+v", got)
	}
	execute(t, conn, `
		CREATE TABLE api.coded (id int PRIMARY KEY, code int);
		INSERT INTO api.coded VALUES (1, 7), (2, 8), (3, 9);
		CREATE TABLE api.uses (note text, coded_id int REFERENCES api.coded);
		INSERT INTO api.uses VALUES ('a', 1), ('b', 1), ('c', 2);
		CREATE VIEW api.coded_view AS SELECT id, code FROM api.coded;
		CREATE FUNCTION api.coded_like(code int) RETURNS boolean LANGUAGE sql STABLE RETURN code = 7;
		GRANT ALL ON api.coded, api.uses, api.coded_view TO e2e_anon;`)
	g := start(t, dsn, "PGRST_DB_TX_END=commit-allow-override", "PGRST_DB_AGGREGATES_ENABLED=true")
	g.settle()
	refused := refusals{seen: map[string]int{}}
	done := make(chan struct{})
	var clients sync.WaitGroup
	var asked [4]atomic.Int64
	for client := range asked {
		clients.Go(func() {
			for i := client; ; i++ {
				select {
				case <-done:
					return
				default:
					refused.ask(g, typed()[i%len(typed())])
					asked[client].Add(1)
				}
			}
		})
	}
	types := []string{"text", "numeric", "int"}
	for i := range 60 {
		kind := types[i%len(types)]
		execute(t, conn, fmt.Sprintf(`BEGIN;
			DROP VIEW api.coded_view;
			DROP FUNCTION api.coded_like;
			ALTER TABLE api.coded ALTER code TYPE %[1]s USING code::text::%[1]s;
			CREATE VIEW api.coded_view AS SELECT id, code FROM api.coded;
			CREATE FUNCTION api.coded_like(code %[1]s) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT code::text = ''7''';
			GRANT ALL ON api.coded_view TO e2e_anon;
			COMMIT`, kind))
		// Each request meets a few changes at most, however slow the machine is.
		for client := range asked {
			enough := asked[client].Load() + int64(1+i%4)
			g.eventually("requests go on", func() bool { return asked[client].Load() >= enough })
		}
	}
	close(done)
	clients.Wait()
	refused.report(t)
}

// refusals counts what was asked, and what was refused of it.
type refusals struct {
	mu    sync.Mutex
	total int
	seen  map[string]int
	slow  time.Duration
}

func (r *refusals) ask(g *gateway, q query) {
	began := time.Now()
	a, err := g.ask(q)
	took := time.Since(began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total++
	r.slow = max(r.slow, took)
	switch {
	case err != nil:
		r.seen[err.Error()]++
	case a.status >= 300:
		r.seen[fmt.Sprintf("%s %s: %v", q.method, q.path, a)]++
	}
}

func (r *refusals) report(t *testing.T) {
	t.Helper()
	refused := 0
	for _, what := range slices.Sorted(maps.Keys(r.seen)) {
		t.Errorf("%d times %s", r.seen[what], strings.TrimSpace(what))
		refused += r.seen[what]
	}
	t.Logf("%d of %d requests were refused; the slowest took %v", refused, r.total, r.slow)
}
