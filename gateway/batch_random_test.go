package gateway

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

var batches = flag.Int("batches", 150, "how many random batches are compared with single requests")

// contents is everything in the tables.
const contents = `select jsonb_build_object(
	'plain', (select jsonb_agg(p order by id) from api.plain p), 'child', (select jsonb_agg(p order by id) from api.child p),
	'logged', (select jsonb_agg(p order by id) from api.logged p), 'owned', (select jsonb_agg(p order by id) from api.owned p),
	'tree', (select jsonb_agg(p order by id) from api.tree p), 'few', (select jsonb_agg(p order by id) from api.few p),
	'ruled', (select jsonb_agg(p order by id) from api.ruled p),
	'log', (select jsonb_agg(p order by what, path) from api.log p))::text`

// randomRun returns inserts of one row each into one table, most of which differ in nothing else.
func randomRun(r *rand.Rand, first int) (run []map[string]any) {
	columns := map[string][]string{
		"plain": {"n", "note"}, "child": {"plain_id", "n"}, "logged": {"n"}, "owned": {"n"}, "tree": {"parent", "n"},
		"few": {"note"}, "ruled": {"n", "note"},
	}
	table := []string{"plain", "child", "logged", "owned", "tree", "few", "ruled", "ruled", "plain"}[r.IntN(9)]
	path := "/" + table + []string{"", "", "", "?select=id", "?order=id.desc", "?columns=id,n", "?select=id&limit=1"}[r.IntN(7)]
	prefer := []string{
		"return=minimal", "return=representation", "return=representation", "return=headers-only", "missing=default",
		"return=representation, count=exact", "return=representation, resolution=ignore-duplicates",
	}[r.IntN(7)]
	id, keys := r.IntN(60), columns[table][:r.IntN(len(columns[table])+1)]
	for i := range 2 + r.IntN(5) {
		if id++; r.IntN(20) == 0 {
			id--
		}
		row := map[string]any{"id": id}
		for _, key := range keys {
			switch row[key] = r.IntN(92); key {
			case "note":
				row[key] = "n\u00e9,\"" + strings.Repeat("]", r.IntN(3))
			case "parent", "plain_id":
				row[key] = []any{nil, id, id - 1, id + 1, id - 1}[r.IntN(5)]
			}
		}
		if r.IntN(30) == 0 { // without that key
			delete(row, "n")
		}
		run = append(run, map[string]any{
			"id": fmt.Sprint("op", first+i), "method": "POST", "path": path, "body": row, "headers": map[string]string{"Prefer": prefer},
		})
	}
	return run
}

// randomOperation returns an operation, which may refer to earlier ones, and its id.
func randomOperation(r *rand.Rand, i int, ids []string) (op map[string]any, id string) {
	table := []string{"plain", "child", "logged", "owned"}[r.IntN(4)]
	id = fmt.Sprint("op", i)
	op = map[string]any{"id": id}
	key := any(r.IntN(12))
	filter := fmt.Sprint(key)
	if len(ids) > 0 && r.IntN(2) == 0 {
		of := ids[r.IntN(len(ids))]
		key, filter = map[string]string{"$ref": "/" + of + "/0/id"}, "{$ref:/"+of+"/0/id}"
	}
	prefer := []string{"return=minimal", "return=representation", "return=representation", "return=headers-only"}[r.IntN(4)]
	row := map[string]any{"id": key, "n": r.IntN(100)}
	if table == "child" && r.IntN(2) == 0 {
		row["plain_id"] = key
	}
	set := func(method, path string, body any) {
		op["method"], op["path"] = method, path
		if body != nil {
			op["body"] = body
		}
	}
	switch r.IntN(9) {
	case 0, 1, 2:
		set("POST", "/"+table, row)
		if r.IntN(3) > 0 {
			prefer += ", resolution=merge-duplicates"
		}
	case 3:
		set("PATCH", "/"+table+"?id=eq."+filter, map[string]any{"n": r.IntN(100)})
	case 4:
		set("DELETE", "/"+table+"?id=in.("+filter+",77)", nil)
	case 5:
		row["id"] = r.IntN(12)
		set("PUT", fmt.Sprintf("/%s?id=eq.%d", table, row["id"]), row)
	case 6:
		set("GET", "/"+table+"?select=*&order=id&or=(id.lt."+filter+",id.gt.5)", nil)
	case 7:
		set("GET", []string{"/rpc/total", "/log?select=what,role&order=what", "/plain?select=id,child(id)&order=id&child.order=id"}[r.IntN(3)], nil)
	default:
		set("POST", "/rpc/shift", map[string]any{"by": r.IntN(3)})
	}
	op["headers"] = map[string]string{"Prefer": prefer}
	return op, id
}

// TestBatchesAsSingleRequests compares random batches with the same requests one by one: what they answer, what is in the
// tables, and where they fail. A batch that fails has done nothing.
func TestBatchesAsSingleRequests(t *testing.T) {
	t.Run("plain", func(t *testing.T) { compareBatches(t, true, `db-pool = 1`) })
	t.Run("uncertain", func(t *testing.T) { compareBatches(t, false, `db-pool = 1`) })
	t.Run("pre-request", func(t *testing.T) {
		compareBatches(t, true, `db-pool = 1`, `db-pre-request = "internal.before"`)
	})
	t.Run("tags", func(t *testing.T) { compareBatches(t, true, `db-pool = 1`, `db-etag = "always"`) })
	t.Run("not prepared", func(t *testing.T) { compareBatches(t, true, `db-pool = 1`, `db-prepared-statements = false`) })
}

// compareBatches compares random batches with single requests, with a configuration. If it is certain that the snapshot
// is current, statements may be pure.
func compareBatches(t *testing.T, certain bool, changes ...string) {
	m, single := newMovingIn(t, []string{"batchable.sql"}, changes...), newMovingIn(t, []string{"batchable.sql"}, changes...)
	m.certain.Store(certain)
	single.certain.Store(certain)
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	succeeded, failures := 0, 0
	for range *batches / 5 {
		var operations []map[string]any
		var ids []string
		for n := 1 + r.IntN(7); len(operations) < n; {
			if r.IntN(6) == 0 {
				operations = append(operations, randomRun(r, len(operations))...)
				continue
			}
			op, id := randomOperation(r, len(operations), ids)
			operations, ids = append(operations, op), append(ids, id)
		}
		text, err := json.Marshal(operations)
		if err != nil {
			t.Fatal(err)
		}
		before := m.value(contents)
		got := m.batch(string(text))
		want, failed := single.oneByOne(operations)
		switch {
		case failed < 0:
			succeeded++
			if got.status != 200 || normal(t, got.body) != normal(t, want.body) {
				t.Fatalf("%s\ngot  %d %s\nwant %s", text, got.status, got.body, want.body)
			}
			if a, b := m.value(contents), single.value(contents); a != b {
				t.Fatalf("%s\nthe tables have\n%s\nwant\n%s", text, a, b)
			}
		default:
			failures++
			if got.status != want.status || got.body != want.body {
				t.Fatalf("%s\ngot  %d %s\nwant %d %s", text, got.status, got.body, want.status, want.body)
			}
			if a := m.value(contents); a != before {
				t.Fatalf("%s\nfailed, and the tables have\n%s\nwant\n%s", text, a, before)
			}
			single.restore(before)
		}
	}
	t.Log(succeeded, "succeeded,", failures, "failed")
	if succeeded == 0 || failures == 0 {
		t.Error("there must be both")
	}
}

// oneByOne sends operations as single requests until one fails. It returns what the batch has to answer.
func (m *moving) oneByOne(operations []map[string]any) (want sent, failed int) {
	m.t.Helper()
	bodies := make(map[string]string)
	var parts []string
	for i, op := range operations {
		body, path, problem := "", op["path"].(string), ""
		if op["body"] != nil {
			raw, _ := json.Marshal(op["body"])
			body = string(raw)
		}
		for id, answer := range bodies {
			value, ok := firstID(answer)
			if !ok && (strings.Contains(path, "/"+id+"/") || strings.Contains(body, "/"+id+"/")) {
				problem = id
			}
			path = strings.ReplaceAll(path, "{$ref:/"+id+"/0/id}", value)
			body = strings.ReplaceAll(body, `{"$ref":"/`+id+`/0/id"}`, value)
		}
		if problem != "" {
			reason := "The answer has no 'id' there."
			if bodies[problem] == "" {
				reason = "The answer has no body: Prefer: return=representation makes it return what was written."
			} else if !strings.HasPrefix(bodies[problem], "[{") {
				reason = "The answer has no '0' there."
			}
			return sent{status: 400, body: fmt.Sprintf(`{"code":"TRUNK400","details":%q,"hint":null,"message":`+
				`"The reference \"/%s/0/id\" has no value","operation":%d}`, reason, problem, i)}, i
		}
		status, header, answer := m.request(op["method"].(string), path, body, op["headers"].(map[string]string)["Prefer"])
		if status >= 400 {
			return sent{status: status, body: fmt.Sprintf(`%s,"operation":%d}`, strings.TrimSuffix(answer, "}"), i)}, i
		}
		bodies[op["id"].(string)] = answer
		if answer == "" {
			answer = "null"
		}
		parts = append(parts, fmt.Sprintf(`{"id":%q,"status":%d,"headers":%s,"body":%s}`, op["id"], status, header, answer))
	}
	return sent{status: 200, body: "[" + strings.Join(parts, ",\n ") + "]"}, -1
}

// normal returns the answer of a batch with the headers sorted, their names as Go writes them.
func normal(t *testing.T, body string) string {
	t.Helper()
	var answers []struct {
		ID      string
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
	if err := json.Unmarshal([]byte(body), &answers); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	for i := range answers {
		canonical := make(map[string]string)
		for name, value := range answers[i].Headers {
			canonical[http.CanonicalHeaderKey(name)] = value
		}
		answers[i].Headers = canonical
	}
	sorted, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}

// value returns what a query of the superuser returns.
func (m *moving) value(sql string) (value string) {
	m.t.Helper()
	if err := m.db.QueryRow(m.t.Context(), sql).Scan(&value); err != nil {
		m.t.Fatal(err)
	}
	return value
}

// restore makes contents what is in the tables.
func (m *moving) restore(contents string) {
	m.t.Helper()
	m.sql(`set session_replication_role = replica; truncate api.plain, api.child, api.logged, api.owned, api.log,
		api.tree, api.few, api.ruled`)
	for _, table := range []string{"plain", "child", "logged", "owned", "log", "tree", "few", "ruled"} {
		into, columns := table, "r.*"
		if table == "few" {
			into, columns = "few (id, note)", "r.id, r.note" // the other is generated
		}
		if _, err := m.db.Exec(m.t.Context(), "insert into api."+into+" select "+columns+" from jsonb_populate_recordset(null::api."+
			table+", nullif($1::jsonb -> '"+table+"', 'null')) r", contents); err != nil {
			m.t.Fatal(err)
		}
	}
	m.sql("reset session_replication_role")
}

// request sends a single request and returns the answer, with its headers as JSON.
func (m *moving) request(method, path, body, prefer string) (status int, header, answer string) {
	m.t.Helper()
	m.send(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: a\r\nUser-Agent: Go-http-client/1.1\r\nPrefer: %s\r\nContent-Length: %d\r\n\r\n%s",
		method, path, prefer, len(body), body))
	response, answer := m.receive(method)
	for _, name := range []string{"Content-Length", "Date", "Server", "Connection"} {
		response.Header.Del(name)
	}
	values := make(map[string]string)
	for name, all := range response.Header {
		values[name] = strings.Join(all, ", ")
	}
	text, err := json.Marshal(values)
	if err != nil {
		m.t.Fatal(err)
	}
	return response.StatusCode, string(text), answer
}

// firstID returns the id of the first row of an answer.
func firstID(body string) (string, bool) {
	var rows []struct{ ID json.Number }
	if json.Unmarshal([]byte(body), &rows) != nil || len(rows) == 0 || rows[0].ID == "" {
		return "", false
	}
	return rows[0].ID.String(), true
}
