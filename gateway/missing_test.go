package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"trunkline/cache"
)

// TestMissingNamesAreLookedFor requests what was created after the schema was loaded: by every method, with bodies that
// are received before the target is known and after.
func TestMissingNamesAreLookedFor(t *testing.T) {
	t.Parallel()
	m := newMoving(t)
	large := `{"id":1,"text":"` + strings.Repeat("x", smallBody) + `"}`
	for _, test := range []struct{ method, path, body string }{
		{http.MethodGet, "/fresh?id=eq.1", ""},
		{http.MethodHead, "/fresh", ""},
		{http.MethodPost, "/fresh", `{"id":1}`},
		{http.MethodPost, "/fresh", large},
		{http.MethodPatch, "/fresh?id=eq.1", `{"text":"a"}`},
		{http.MethodPut, "/fresh?id=eq.1", `{"id":1,"text":"a"}`},
		{http.MethodDelete, "/fresh?id=eq.1", ""},
		{http.MethodOptions, "/fresh", ""},
		{"QUERY", "/fresh", "id=eq.1"},
		{"QUERY", "/fresh", "id=in.(1" + strings.Repeat(",1", smallBody) + ")"},
		{http.MethodGet, "/rpc/renew", ""},
		{http.MethodPost, "/rpc/renew", `{"a":1}`},
		{http.MethodOptions, "/rpc/renew", ""},
	} {
		t.Run(fmt.Sprintf("%s %s %d", test.method, test.path, len(test.body)), func(t *testing.T) {
			m.sql("drop table if exists api.fresh; drop function if exists api.renew")
			m.load()
			m.sql(`create table api.fresh (id int primary key, text text); grant all on api.fresh to visitor;
				create function api.renew(a int default 1) returns int language sql stable as 'select a'`)
			kind := "application/json"
			if test.method == "QUERY" {
				kind = "application/x-www-form-urlencoded"
			}
			m.found = 0
			m.find = func(w cache.Wanted) bool {
				if want := strings.Contains(test.path, "rpc"); w.Function != want || w.Name.Schema != "api" ||
					w.Name.Name != map[bool]string{false: "fresh", true: "renew"}[want] {
					t.Errorf("looked for %+v", w)
				}
				m.load()
				return true
			}
			m.send(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
				test.method, test.path, kind, len(test.body), test.body))
			if response, got := m.receive(test.method); response.StatusCode >= 300 {
				t.Errorf("%d %s", response.StatusCode, got)
			}
			if m.found != 1 {
				t.Errorf("looked for %d times", m.found)
			}
		})
	}
}

// TestMissingNamesAreLookedForOnce requests what there is not, though the schema changes meanwhile.
func TestMissingNamesAreLookedForOnce(t *testing.T) {
	m := newMoving(t)
	for _, find := range []func(cache.Wanted) bool{nil, func(cache.Wanted) bool { m.load(); return false }} {
		m.find = find
		for _, path := range []string{"/none", "/rpc/none", "/rpc/take?wrong=1"} {
			m.found = 0
			m.expect(http.MethodGet, path, "", 404, "PGRST20", 0)
			if m.found != 1 {
				t.Errorf("%s: looked for %d times", path, m.found)
			}
		}
	}
}

// TestMissingNamesThatComeAndGo requests what is there, though snapshots without it are taken as well: it is looked for
// again, but not for ever.
func TestMissingNamesThatComeAndGo(t *testing.T) {
	m := newMoving(t)
	const (
		table    = "create table api.fresh (id int); grant all on api.fresh to visitor"
		function = "create function api.renew() returns int language sql stable as 'select 1'"
	)
	for _, test := range []struct {
		path, create           string
		without, status, found int
	}{
		{"/fresh", table, 1, 200, 2}, {"/rpc/renew", function, 2, 200, 3}, {"/fresh", table, 3, 404, 3}, {"/rpc/renew", function, 3, 404, 3},
	} {
		m.sql("drop table if exists api.fresh; drop function if exists api.renew")
		m.load()
		m.found = 0
		m.find = func(cache.Wanted) bool {
			if m.found > test.without {
				m.sql(test.create)
			}
			m.load()
			return true
		}
		m.expect(http.MethodGet, test.path, "", test.status, "", 0)
		if m.found != test.found {
			t.Errorf("%s, %d snapshots without it: looked for %d times", test.path, test.without, m.found)
		}
	}
}

// TestMissingLinksAwaitTheirLoad embeds along a foreign key and writes a column that exist, but have not been
// announced yet.
func TestMissingLinksAwaitTheirLoad(t *testing.T) {
	m := newMoving(t)
	for range 2 {
		m.expect(http.MethodGet, "/coded?select=*,others(*)", "", 400, "PGRST200", 1)
		m.expect(http.MethodPatch, "/coded?columns=more", `{"more":1}`, 400, "PGRST204", 1)
	}
	m.sql(`create table api.others (id int primary key references api.coded); grant all on api.others to visitor;
		alter table api.coded add more int`)
	m.load() // and so there is another snapshot
	m.sql(`create table api.thirds (id int primary key references api.coded); grant all on api.thirds to visitor;
		alter table api.coded add fourth int`)
	m.onAwait = func() bool { m.load(); return true }
	m.expect(http.MethodGet, "/coded?select=id,others(*),thirds(*)", "", 200, `[{"id":1,"others":null,"thirds":null}]`, 1)
	m.expect(http.MethodPatch, "/coded?columns=more", `{"more":1}`, 200, `"more":1`, 0)
	m.sql(`alter table api.coded add fifth int`)
	m.expect(http.MethodPatch, "/coded?columns=fifth", `{"fifth":1}`, 200, `"fifth":1`, 1)
}
