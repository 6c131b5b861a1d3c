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
