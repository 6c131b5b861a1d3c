package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestUsersStayApart lets 60 users share 4 connections. Functions change everything about the session that they can;
// requests fail at each stage. Every answer must be for the user who asked, on a session that appears unused.
func TestUsersStayApart(t *testing.T) {
	t.Parallel()
	for _, prepared := range []string{"true", "false"} {
		t.Run("prepared="+prepared, func(t *testing.T) {
			t.Parallel()
			g := start(t, pgtest.Database(t, fixture),
				"PGRST_DB_POOL=4", "PGRST_DB_PRE_REQUEST=public.refuse_banned", "PGRST_DB_PREPARED_STATEMENTS="+prepared)
			g.settle()
			fresh := freshSession(t, g)
			var users sync.WaitGroup
			for n := range 60 {
				token := user(t, fmt.Sprint("user", n))
				users.Go(func() {
					u := visitor{g: g, name: fmt.Sprint("user", n), token: token, fresh: fresh}
					for i := range visits() {
						if err := u.visit(visits()[(n+i)%len(visits())], i); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			users.Wait()
		})
	}
}

// freshSession returns the state of an unused session, without what differs between users.
func freshSession(t *testing.T, g *gateway) map[string]any {
	t.Helper()
	a, err := g.ask(query{path: "/rpc/session", token: user(t, "nobody")})
	if err != nil || a.status != http.StatusOK {
		t.Fatal(a, err)
	}
	session := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &session); err != nil {
		t.Fatal(err)
	}
	if session["sub"] != "nobody" || session["role"] != "e2e_user" || session["path"] != "/rpc/session" ||
		session["locks"] != 0.0 || session["timezone"] != "UTC" {
		t.Fatalf("the first session is %v", session)
	}
	return session
}

// visitor is a user with the expected state of its sessions.
type visitor struct {
	g           *gateway
	name, token string
	fresh       map[string]any
}

// visit is a kind of request. %s in body, status and answer stands for the user. An answer that ends with … is a
// prefix.
type visit struct {
	query  query
	status int
	answer string
}

func visits() []visit {
	post := func(path, body string) query { return query{method: http.MethodPost, path: path, body: body} }
	headers := func(q query, name, value string) query {
		q.headers = map[string]string{name: value}
		return q
	}
	return []visit{
		{post("/rpc/litter", "{}"), 299, `"%s"`},
		{headers(query{path: "/films"}, "X-Banned", "%s"), 403, `{"code":"42501","details":null,"hint":null,"message":"banned"}`},
		{query{path: "/rpc/litter_reading"}, 200, `"%s"`},
		{query{path: "/nothing"}, 404, `{"code":"PGRST205"…`},
		{post("/rpc/litter_and_fail", "{}"), 400, `{"code":"P0001","details":null,"hint":null,"message":"failed for %s"}`},
		{headers(post("/notes", `{"body":"of %s"}`), "Prefer", "return=representation"), 201, `[{"owner":"%s","body":"of %s"}]`},
		{query{path: "/films?id=eq.x"}, 400, `{"code":"22P02"…`},
		{headers(post("/rpc/litter", "{}"), "Prefer", "tx=rollback"), 299, `"%s"`},
		{query{path: "/notes?owner=neq.%s"}, 200, "[]"},
		{post("/rpc/forget_statements", "{}"), 200, `"%s"`},
		{post("/rpc/take_over", "{}"), 200, `"%s"`},
		{post("/rpc/discard_all", "{}"), 500, `{"code":"25001"…`},
		{post("/rpc/discard_parts", "{}"), 200, `"%s"`},
		{query{path: "/films?id=eq.3&select=title"}, 200, `[{"title":"Film 3"}]`},
	}
}

// visit sends a request, then checks the session that the next request gets.
func (u *visitor) visit(v visit, round int) error {
	own := func(s string) string { return strings.ReplaceAll(s, "%s", u.name) }
	q := v.query
	q.token, q.path, q.body = u.token, own(q.path), own(q.body)
	q.headers = map[string]string{}
	for name, value := range v.query.headers {
		q.headers[name] = own(value)
	}
	a, err := u.g.ask(q)
	if err != nil {
		return err
	}
	want, more := strings.CutSuffix(own(v.answer), "…")
	if a.status != v.status || a.body != want && !(more && strings.HasPrefix(a.body, want)) {
		return fmt.Errorf("%s, round %d, %s %s: got %v, want %d %s", u.name, round, q.method, q.path, a, v.status, want)
	}
	if owner := a.header.Get("X-Owner"); owner != "" && owner != u.name {
		return fmt.Errorf("%s got a header of %s", u.name, owner)
	}
	return u.look()
}

// look checks that the session is in its initial state.
func (u *visitor) look() error {
	a, err := u.g.ask(query{path: "/rpc/session", token: u.token})
	if err != nil {
		return err
	}
	session := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &session); a.status != http.StatusOK || err != nil {
		return fmt.Errorf("%s asked for the session: %v", u.name, a)
	}
	for name, want := range u.fresh {
		if name == "sub" {
			want = u.name
		}
		if session[name] != want {
			return fmt.Errorf("%s: %s is %v, not %v", u.name, name, session[name], want)
		}
	}
	if owner := a.header.Get("X-Owner"); owner != "" {
		return fmt.Errorf("%s got a header of %s", u.name, owner)
	}
	return nil
}

// TestReplacedStatements calls a function that replaces the gateway's prepared statements, and prepares others under
// the names that it would use next. No request gets their results: the connection is closed instead.
func TestReplacedStatements(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture), "PGRST_DB_POOL=1")
	g.settle()
	for range 3 {
		for _, p := range pages() {
			g.wants(p.path, http.StatusOK, p.body)
		}
		a, err := g.ask(query{
			method: http.MethodPost, path: "/rpc/replace_statements", body: "{}", token: user(t, "mallory"),
		})
		if err != nil || a.body != `"done"` {
			t.Errorf("got %v, %v", a, err)
		}
	}
}
