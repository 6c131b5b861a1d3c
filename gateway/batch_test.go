package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"trunkline/cache"
	"trunkline/gateway/openapi"
)

// batchDatabase returns a fixture with tables, functions and policies for batches.
func batchDatabase(t *testing.T) *moving {
	m := newMovingIn(t, []string{"batch.sql"})
	return m
}

// sent is the answer of a batch.
type sent struct {
	status int
	header http.Header
	body   string
}

// batch sends a batch.
func (m *moving) batch(body string, headers ...string) sent {
	m.t.Helper()
	m.pass()
	defer m.pass()
	request, err := http.NewRequest(http.MethodPost, "http://"+m.conn.RemoteAddr().String()+"/", strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	request.Header.Set("Content-Type", openapi.BatchType)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Add(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	if !json.Valid(content) {
		m.t.Errorf("not JSON: %s", content)
	}
	return sent{response.StatusCode, response.Header, string(content)}
}

// wants fails the test unless the answer has a status and a body.
func (s sent) wants(t *testing.T, status int, body string) {
	t.Helper()
	if s.status != status || s.body != body {
		t.Errorf("got %d %s\nwant %d %s", s.status, s.body, status, body)
	}
}

func TestBatch(t *testing.T) {
	m := batchDatabase(t)
	s := m.batch(`[
		{"id": "new", "method": "POST", "path": "/orders?select=id,note", "headers": {"Prefer": "return=representation"}, "body": {"note": "a"}},
		{"method": "POST", "path": "/items", "body": [{"order_id": {"$ref": "/new/0/id"}, "sku": "x"}, {"order_id": {"$ref": "/new/0/id"}, "sku": "y"}]},
		{"method": "PATCH", "path": "/orders?id=eq.{$ref:/new/0/id}", "headers": {"Prefer": "return=representation"}, "body": {"note": "b"}},
		{"method": "GET", "path": "/items?select=sku&order_id=in.({$ref:/new/0/id})&order=sku"},
		{"method": "GET", "path": "/items?select=sku", "headers": {"Accept": "text/csv"}}
	]`)
	s.wants(t, 200, `[{"id":"new","status":201,"headers":{"Content-Type":"application/json; charset=utf-8","Content-Range":"*/*","Preference-Applied":"return=representation","Vary":"Accept, Prefer, Range"},"body":[{"id":1,"note":"a"}]},
 {"status":201,"headers":{"Content-Range":"*/*","Vary":"Accept, Prefer, Range"},"body":null},
 {"status":200,"headers":{"Content-Type":"application/json; charset=utf-8","Content-Range":"0-0/*","Preference-Applied":"return=representation","Vary":"Accept, Prefer, Range"},"body":[{"id":1,"note":"b"}]},
 {"status":200,"headers":{"Content-Type":"application/json; charset=utf-8","Content-Range":"0-1/*","Content-Location":"/items?order=sku&order_id=in.%281%29&select=sku","Vary":"Accept, Prefer, Range"},"body":[{"sku":"x"}, 
 {"sku":"y"}]},
 {"status":200,"headers":{"Content-Type":"text/csv; charset=utf-8","Content-Range":"0-1/*","Content-Location":"/items?select=sku","Vary":"Accept, Prefer, Range"},"body":"sku\nx\ny"}]`)
}

// A batch that fails anywhere does nothing, and says which operation it was.
func TestBatchFails(t *testing.T) {
	m := batchDatabase(t)
	good := `{"method": "POST", "path": "/orders", "body": {"note": "n"}}`
	for name, c := range map[string]struct {
		bad    string
		status int
		code   string
	}{
		"constraint":           {`{"method": "POST", "path": "/items", "body": {"sku": "bad"}}`, 400, "23514"},
		"unknown table":        {`{"method": "GET", "path": "/nothing"}`, 404, "PGRST205"},
		"not singular":         {`{"method": "GET", "path": "/orders?id=eq.-1", "headers": {"Accept": "application/vnd.pgrst.object+json"}}`, 406, "PGRST116"},
		"too many":             {`{"method": "DELETE", "path": "/orders", "headers": {"Prefer": "handling=strict, max-affected=0"}}`, 400, "PGRST124"},
		"raised":               {`{"method": "POST", "path": "/rpc/fails"}`, 409, "PT409"},
		"status":               {`{"method": "POST", "path": "/rpc/teapot"}`, 418, "TRUNK418"},
		"range":                {`{"method": "GET", "path": "/orders?offset=1000", "headers": {"Prefer": "count=exact"}}`, 416, "PGRST103"},
		"root":                 {`{"method": "GET", "path": "/"}`, 400, "TRUNK400"},
		"options":              {`{"method": "OPTIONS", "path": "/orders"}`, 400, "TRUNK400"},
		"token":                {`{"method": "GET", "path": "/orders", "headers": {"Authorization": "Bearer x"}}`, 400, "TRUNK400"},
		"header":               {`{"method": "GET", "path": "/orders", "headers": {"X-A": "b\r\nPrefer: c"}}`, 400, "TRUNK400"},
		"transaction":          {`{"method": "GET", "path": "/orders", "headers": {"Prefer": "timezone=UTC"}}`, 400, "TRUNK400"},
		"unknown key":          {`{"method": "GET", "path": "/orders", "what": 1}`, 400, "TRUNK400"},
		"no reference":         {`{"method": "GET", "path": "/orders?id=eq.{$ref:/nobody/0}"}`, 400, "TRUNK400"},
		"reference in select":  {`{"method": "GET", "path": "/orders?select={$ref:/a/0/id}"}`, 400, "TRUNK400"},
		"reference to nothing": {`{"method": "GET", "path": "/orders?id=eq.{$ref:/a/7/id}"}`, 400, "TRUNK400"},
		"reference after is":   {`{"method": "GET", "path": "/orders?id=is.{$ref:/a/0/id}"}`, 400, "TRUNK400"},
		"reference as a list":  {`{"method": "GET", "path": "/orders?id=in.{$ref:/a/0/id}"}`, 400, "TRUNK400"},
		"reference in or":      {`{"method": "GET", "path": "/orders?or=({$ref:/a/0/id})"}`, 400, "TRUNK400"},
		"reference as filter":  {`{"method": "GET", "path": "/orders?id={$ref:/a/0/id}"}`, 400, "TRUNK400"},
	} {
		t.Run(name, func(t *testing.T) {
			first := `{"id": "a", "method": "POST", "path": "/orders", "headers": {"Prefer": "return=representation"}, "body": {"note": "m"}}`
			for at := 1; at <= 3; at++ {
				operations := []string{first, good, good}
				operations[1], operations[2] = strings.Replace(good, `"n"`, `"o"`, 1), strings.Replace(good, `"n"`, `"p"`, 1)
				operations = append(operations[:at], append([]string{c.bad}, operations[at:]...)...)
				s := m.batch("[" + strings.Join(operations, ",") + "]")
				var e struct {
					Code      string
					Operation int
				}
				if err := json.Unmarshal([]byte(s.body), &e); err != nil {
					t.Fatal(s.body, err)
				}
				if s.status != c.status || e.Code != c.code || e.Operation != at || s.header.Get("Trunkline-Operation") != fmt.Sprint(at) {
					t.Errorf("at %d: got %d %s", at, s.status, s.body)
				}
			}
			m.expect(http.MethodGet, "/orders", "", 200, "[]", 0)
		})
	}
}

// What an operation sets does not reach the next one, and what the client sends with the batch reaches all.
func TestBatchedOperationsAreApart(t *testing.T) {
	m := batchDatabase(t)
	s := m.batch(`[
		{"method": "GET", "path": "/rpc/tenant"},
		{"method": "POST", "path": "/rpc/leave", "body": {"what": "acme"}},
		{"method": "GET", "path": "/rpc/tenant"},
		{"method": "GET", "path": "/rpc/path"},
		{"method": "POST", "path": "/rpc/tenant"}
	]`)
	var answers []struct {
		Status  int
		Headers map[string]string
		Body    string
	}
	if err := json.Unmarshal([]byte(s.body), &answers); err != nil || s.status != 200 {
		t.Fatal(s.status, s.body)
	}
	for i, want := range []string{"none", "acme", "none", "/rpc/path", "none"} {
		if answers[i].Body != want || answers[i].Headers["X-Left"] != "" != (i == 1) {
			t.Errorf("%d: %v, want %s", i, answers[i], want)
		}
	}
}

// TestBatchedHeaders has a function set headers that occur twice.
func TestBatchedHeaders(t *testing.T) {
	m := batchDatabase(t)
	m.sql(`create function api.cookies() returns text language plpgsql as $$ begin
		perform set_config('response.headers', '[{"Set-Cookie":"a=1"},{"Set-Cookie":"b=2, 3"},{"X-A":"1"},{"X-A":"2"}]', true);
		return ''; end $$`)
	m.load()
	s := m.batch(`[{"method": "POST", "path": "/rpc/cookies"}]`)
	if s.status != 200 || !strings.Contains(s.body, `"Set-Cookie":["a=1","b=2, 3"],`) || !strings.Contains(s.body, `"X-A":"1, 2"`) {
		t.Error(s)
	}
}

// A reference to a body that is not JSON stands for the string that the answer of the batch has, whatever its text is.
func TestReferencesToText(t *testing.T) {
	m := batchDatabase(t)
	m.sql(`create domain api."text/plain" as text; create domain api."image/png" as bytea;
		create function api.text(value text) returns api."text/plain" immutable language sql as 'select value';
		create function api.image() returns api."image/png" immutable language sql as $$ select '\x89504e47'::bytea $$;
		create function api.repeats(value json) returns json immutable language sql as 'select value';
		create function api.says(value text) returns json immutable language sql as 'select to_json(value)'`)
	m.load()
	for _, text := range []string{"plain", "null", "7", `null, "id": 9`, `"quoted"`, "{}", "[1", `\`, "a,b)"} {
		s := m.batch(fmt.Sprintf(`[
			{"id": "a", "method": "GET", "path": "/rpc/text?value=%s", "headers": {"Accept": "text/plain"}},
			{"id": "b", "method": "GET", "path": "/rpc/image", "headers": {"Accept": "image/png"}},
			{"method": "POST", "path": "/rpc/repeats", "body": {"value": [{"$ref": "/a"}, {"$ref": "/b"}]}},
			{"method": "GET", "path": "/rpc/says?value={$ref:/a}"}]`, url.QueryEscape(text)))
		var answers []struct{ Body any }
		if err := json.Unmarshal([]byte(s.body), &answers); err != nil || s.status != 200 {
			t.Errorf("%s: %v", text, s)
		} else if got := fmt.Sprintf("%q", []any{answers[2].Body, answers[3].Body}); got != fmt.Sprintf("%q", []any{[]any{text, "iVBORw=="}, text}) {
			t.Errorf("%s: got %s", text, got)
		}
	}
}

// What looks like a reference is data if it is escaped, also beside a reference.
func TestEscapedReferences(t *testing.T) {
	m := batchDatabase(t)
	m.sql(`create function api.repeats(value json) returns json immutable language sql as 'select value';
		create function api.says(value text) returns json immutable language sql as 'select to_json(value)'`)
	m.load()
	s := m.batch(`[{"id": "a", "method": "POST", "path": "/rpc/repeats", "body": {"value": {"n": 1}}},
		{"method": "POST", "path": "/rpc/repeats", "body": {"value": [{"$ref": "/a/n"}, {"\u0024ref": "/a/n"}, {"\"$ref": "/a/n"}]}},
		{"method": "GET", "path": "/rpc/says?value=%7B%24ref:/a/n%7D"}]`)
	if s.status != 200 || !strings.Contains(s.body, `"body":[1, {"\u0024ref": "/a/n"}, {"\"$ref": "/a/n"}]`) ||
		!strings.HasSuffix(s.body, `"body":"{$ref:/a/n}"}]`) {
		t.Error(s)
	}
}

// Bodies that are not one JSON text are strings, whatever their type says.
func TestBatchedBodies(t *testing.T) {
	m := batchDatabase(t)
	s := m.batch(`[{"method": "POST", "path": "/orders", "body": [{"note": "a"}, {"note": "b"}]},
		{"method": "GET", "path": "/orders?select=note&order=id", "headers": {"Accept": "application/x-ndjson"}},
		{"method": "HEAD", "path": "/orders"}, {"method": "POST", "path": "/rpc/emptied"}]`)
	var answers []struct{ Body any }
	if err := json.Unmarshal([]byte(s.body), &answers); err != nil || s.status != 200 {
		t.Fatal(s, err)
	}
	if answers[1].Body != "{\"note\":\"a\"}\n{\"note\":\"b\"}\n" || answers[2].Body != nil ||
		answers[3].Body != nil {
		t.Errorf("%q", answers)
	}
}

func TestBatchPreferences(t *testing.T) {
	m := batchDatabase(t)
	write := `[{"method": "POST", "path": "/orders?select=note", "headers": {"Prefer": "return=representation"}, "body": {"note": "n"}},
		{"method": "POST", "path": "/rpc/shown"}]`
	m.sql(`create function api.shown() returns text language sql as
		$$ select current_setting('transaction_isolation') || ' ' || current_setting('timezone') $$`)
	m.load()
	for prefer, want := range map[string]string{
		"tx=rollback, isolation=serializable":                         "serializable",
		"tx=rollback, isolation=repeatable-read, timezone=Asia/Tokyo": "repeatable read Asia/Tokyo",
		"tx=rollback":                     "read committed",
		"tx=rollback, isolation=nonsense": "read committed",
	} {
		s := m.batch(write, "Prefer: "+prefer)
		if s.status != 200 || !strings.Contains(s.body, `"body":"`+want) {
			t.Errorf("%s: %d %s", prefer, s.status, s.body)
		}
	}
	if s := m.batch(write, "Prefer: tx=rollback, isolation=serializable"); s.header.Get("Preference-Applied") !=
		"tx=rollback, isolation=serializable" {
		t.Error(s.header)
	}
	read := `[{"method": "GET", "path": "/rpc/timeout"}, {"method": "GET", "path": "/rpc/timeout", "headers": {"Prefer": "handling=strict"}}]`
	m.sql(`create function api.timeout() returns text stable language sql as $$ select current_setting('statement_timeout') $$`)
	m.load()
	for prefer, want := range map[string][2]string{
		"handling=strict, timeout=7":                         {"7s", "handling=strict, timeout=7"},
		"handling=strict, timeout=7, isolation=serializable": {"7s", "handling=strict, timeout=7, isolation=serializable"},
		"timeout=7": {"0", ""},
		"count=exact, return=representation, missing=default, timezone=UTC, resolution=merge-duplicates": {"0", "timezone=UTC"},
	} {
		s := m.batch(read, "Prefer: "+prefer)
		if strings.Count(s.body, `"body":"`+want[0]+`"`) != 2 || s.header.Get("Preference-Applied") != want[1] {
			t.Errorf("%s: %s %s", prefer, s.body, s.header)
		}
	}
	m.batch(write, "Prefer: handling=strict, isolation=nonsense").wants(t, 400,
		`{"code":"PGRST122","details":"Invalid preferences: isolation=nonsense","hint":null,"message":"Invalid preferences given with handling=strict"}`)
	m.expect(http.MethodGet, "/orders", "", 200, "[]", 0)
}

// A batch is planned again when the schema has changed, as long as it has done nothing.
func TestBatchFollowsTheSchema(t *testing.T) {
	m := batchDatabase(t)
	m.sql(`create table api.fresh (id int); grant all on api.fresh to visitor`)
	m.find = func(cache.Wanted) bool { m.load(); return true }
	insert := `{"method": "POST", "path": "/orders", "body": {"note": "x"}}`
	if s := m.batch(`[` + insert + `, {"method": "POST", "path": "/fresh", "body": {"id": 1}}]`); s.status != 200 || m.found != 1 {
		t.Error(s, m.found)
	}
	m.sql(fmt.Sprintf(recode, "text"))
	m.onAwait = func() bool { m.load(); return true }
	if s := m.batch(`[{"method": "POST", "path": "/orders", "body": {"note": "y"}},
		{"method": "POST", "path": "/rpc/take", "body": {"code": 9}}]`); s.status != 200 || m.awaited != 1 {
		t.Error(s, m.awaited)
	}
	if got := m.value("select string_agg(note, ',' order by id) from api.orders"); got != "x,y" {
		t.Error(got)
	}
	// The answers of the try before do not count: there, the operation that is referred to was not answered.
	m.sql(fmt.Sprintf(recode, "int"))
	m.sql(`create function api.echo(value text) returns text stable language sql as 'select value'`)
	m.load()
	m.sql(fmt.Sprintf(recode, "text"))
	if s := m.batch(`[{"method": "POST", "path": "/rpc/take", "body": {"code": 9}},
		{"id": "o", "method": "POST", "path": "/orders", "headers": {"Prefer": "return=representation"}, "body": {"note": "z"}},
		{"method": "GET", "path": "/rpc/echo?value={$ref:/o/0/note}"}]`); s.status != 200 || !strings.HasSuffix(s.body, `"body":"z"}]`) {
		t.Error(s)
	}
}

func TestBatchLimits(t *testing.T) {
	db := fixedDatabase(t)
	addr := db.serve(t, `batch-max-operations = 2`, `batch-max-answer = 100`)
	m := &moving{t: t, client: dial(t, addr)}
	read := `{"method": "GET", "path": "/sites?limit=1"}`
	if s := m.batch("[" + read + "," + read + "," + read + "]"); s.status != 400 || !strings.Contains(s.body, "batch-max-operations") {
		t.Error(s)
	}
	if s := m.batch(`[{"method": "GET", "path": "/sites"}]`); s.status != 413 || !strings.Contains(s.body, "batch-max-answer") {
		t.Error(s)
	}
	for body, message := range map[string]string{
		"{}": "not an array", "[": "not an array", "[]": "is empty", "[1]": "operation is not valid",
		`[{"method": "GET"}]`: "needs a method", `[{"path": "/x", "method": "GET", "id": ""}]`: "id of the operation",
	} {
		if s := m.batch(body); s.status != 400 || !strings.Contains(s.body, message) {
			t.Error(body, s)
		}
	}
	long := &moving{t: t, client: dial(t, db.serve(t, `server-max-request-line = 1024`, `server-max-header-size = 1024`))}
	if s := long.batch(`[{"method": "GET", "path": "/sites?id=eq.` + strings.Repeat("1", 1024) + `"}]`); s.status != 414 {
		t.Error(s)
	}
	if s := long.batch(`[{"method": "GET", "path": "/sites", "headers": {"X-A": "` + strings.Repeat("1", 1024) + `"}}]`); s.status != 431 {
		t.Error(s)
	}
	off := &moving{t: t, client: dial(t, db.serve(t, `batch-max-operations = 0`))}
	if s := off.batch("[" + read + "]"); s.status != 405 {
		t.Error(s)
	}
}

// What the pre-request says about the answer decides whether a batch is committed, also of writes that run no other code
// of the database.
func TestPreRequestRefusesBatch(t *testing.T) {
	for _, certain := range []bool{true, false} {
		m := newMovingIn(t, []string{"batchable.sql"}, `db-pre-request = "internal.answers"`)
		m.sql(`create function internal.answers() returns void language sql as $$
			select set_config('response.' || (h ->> 'x-what'), h ->> 'x-value', true)
				from (select current_setting('request.headers', true)::json as h) r where h ->> 'x-what' is not null $$`)
		m.load()
		m.certain.Store(certain)
		before := m.value(contents)
		operations := `[{"method": "POST", "path": "/plain", "body": {"id": 1}}, {"method": "POST", "path": "/plain", "body": {"id": 2, "n": 1}},
			{"method": "PATCH", "path": "/plain?id=eq.1", "body": {"n": 2}}]`
		for header, want := range map[[2]string]struct {
			status int
			code   string
		}{
			{"X-What: status", "X-Value: 404"}:  {404, "TRUNK404"},
			{"X-What: status", "X-Value: none"}: {500, "PGRST112"},
			{"X-What: headers", "X-Value: 1"}:   {500, "PGRST111"},
		} {
			s := m.batch(operations, header[:]...)
			if s.status != want.status || !strings.Contains(s.body, want.code) || s.header.Get("Trunkline-Operation") != "0" {
				t.Errorf("%s: %d %s", header, s.status, s.body)
			}
			if after := m.value(contents); after != before {
				t.Errorf("%s: the tables have %s", header, after)
			}
		}
		if s := m.batch(operations, "X-What: status", "X-Value: 299"); s.status != 200 || strings.Count(s.body, `"status":299`) != 3 {
			t.Errorf("%d %s", s.status, s.body)
		}
		if after := m.value(contents); after == before {
			t.Error("nothing was written")
		}
	}
}

// A function may raise an error whose status is none. The batch in which it did is undone, and says so.
func TestRaisedStatusOfBatch(t *testing.T) {
	m := batchDatabase(t)
	m.sql(`create function api.raises(status int) returns void language plpgsql as $$ begin
			raise sqlstate 'PGRST' using message = '{"code": "X", "message": "no"}',
				detail = format('{"status": %s, "status_text": "Fine", "headers": {"X-A": "b"}}', status);
		end $$`)
	m.load()
	before := m.value("select count(*)::text from api.orders")
	for status, want := range map[int]int{100: 500, 200: 500, 204: 500, 304: 500, 399: 500, 400: 400, 418: 418, 503: 503} {
		s := m.batch(fmt.Sprintf(`[{"method": "POST", "path": "/orders", "body": {"note": "a"}},
			{"method": "POST", "path": "/rpc/raises", "body": {"status": %d}}]`, status))
		s.wants(t, want, `{"code":"X","details":null,"hint":null,"message":"no","operation":1}`)
		if s.header.Get("Trunkline-Operation") != "1" || s.header.Get("X-A") != "b" {
			t.Errorf("%d: %v", status, s.header)
		}
	}
	if after := m.value("select count(*)::text from api.orders"); after != before {
		t.Errorf("there were %s orders, and there are %s", before, after)
	}
}
