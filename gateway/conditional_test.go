package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/idempotency"
)

// conditionalServer serves conditional.sql, and returns its address.
func conditionalServer(t *testing.T, changes ...string) *moving {
	t.Helper()
	m := newMovingIn(t, []string{"conditional.sql"}, append([]string{`db-etag = "on-request"`}, changes...)...)
	m.certain.Store(true)
	return m
}

// answered is the answer to a request.
type answered struct {
	status int
	header http.Header
	body   string
}

// ask sends a request on a connection of its own, with headers as "Name: value".
func (m *moving) ask(method, path, body string, headers ...string) answered {
	m.t.Helper()
	a, err := askURL(m.t.Context(), "http://"+m.conn.RemoteAddr().String()+path, method, body, headers...)
	if err != nil {
		m.t.Fatal(err)
	}
	return a
}

// askURL sends a request to a URL.
func askURL(ctx context.Context, url, method, body string, headers ...string) (a answered, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Content-Type" {
			r.Header.Set(name, value)
			continue
		}
		r.Header.Add(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return answered{response.StatusCode, response.Header, string(content)}, err
}

// TestTagsAllowWrites takes the tag of a row in many forms: writes with it succeed, and others fail and say the same
// tag, whatever the write returns itself.
func TestTagsAllowWrites(t *testing.T) {
	for _, prepared := range []string{"true", "false"} {
		m := conditionalServer(t, `db-tx-end = "rollback"`, "db-prepared-statements = "+prepared)
		for _, query := range []string{
			"/docs?id=eq.1", "/docs?id=eq.1&select=*", "/docs?id=eq.1&select=n,id", "/docs?id=eq.1&select=id,x:note,data->a->0,at",
			"/docs?id=eq.1&select=id,marks(note)&marks.order=id", "/docs?id=eq.1&select=id,...marks(note)&marks.order=id",
			"/docs?id=eq.1&select=id::text,n&order=n", "/docs?and=(id.gt.0,id.lt.2)&select=note", "/docs?id=eq.2",
			"/docs?id=eq.1&select=id,shout", "/shown_docs?id=eq.3", "/marks?id=eq.3&select=*,docs(*)",
			"/docs?note=eq.third&select=id,marks!inner(id)",
		} {
			for _, accept := range []string{
				"application/json", "application/vnd.pgrst.object+json", "text/csv", "application/x-ndjson",
				"application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.object+json;nulls=stripped",
			} {
				testTag(t, m, query, "Accept: "+accept)
			}
			testTag(t, m, query, "Prefer: timezone=Asia/Tokyo")
		}
	}
}

// testTag tries the tag of a GET with a header on writes with the same header.
func testTag(t *testing.T, m *moving, query, header string) {
	t.Helper()
	read := m.ask("GET", query, "", header, "Prefer: etag")
	head := m.ask("HEAD", query, "", header, "Prefer: etag")
	tag := read.header.Get("ETag")
	if read.status != 200 || tag == "" || head.header.Get("ETag") != tag {
		t.Errorf("%s, %s: %d, tags %s and %s", query, header, read.status, tag, head.header.Get("ETag"))
		return
	}
	if again := m.ask("GET", query, "", header, "If-None-Match: "+tag); again.status != 304 || again.header.Get("ETag") != tag || again.body != "" {
		t.Errorf("%s, %s: %v, want 304", query, header, again)
	}
	for _, method := range []string{"PATCH", "DELETE"} {
		body := ""
		if method == "PATCH" {
			body = `{"note": "new"}`
		}
		for _, prefer := range []string{"return=minimal", "return=representation"} {
			ok := m.ask(method, query, body, header, "Prefer: "+prefer, "If-Match: "+tag)
			if ok.status/100 != 2 {
				t.Errorf("%s %s, %s, %s: %d %s", method, query, header, prefer, ok.status, ok.body)
			}
			no := m.ask(method, query, body, header, "Prefer: "+prefer, `If-Match: "a", W/`+tag)
			if no.status != 412 || no.header.Get("ETag") != tag {
				t.Errorf("%s %s, %s, %s: %d %s, tag %s, want %s", method, query, header, prefer, no.status, no.body, no.header.Get("ETag"), tag)
			}
		}
	}
}

// A write with a tag is allowed once: then the row has another tag, which a write that returns the row says.
func TestTagIsUsedUp(t *testing.T) {
	m := conditionalServer(t)
	for _, accept := range []string{"application/json", "application/vnd.pgrst.object+json"} {
		tag := m.ask("GET", "/docs?id=eq.1", "", "Prefer: etag", "Accept: "+accept).header.Get("ETag")
		for i := range 3 {
			body := fmt.Sprintf(`{"n": %d}`, i+len(accept))
			first := m.ask("PATCH", "/docs?id=eq.1", body, "Prefer: return=representation, etag", "If-Match: "+tag, "Accept: "+accept)
			second := m.ask("PATCH", "/docs?id=eq.1", body, "If-Match: "+tag, "Accept: "+accept)
			next := first.header.Get("ETag")
			if first.status != 200 || second.status != 412 || next == tag || second.header.Get("ETag") != next {
				t.Fatal(first, second)
			}
			tag = next
		}
	}
}

// TestIfMatchAndPrivileges shows that conditions are decided as the role sees the rows, and need no more than its write.
func TestIfMatchAndPrivileges(t *testing.T) {
	m := conditionalServer(t)
	if a := m.ask("PATCH", "/owned?id=eq.2", `{"n": 5}`, "If-Match: *"); a.status != 412 {
		t.Error("a hidden row:", a)
	}
	tag := m.ask("GET", "/plainly?id=eq.1", "", "Prefer: etag").header.Get("ETag")
	if a := m.ask("DELETE", "/plainly?id=eq.1", "", `If-Match: "a"`); a.status != 412 || a.header.Get("ETag") != tag {
		t.Error("another tag:", a)
	}
	if a := m.ask("PATCH", "/plainly?id=eq.1", `{"n": 5}`, "If-Match: "+tag); a.status != 401 {
		t.Error("without the privilege to update:", a)
	}
	if a := m.ask("DELETE", "/plainly?id=eq.1", "", "If-Match: "+tag); a.status != 204 {
		t.Error("without the privilege to update:", a)
	}
	if a := m.ask("DELETE", "/plainly?id=eq.1", "", "If-Match: "+tag); a.status != 412 {
		t.Error("again:", a)
	}
}

// TestIfMatchOnViews writes to views with triggers. Rows of some cannot be locked, which the answer says.
func TestIfMatchOnViews(t *testing.T) {
	m := conditionalServer(t, `db-idempotency = true`)
	if err := idempotency.Install(t.Context(), m.db); err != nil {
		t.Fatal(err)
	}
	m.sql(`
		create view api.joined as select d.id, d.n, m.note from api.docs d join api.marks m on m.id = d.id;
		create view api.outer_joined as select d.id, d.n, m.note from api.docs d left join api.marks m on m.id = d.id;
		create view api.grouped as select id, max(n) as n from api.docs group by id;
		create function internal.through() returns trigger language plpgsql as $$ begin
			if tg_op = 'DELETE' then delete from api.docs where id = old.id; return old; end if;
			update api.docs set n = new.n where id = old.id; return new; end $$;
		create trigger t instead of update or delete on api.joined for each row execute function internal.through();
		create trigger t instead of update or delete on api.outer_joined for each row execute function internal.through();
		create trigger t instead of update or delete on api.grouped for each row execute function internal.through();
		grant all on api.joined, api.outer_joined, api.grouped to visitor`)
	m.load()
	for view, status := range map[string]int{"joined": 204, "outer_joined": 400, "grouped": 400} {
		row := "/" + view + "?id=eq.2"
		for i, header := range []string{"Prefer: return=minimal", "Idempotency-Key: " + view} {
			before := m.ask("GET", row, "", "Prefer: etag")
			a := m.ask("PATCH", row, fmt.Sprintf(`{"n": %d}`, 50+i), header, "If-Match: "+before.header.Get("ETag"))
			if a.status != status || status == 400 && !strings.Contains(a.body, `"TRUNK400"`) {
				t.Error(view, header, a)
			}
			if after := m.ask("GET", row, ""); (after.body != before.body) != (status == 204) {
				t.Error(view, header, before, after)
			}
		}
	}
	tag := m.ask("GET", "/outer_joined?id=eq.2", "", "Prefer: etag").header.Get("ETag")
	if a := m.ask("DELETE", "/outer_joined?id=eq.2", "", `If-Match: "a"`); a.status != 412 {
		t.Error(a)
	}
	if a := m.ask("DELETE", "/outer_joined?id=eq.2", "", "If-Match: "+tag); a.status != 204 {
		t.Error(a)
	}
}

// A pre-request that changes the role decides who reads and writes, each time.
func TestIfMatchBehindPreRequest(t *testing.T) {
	m := conditionalServer(t, `db-pre-request = "internal.become"`)
	tag := m.ask("GET", "/owned?id=eq.2", "", "Prefer: etag").header.Get("ETag")
	if a := m.ask("PATCH", "/owned?id=eq.2", `{"n": 5}`, "If-Match: "+tag); a.status != 204 {
		t.Error(a)
	}
	if a := m.ask("PATCH", "/owned?id=eq.2", `{"n": 6}`, "If-Match: "+tag); a.status != 412 {
		t.Error(a)
	}
	if a := m.ask("PATCH", "/owned?id=eq.1", `{"n": 6}`, "If-Match: *"); a.status != 412 {
		t.Error("the row of the role before:", a)
	}
}

// TestIncrements lets clients increment a number that they have read: no increment is lost.
func TestIncrements(t *testing.T) {
	m := conditionalServer(t)
	const clients, increments = 6, 8
	url := "http://" + m.conn.RemoteAddr().String() + "/docs?id=eq.1&select=n"
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for done := 0; done < increments; {
				read, err := askURL(t.Context(), url, "GET", "", "Prefer: etag")
				var rows []struct{ N int }
				if err == nil {
					err = json.Unmarshal([]byte(read.body), &rows)
				}
				if err != nil || len(rows) != 1 {
					t.Error(err, read)
					return
				}
				wrote, err := askURL(t.Context(), url, "PATCH", fmt.Sprintf(`{"n": %d}`, rows[0].N+1), "If-Match: "+read.header.Get("ETag"))
				switch {
				case err != nil || wrote.status != 204 && wrote.status != 412:
					t.Error(err, wrote)
					return
				case wrote.status == 204:
					done++
				}
			}
		})
	}
	wait.Wait()
	var n int
	if err := pgtest.Conn(t, m.db.Config().ConnString()).QueryRow(t.Context(), "select n from api.docs where id = 1").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != clients*increments {
		t.Errorf("n is %d, want %d", n, clients*increments)
	}
}

// Many clients create the same row with PUT or POST: one of them does.
func TestCreateOnce(t *testing.T) {
	m := conditionalServer(t)
	url := "http://" + m.conn.RemoteAddr().String()
	for i, prefer := range []string{"return=minimal", "resolution=merge-duplicates"} {
		for j, method := range []string{"PUT", "POST"} {
			id := 10 + 2*i + j
			path := "/docs"
			if method == "PUT" {
				path = fmt.Sprintf("/docs?id=eq.%d", id)
			}
			statuses := make(chan int, 8)
			for n := range cap(statuses) {
				go func() {
					a, _ := askURL(t.Context(), url+path, method, fmt.Sprintf(`{"id": %d, "n": %d}`, id, n), "If-None-Match: *", "Prefer: "+prefer)
					statuses <- a.status
				}()
			}
			created := 0
			for range cap(statuses) {
				switch status := <-statuses; status {
				case 201, 204, 200:
					created++
				case 412:
				default:
					t.Errorf("%s: status %d", method, status)
				}
			}
			if created != 1 {
				t.Errorf("%s with %s: %d have created the row", method, prefer, created)
			}
		}
	}
}

// Answers that are streamed have no tag. A function may set one itself.
func TestAnswersWithoutTags(t *testing.T) {
	m := conditionalServer(t, "server-stream-threshold = 100")
	long := m.ask("GET", "/rpc/long?size=200", "", "Prefer: etag", `If-None-Match: "a"`)
	if long.status != 200 || long.header.Get("ETag") != "" || len(long.body) != 202 || long.header.Get("Preference-Applied") != "" {
		t.Error(long)
	}
	if any := m.ask("GET", "/rpc/long?size=200", "", "If-None-Match: *"); any.status != 304 || any.body != "" {
		t.Error(any)
	}
	if none := m.ask("GET", "/rpc/long?size=200", "", `If-Match: "a"`); none.status != 412 {
		t.Error(none)
	}
	if head := m.ask("HEAD", "/rpc/long?size=200", "", "Prefer: etag"); head.status != 200 || head.header.Get("ETag") != "" {
		t.Error(head)
	}
	own := m.ask("POST", "/rpc/answer", `{"headers": "[{\"ETag\":\"\\\"mine\\\"\"}]"}`, "Prefer: etag", `If-None-Match: "mine"`)
	if own.status != 200 || own.header.Get("ETag") != `"mine"` {
		t.Error(own)
	}
	if next := m.ask("GET", "/docs?id=eq.1&select=id", "", "Prefer: etag"); next.status != 200 || next.header.Get("ETag") == "" {
		t.Error("after streams:", next)
	}
}

// TestConditionsFollowTheSchema alters a type under writes with a condition and a key: they are answered as if the schema
// had been loaded, and once.
func TestConditionsFollowTheSchema(t *testing.T) {
	m := conditionalServer(t, "db-idempotency = true")
	if err := idempotency.Install(t.Context(), m.db); err != nil {
		t.Fatal(err)
	}
	m.onAwait = func() bool { m.load(); return true }
	for i, kind := range []string{"text", "bigint", "text"} {
		tag := m.ask("GET", "/coded?id=eq.1&select=id", "", "Prefer: etag").header.Get("ETag")
		m.sql(fmt.Sprintf(recode, kind))
		body := fmt.Sprintf(`{"code": "%d"}`, i)
		headers := []string{"If-Match: " + tag, fmt.Sprint("Idempotency-Key: k", i), "Prefer: return=representation"}
		first := m.ask("PATCH", "/coded?id=eq.1&select=id", body, headers...)
		second := m.ask("PATCH", "/coded?id=eq.1&select=id", body, headers...)
		if first.status != 200 || second.status != 200 || first.body != `[{"id":1}]` || second.body != first.body {
			t.Error(kind, first, second)
		}
		if got := m.value("select code::text from api.coded"); got != fmt.Sprint(i) {
			t.Errorf("%s: the code is %s", kind, got)
		}
	}
}

// TestEmbedsAreComparedNotLocked changes an embedded row before a write with If-Match, which is refused, and between its
// check and its end: then both changes are kept.
func TestEmbedsAreComparedNotLocked(t *testing.T) {
	m := conditionalServer(t)
	m.sql(`create table api.shelves (id int primary key, label text);
		create table api.books (id int primary key, title text, shelf_id int references api.shelves);
		insert into api.shelves values (1, 'A'); insert into api.books values (1, 'first', 1);
		create function internal.wait() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(78); return new; end $$;
		create trigger wait before update on api.books for each row execute function internal.wait();
		grant select, update on api.books to visitor; grant select on api.shelves to visitor; grant usage on schema internal to visitor`)
	m.load()
	const book = "/books?id=eq.1&select=title,shelves(label)"
	tag := func() string { return m.ask("GET", book, "", "Prefer: etag").header.Get("ETag") }
	old := tag()
	m.sql("update api.shelves set label = 'B'")
	if a := m.ask("PATCH", book, `{"title": "second"}`, "If-Match: "+old); a.status != http.StatusPreconditionFailed || a.header.Get("ETag") != tag() {
		t.Error(a)
	}
	lock := pgtest.Conn(t, m.db.Config().ConnString())
	if _, err := lock.Exec(t.Context(), "select pg_advisory_lock(78)"); err != nil {
		t.Fatal(err)
	}
	url, current, first := "http://"+m.conn.RemoteAddr().String()+book, tag(), make(chan answered, 1)
	go func() {
		a, _ := askURL(t.Context(), url, "PATCH", `{"title": "second"}`, "If-Match: "+current)
		first <- a
	}()
	await(t, m, "select count(*) = 1 from pg_locks where locktype = 'advisory' and not granted")
	m.sql("update api.shelves set label = 'C'")
	if _, err := lock.Exec(t.Context(), "select pg_advisory_unlock(78)"); err != nil {
		t.Fatal(err)
	}
	if a := <-first; a.status != http.StatusNoContent {
		t.Error(a)
	}
	if a := m.ask("GET", book, ""); a.body != `[{"title":"second","shelves":{"label": "C"}}]` {
		t.Error(a)
	}
}

// A write whose answer takes more memory than there is has not been done.
func TestAnswerBeyondMemory(t *testing.T) {
	m := conditionalServer(t, "server-max-body-memory = 100000", "db-idempotency = true")
	if err := idempotency.Install(t.Context(), m.db); err != nil {
		t.Fatal(err)
	}
	m.sql("update api.docs set note = repeat('x', 200000)")
	for _, c := range [][]string{
		{"PATCH", "If-Match: *"}, {"PUT", "If-Match: *"}, {"PATCH", "If-Match: *", "Idempotency-Key: a"}, {"PATCH", "Idempotency-Key: b"},
	} {
		a := m.ask(c[0], "/docs?id=eq.1", `{"id": 1, "n": 7}`, append(c[1:], "Prefer: return=representation")...)
		if n := m.value("select n::text from api.docs where id = 1"); a.status != 413 || !strings.Contains(a.body, "The response takes too much memory") || n != "0" {
			t.Errorf("%s: %d %.200s, and the row has %s", c, a.status, a.body, n)
		}
	}
	if a := m.ask("PATCH", "/docs?id=eq.1", `{"n": 7}`, "If-Match: *"); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
