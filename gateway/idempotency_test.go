package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"trunkline/gateway/openapi"
	"trunkline/planner/apierr"
)

// installFile is idempotency.InstallScript, as seen from the fixtures.
const installFile = "../../idempotency/sql/install.sql"

// keyedServer serves keyed.sql, with the table of keys.
func keyedServer(t *testing.T, changes ...string) *moving {
	t.Helper()
	m := newMovingIn(t, []string{"keyed.sql", installFile}, append([]string{"db-idempotency = true"}, changes...)...)
	m.certain.Store(true)
	return m
}

// once sends a request twice with a key, fails unless both answers are the same, and returns the first.
func (m *moving) once(method, path, body string, headers ...string) answered {
	m.t.Helper()
	headers = append(headers, "Idempotency-Key: "+method+path+strings.ReplaceAll(body, "\n", " "))
	first, second := m.ask(method, path, body, headers...), m.ask(method, path, body, headers...)
	for _, a := range []answered{first, second} {
		a.header.Del("Date")
	}
	if a, b := fmt.Sprint(first), fmt.Sprint(second); a != b {
		m.t.Errorf("%s %s is answered\n%s\nand then\n%s", method, path, a, b)
	}
	return first
}

// ran returns what has run since the last call.
func (m *moving) ran() string {
	m.t.Helper()
	return m.value("with d as (delete from api.ran returning what) select coalesce(string_agg(what, ', ' order by what), '') from d")
}

func TestIdempotencyKeys(t *testing.T) {
	for _, prepared := range []string{"true", "false"} {
		m := keyedServer(t, "db-prepared-statements = "+prepared)
		for _, c := range []struct {
			method, path, body string
			headers            []string
			status             int
			want               string
		}{
			{"POST", "/notes", `{"note": "a"}`, nil, 201, ""},
			{"POST", "/notes?select=note", `[{"note": "b"}, {"note": "c"}]`, []string{"Prefer: return=representation"}, 201, `[{"note":"b"}, ` + "\n " + `{"note":"c"}]`},
			{"POST", "/notes?select=note", "note\nd\n", []string{"Content-Type: text/csv", "Prefer: return=representation", "Accept: text/csv"}, 201, "note\nd"},
			{"POST", "/notes", "note=form", []string{"Content-Type: application/x-www-form-urlencoded", "Prefer: return=headers-only"}, 201, ""},
			{"PATCH", "/notes?id=eq.1&select=note", `{"note": "z"}`, []string{"Prefer: return=representation, count=exact"}, 200, `[{"note":"z"}]`},
			{"PATCH", "/notes?id=eq.-1", `{"note": "z"}`, nil, 204, ""},
			{"POST", "/rpc/pay", `{"amount": 5}`, nil, 200, `{"paid" : 5}`},
			{"POST", "/rpc/teapot", ``, nil, 418, `"short"`},
		} {
			a := m.once(c.method, c.path, c.body, c.headers...)
			if a.status != c.status || a.body != c.want {
				t.Errorf("%s %s: %d %s", c.method, c.path, a.status, a.body)
			}
		}
		if got := m.value("select count(*) || ' ' || max(id) from api.notes"); got != "5 5" {
			t.Error("notes:", got)
		}
		if got := m.ran(); got != "pay 5, teapot" {
			t.Error(got)
		}
		if a := m.ask("POST", "/rpc/pay", `{"amount": 5}`, `Idempotency-Key: POST/rpc/pay{"amount": 5}`); a.header.Get("X-Paid") != "yes" {
			t.Error(a)
		}
	}
}

// What differs from the request before it with the same key is refused.
func TestKeyOfAnotherRequest(t *testing.T) {
	m := keyedServer(t)
	send := func(method, path, body string, headers ...string) answered {
		return m.ask(method, path, body, append(headers, `Idempotency-Key: "k"`)...)
	}
	if a := send("POST", "/notes", `{"note": "a"}`); a.status != 201 {
		t.Fatal(a)
	}
	for _, a := range []answered{
		send("POST", "/notes", `{"note": "b"}`), send("POST", "/notes?select=id", `{"note": "a"}`), send("PATCH", "/notes", `{"note": "a"}`),
		send("POST", "/notes", `{"note": "a"}`, "Prefer: return=representation"), send("POST", "/notes", `{"note": "a"}`, "Accept: text/csv"),
		send("POST", "/rpc/pay", `{"amount": 1}`),
	} {
		if a.status != 422 || !strings.Contains(a.body, "TRUNK422") {
			t.Error(a)
		}
	}
	for _, key := range []string{"Idempotency-Key: ", "Idempotency-Key: " + strings.Repeat("x", 256), `Idempotency-Key: "`} {
		if a := m.ask("POST", "/notes", `{"note": "a"}`, key); a.status != 400 {
			t.Error(a)
		}
	}
	for _, method := range []string{"GET", "DELETE"} { // which may be repeated
		if a := m.ask(method, "/notes?id=eq.1", "", `Idempotency-Key: "k"`); a.status/100 != 2 {
			t.Error(a)
		}
	}
}

// An error undoes the request and its key. Afterwards the same request is executed.
func TestErrorsAreNotKept(t *testing.T) {
	m := keyedServer(t, "db-idempotency-max-answer = 200")
	key := "Idempotency-Key: k"
	if a := m.ask("POST", "/notes", `{"note": "bad"}`, key); a.status != 400 {
		t.Error(a)
	}
	if a := m.ask("POST", "/notes", `{"note": "bad"}`, key, "Accept: application/vnd.pgrst.object+json"); a.status != 400 {
		t.Error(a)
	}
	large := fmt.Sprintf(`{"note": %q}`, strings.Repeat("x", 300))
	for range 2 {
		if a := m.ask("POST", "/notes", large, key, "Prefer: return=representation"); a.status != 413 || len(a.header["Content-Type"]) != 1 || a.header.Get("Preference-Applied") != "" {
			t.Error(a)
		}
	}
	if got := m.value("select count(*)::text from api.notes"); got != "0" {
		t.Error(got)
	}
	if a := m.ask("POST", "/notes", large, key); a.status != 201 {
		t.Error(a)
	}
	if a := m.ask("POST", "/notes", large, key); a.status != 201 || m.value("select count(*)::text from api.notes") != "1" {
		t.Error(a)
	}
}

// A rolled back request is not kept.
func TestRolledBackKey(t *testing.T) {
	m := keyedServer(t, `db-tx-end = "commit-allow-override"`)
	for _, want := range []string{"", "", "1", "1"} {
		prefer := "tx=rollback"
		if want != "" {
			prefer = "tx=commit"
		}
		if a := m.ask("POST", "/notes", `{"note": "a"}`, "Idempotency-Key: k", "Prefer: "+prefer); a.status != 201 {
			t.Error(a)
		}
		if got := m.value("select coalesce(nullif(count(*), 0)::text, '') from api.notes"); got != want {
			t.Errorf("%q notes, want %q", got, want)
		}
	}
}

// TestKeysExpire shows that an expired key counts as new, and that expired answers are removed by others.
func TestKeysExpire(t *testing.T) {
	m := keyedServer(t)
	for i := range 3 {
		m.once("POST", "/notes", fmt.Sprintf(`{"note": "%d"}`, i))
	}
	m.sql("update trunkline_idempotency.answers set expires = now() - interval '1 s'")
	if a := m.once("POST", "/notes", `{"note": "0"}`); a.status != 201 {
		t.Error(a)
	}
	if got := m.value("select (select count(*) from trunkline_idempotency.answers) || ' ' || (select count(*) from api.notes)"); got != "1 4" {
		t.Error("answers and notes:", got)
	}
}

// userToken returns a token of a user, which differs from others of the user.
func userToken(t *testing.T, role, user, id string) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": role, "sub": user, "jti": id}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + token
}

// Keys belong to a role and a user.
func TestKeysOfUsers(t *testing.T) {
	m := keyedServer(t)
	send := func(token string) string {
		a := m.ask("POST", "/notes?select=id,by", `{"note": "a"}`, "Prefer: return=representation", "Idempotency-Key: k", token)
		return a.body
	}
	first := send(userToken(t, "visitor", "ada", "1"))
	if again := send(userToken(t, "visitor", "ada", "2")); again != first {
		t.Error("another token of the user:", again)
	}
	seen := map[string]bool{first: true}
	for _, token := range []string{userToken(t, "visitor", "bo", "1"), userToken(t, "astronomer", "ada", "1"), "X-None: "} {
		if got := send(token); seen[got] || !strings.Contains(got, "id") {
			t.Error("the answer of another one:", got)
		} else {
			seen[got] = true
		}
	}
}

// TestKeysAreApart tries what a role can do with the functions itself: nothing with the keys of another role.
func TestKeysAreApart(t *testing.T) {
	m := keyedServer(t)
	m.once("POST", "/notes", `{"note": "a"}`)
	as := func(role, sql string) (got string) {
		t.Helper()
		tx, err := m.db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
		if _, err := tx.Exec(t.Context(), "set local role "+role); err != nil {
			t.Fatal(err)
		}
		if err := tx.QueryRow(t.Context(), sql).Scan(&got); err != nil {
			return err.Error()
		}
		return got
	}
	id, print := `'\x`+m.value("select encode(id, 'hex') from trunkline_idempotency.answers")+`'`, `'\x`+m.value("select encode(fingerprint, 'hex') from trunkline_idempotency.answers")+`'`
	claim := "select state || coalesce(' ' || octet_length(kept), '') from trunkline_idempotency.claim(" + id + ", " + print + ")"
	if got := as("visitor", claim); !strings.HasPrefix(got, "3 ") {
		t.Error("the role itself:", got)
	}
	if got := as("astronomer", claim); got != "1" {
		t.Error("another role:", got)
	}
	for _, sql := range []string{
		"select count(*)::text from trunkline_idempotency.answers", "delete from trunkline_idempotency.answers returning role",
		"select trunkline_idempotency.caller()", "create table trunkline_idempotency.mine () ",
	} {
		if got := as("visitor", sql); !strings.Contains(got, "permission denied") {
			t.Errorf("%s: %s", sql, got)
		}
	}
	if got := as("visitor", "select trunkline_idempotency.keep("+id+", "+print+", 60, 'forged')::text"); !strings.Contains(got, "40001") {
		t.Error("an answer is replaced:", got)
	}
}

// The pre-request function runs before the request and, for what is deferred, behind it; before an answer that is kept,
// it runs once, and may refuse it.
func TestKeysBehindPreRequest(t *testing.T) {
	m := keyedServer(t, `db-pre-request = "internal.before"`)
	a := m.ask("POST", "/late", `{"id": 1}`, "Idempotency-Key: k", "X-As: astronomer")
	if a.status != 201 || m.ran() != "before, before, late /late before astronomer" {
		t.Error(a)
	}
	if a := m.ask("POST", "/late", `{"id": 1}`, "Idempotency-Key: k", "X-As: director"); a.status != 201 || m.ran() != "before" {
		t.Error(a)
	}
	if a := m.ask("POST", "/late", `{"id": 1}`, "Idempotency-Key: k", "X-Banned: yes"); a.status != 403 || strings.Contains(a.body, "201") || a.header.Get("Content-Range") != "" {
		t.Error(a)
	}
	m.ran()
	plain := keyedServer(t)
	plain.once("POST", "/late", `{"id": 1}`)
	if got := plain.ran(); got != "late /late visitor" {
		t.Error(got)
	}
}

// What an operation of a batch, or a part of a nested write, has deferred to the commit sees settings of the request,
// whatever is read behind it.
func TestDeferredBehindReads(t *testing.T) {
	m := keyedServer(t)
	m.sql(`alter table api.late add primary key (id); create table api.later (id int primary key, late_id int references api.late);
		grant all on api.later to visitor`)
	m.load()
	for i, keyed := range [][]string{nil, {"Idempotency-Key: a"}} {
		if s := m.batch(fmt.Sprintf(`[{"method": "POST", "path": "/late", "body": {"id": %d}}, {"method": "GET", "path": "/notes"}]`, i), keyed...); s.status != 200 {
			t.Error(s)
		}
		if got := m.ran(); got != "late /notes visitor" {
			t.Error(keyed, got)
		}
		headers := []string{"Prefer: nested=true, return=representation"}
		if keyed != nil {
			headers = append(headers, "Idempotency-Key: b")
		}
		if a := m.ask("POST", "/late?select=id", fmt.Sprintf(`{"id": %d, "later": [{"id": %[1]d}]}`, i+10), headers...); a.status != 201 {
			t.Error(a)
		}
		if got := m.ran(); got != "late /late visitor" {
			t.Error(keyed, got)
		}
	}
}

// A batch is executed once, and its answer is repeated.
func TestKeyOfBatch(t *testing.T) {
	for _, changes := range [][]string{nil, {`db-pre-request = "internal.before"`}} {
		m := keyedServer(t, changes...)
		key := "Idempotency-Key: k"
		text := `[{"id": "a", "method": "POST", "path": "/notes?select=id", "headers": {"Prefer": "return=representation"}, "body": {"note": "x"}},
			{"method": "PATCH", "path": "/notes?id=eq.{$ref:/a/0/id}", "body": {"note": "y"}}, {"method": "POST", "path": "/rpc/pay", "body": {"amount": 1}}]`
		first := m.batch(text, key)
		m.ran()
		second := m.batch(text, key)
		if first.status != 200 || first.body != second.body || second.status != 200 || m.value("select count(*)::text from api.notes where note = 'y'") != "1" {
			t.Error(first, second)
		}
		if got := strings.ReplaceAll(m.ran(), "before", ""); got != "" {
			t.Error(got)
		}
		if a := m.batch(strings.Replace(text, `"amount": 1`, `"amount": 2`, 1), key); a.status != 422 {
			t.Error(a)
		}
		bad := `[{"method": "POST", "path": "/notes", "body": {"note": "fine"}}, {"method": "POST", "path": "/notes", "body": {"note": "bad"}}]`
		for range 2 {
			a := m.batch(bad, "Idempotency-Key: bad")
			if a.status != 400 || a.header.Get("Trunkline-Operation") != "1" {
				t.Error(a)
			}
		}
		if a := m.ask("POST", "/", text, "Content-Type: "+openapi.BatchType, key, "Idempotency-Key: two"); a.status != 400 {
			t.Error(a)
		}
	}
}

// With conditions, a repetition gets the answer of the first request although the row has another tag since.
func TestKeyWithCondition(t *testing.T) {
	m := keyedServer(t, `db-etag = "on-request"`)
	m.ask("POST", "/notes", `{"note": "a"}`)
	tag := m.ask("GET", "/notes?id=eq.1", "", "Prefer: etag").header.Get("ETag")
	if a := m.once("PATCH", "/notes?id=eq.1", `{"note": "b"}`, "If-Match: "+tag); a.status != 204 {
		t.Error(a)
	}
	if a := m.ask("PATCH", "/notes?id=eq.1", `{"note": "c"}`, "If-Match: "+tag, "Idempotency-Key: new"); a.status != 412 || a.header.Get("ETag") == tag {
		t.Error(a)
	}
	if a := m.ask("POST", "/notes?columns=note", `{"note": "a"}`, "If-None-Match: *", "Idempotency-Key: more"); a.status != 201 {
		t.Error(a)
	}
}

// A nested write is executed once.
func TestKeyOfNestedWrite(t *testing.T) {
	m := keyedServer(t)
	m.sql(`create table api.heads (id int generated always as identity primary key, name text);
		create table api.parts (id int generated always as identity primary key, head_id int references api.heads, n int check (n > 0));
		grant all on api.heads, api.parts to visitor; grant usage on all sequences in schema api to visitor`)
	m.load()
	headers := []string{"Prefer: return=representation, nested=true"}
	if a := m.once("POST", "/heads?select=name,parts(n)", `{"name": "a", "parts": [{"n": 1}, {"n": 2}]}`, headers...); a.status != 201 || !strings.Contains(a.body, `"n": 2`) {
		t.Error(a)
	}
	for range 2 {
		a := m.ask("POST", "/heads?select=name", `{"name": "a", "parts": [{"n": 1}, {"n": 0}]}`, append(headers, "Idempotency-Key: bad")...)
		if a.status != 400 || !strings.Contains(a.body, `"place":"parts"`) {
			t.Error(a)
		}
	}
	if got := m.value("select (select count(*) from api.heads) || ' ' || (select count(*) from api.parts)"); got != "1 2" {
		t.Error(got)
	}
}

// A client whose request has a key is told to repeat it if the connection was lost while it was being committed.
func TestUnknownOutcomeOfKey(t *testing.T) {
	cause := errors.New("lost")
	failure := new(keeper).explain(apierr.CommitUnknown(cause))
	var e *apierr.Error
	if !errors.As(failure, &e) || !e.OutcomeUnknown() || !errors.Is(failure, cause) || !strings.Contains(fmt.Sprint(e.Hint), "same Idempotency-Key") {
		t.Errorf("%+v", failure)
	}
}
