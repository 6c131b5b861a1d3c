package gateway

import (
	"fmt"
	"strings"
	"testing"
)

// TestBatchOfRows looks at which inserts of a batch are executed as one statement: what a statement writes has the same
// command identifier in cmin.
func TestBatchOfRows(t *testing.T) {
	m := newMovingIn(t, []string{"batchable.sql"})
	m.sql(`create table api.parted (id int, n int) partition by range (id); create table api.part partition of api.parted default;
		grant all on all tables in schema api to visitor`)
	m.load()
	m.certain.Store(true)
	rows := func(path, prefer string, bodies ...string) string {
		var operations []string
		for _, body := range bodies {
			operations = append(operations, fmt.Sprintf(`{"method":"POST","path":%q,"headers":{"Prefer":%q},"body":%s}`, path, prefer, body))
		}
		return "[" + strings.Join(operations, ",") + "]"
	}
	const a, b, c = `{"id":1,"n":1}`, ` {"id":2,"n":2} `, `{"n":3, "id":3}`
	for name, test := range map[string]struct {
		table, batch string
		statements   int
	}{
		"minimal":             {"plain", rows("/plain", "", a, b, c), 1},
		"representation":      {"plain", rows("/plain?select=n,id", "return=representation", a, b, c), 1},
		"stripped":            {"plain", rows("/plain", "return=representation", a, b, c), 1},
		"policy":              {"ruled", rows("/ruled", "", a, b, c), 1},
		"foreign key":         {"child", rows("/child", "", a, b, c), 1},
		"partitioned":         {"parted", rows("/parted", "", a, b, c), 3},
		"other keys":          {"plain", rows("/plain", "", a, b, `{"id":3}`), 3},
		"columns":             {"plain", rows("/plain?columns=id", "", a, b, `{"id":3}`), 1},
		"not only objects":    {"plain", rows("/plain", "", a, "["+b+"]", c), 3},
		"location":            {"plain", rows("/plain", "return=headers-only", a, b, c), 3},
		"count":               {"plain", rows("/plain", "count=exact", a, b, c), 3},
		"limit":               {"plain", rows("/plain?limit=1", "return=representation", a, b, c), 1},
		"order":               {"plain", rows("/plain?order=id.desc", "return=representation", a, b, c), 3},
		"filter":              {"plain", rows("/plain?id=gt.1", "return=representation", a, b, c), 1},
		"embed":               {"child", rows("/child?select=id,plain(id)", "return=representation", a, b, c), 3},
		"duplicates":          {"plain", rows("/plain", "resolution=merge-duplicates", a, b, c), 3},
		"default":             {"ruled", rows("/ruled", "missing=default", a, b, c), 1},
		"trigger":             {"logged", rows("/logged", "", a, b, c), 3},
		"policy that looks":   {"few", rows("/few", "", `{"id":1}`, `{"id":2}`, `{"id":3}`), 3},
		"key to itself":       {"tree", rows("/tree", "", `{"id":1}`, `{"id":2}`, `{"id":3}`), 3},
		"single object":       {"plain", strings.ReplaceAll(rows("/plain", "return=representation", a, b, c), `"Prefer"`, `"Accept":"application/vnd.pgrst.object+json","Prefer"`), 3},
		"something between":   {"plain", strings.Replace(rows("/plain", "", a, b, c), `{"id":2`, `[{"id":2`, 1), 0},
		"another as the last": {"plain", strings.Replace(rows("/plain", "", a, b, c), `"id":3`, `"id":1`, 1), 0},
	} {
		t.Run(name, func(t *testing.T) {
			m.sql("truncate api.plain, api.child, api.logged, api.few, api.tree, api.ruled, api.parted")
			s := m.batch(test.batch)
			if test.statements == 0 {
				if s.status < 400 || m.value("select count(*)::text from api."+test.table) != "0" {
					t.Error(s)
				}
				return
			}
			got := m.value("select concat(count(*), ' rows by ', count(distinct cmin::text)) from api." + test.table)
			if want := fmt.Sprint("3 rows by ", test.statements); s.status != 200 || got != want {
				t.Errorf("%s, want %s: %v", got, want, s)
			}
		})
	}
}

// The first operation that fails is the one that is told, even if the database refuses a later one before the answer of
// the first is looked at.
func TestFirstFailureOfBatch(t *testing.T) {
	for _, keyed := range [][]string{nil, {"Idempotency-Key: k"}} {
		m := newMovingIn(t, []string{"batch.sql", installFile}, "db-idempotency = true")
		const none = `{"method": "GET", "path": "/orders?id=eq.-1", "headers": {"Accept": "application/vnd.pgrst.object+json"}}`
		const teapot = `{"method": "POST", "path": "/rpc/teapot"}`
		const bad = `{"method": "POST", "path": "/items", "body": {"sku": "bad"}}`
		const good = `{"method": "POST", "path": "/orders", "body": {"note": "n"}}`
		for batch, want := range map[string]string{
			"[" + good + "," + none + "," + bad + "]":   `406 "operation":1`,
			"[" + good + "," + teapot + "," + bad + "]": `418 "operation":1`,
			"[" + good + "," + bad + "," + none + "]":   `400 "operation":1`,
			"[" + bad + "," + none + "]":                `400 "operation":0`,
		} {
			s := m.batch(batch, keyed...)
			if got := fmt.Sprintf(`%d "operation":%s`, s.status, s.header.Get("Trunkline-Operation")); got != want || !strings.Contains(s.body, want[4:]) {
				t.Errorf("%s: %d %s, want %s", batch, s.status, s.body, want)
			}
		}
		// Whether to repeat a batch is told first.
		m.sql(`create or replace function api.fails() returns text language plpgsql as $$ begin raise 'no' using errcode = '40001'; end $$`)
		if s := m.batch("["+none+`, {"method": "POST", "path": "/rpc/fails"}]`, keyed...); !strings.HasPrefix(s.body, `{"code":"40001"`) {
			t.Error(s)
		}
	}
}

// Lines of JSON are a string, whatever their number is.
func TestBatchedLines(t *testing.T) {
	m := newMovingIn(t, []string{"batch.sql"})
	for n, want := range []string{`null`, `"{\"note\":\"0\"}\n"`, `"{\"note\":\"0\"}\n{\"note\":\"1\"}\n"`} {
		s := m.batch(`[{"method": "GET", "path": "/orders?select=note&order=id", "headers": {"Accept": "application/x-ndjson"}}]`)
		if s.status != 200 || !strings.HasSuffix(s.body, `"body":`+want+`}]`) {
			t.Errorf("%d rows: %s", n, s.body)
		}
		m.sql(fmt.Sprintf("insert into api.orders (note) values ('%d')", n))
	}
}
