package pgsql

import (
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestDefaultsKeepDocuments sees that the text of a json column is what the client sent, and its default only where the
// client sent none.
func TestDefaultsKeepDocuments(t *testing.T) {
	const odd = `{"b": 1,  "a": 1.0, "b": 2}`
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for body, want := range map[string]string{
		`{"id": 9, "doc": ` + odd + `}`: `[{"id":9,"doc":` + odd + `}]`,
		`{"id": 9, "doc": null}`:        `[{"id":9,"doc":null}]`,
		`{"id": 9}`:                     `[{"id":9,"doc":{"by": "default"}}]`,
		`[{"id": 9, "doc": ` + odd + `}, {"id": 10}, {"id": 11, "doc": null}, {"id": 12, "doc": "x"}]`: `[{"id":9,"doc":` + odd + `},` +
			`{"id":10,"doc":{"by": "default"}},{"id":11,"doc":null},{"id":12,"doc":"x"}]`,
	} {
		c := call{method: "POST", url: "/crates?columns=id,doc&select=id,doc&order=id", body: body, headers: map[string][]string{
			"Prefer": {"missing=default", "return=representation"},
		}}
		got := bodyOf(execute(t, conn, Main(c.plan(t), Options{})))
		if got = strings.ReplaceAll(got, ", \n ", ","); got != want {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
}

// TestCellsOfDocuments writes CSV with documents: what is in a cell is JSON, and nothing is NULL.
func TestCellsOfDocuments(t *testing.T) {
	const csv = "id,owner,doc,data,size,cost\n" +
		`9,,"{""b"": 1,  ""b"": 2}","[1, ""x""]","(1,2)",` + "\n" + `10,NULL,,NULL,,7` + "\n" + `11,"a\b","""text""",3,"(,3)",NULL`
	const want = `[{"id":9,"owner":"","size":{"width":1,"height":2},"data":[1, "x"],"doc":{"b": 1,  "b": 2},"cost":null},` +
		`{"id":10,"owner":null,"size":null,"data":null,"doc":null,"cost":7},` +
		`{"id":11,"owner":"a\\b","size":{"width":null,"height":3},"data":3,"doc":"text","cost":null}]`
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for _, prefer := range []string{"return=representation", "return=representation, missing=default"} {
		c := call{method: "POST", url: "/crates?order=id", body: csv, headers: map[string][]string{
			"Content-Type": {"text/csv"}, "Prefer": {prefer},
		}}
		got := bodyOf(execute(t, conn, Main(c.plan(t), Options{})))
		if got = strings.ReplaceAll(got, ", \n ", ","); got != want {
			t.Errorf("%s\n got %s\nwant %s", prefer, got, want)
		}
	}
	c := call{method: "POST", url: "/crates", body: "id,data\n1,{", headers: map[string][]string{"Content-Type": {"text/csv"}}}
	if got := execute(t, conn, Main(c.plan(t), Options{})); !strings.HasPrefix(got, "22P02 ") {
		t.Errorf("a cell that is not JSON is answered with %s", got)
	}
}

// TestUpsertsLeaveTheKey sees that an upsert needs no right to update the columns by which it finds rows, and fires no
// trigger on them.
func TestUpsertsLeaveTheKey(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	if _, err := conn.Exec(t.Context(), `
		create function api.refuse() returns trigger language plpgsql as $$ begin raise 'the key was set'; end $$;
		create trigger keep before update of id on api.crates for each row execute function api.refuse()`); err != nil {
		t.Fatal(err)
	}
	headers := map[string][]string{"Prefer": {"resolution=merge-duplicates, return=representation"}}
	post := call{method: "POST", url: "/crates?select=id,owner", body: `[{"id": 1, "owner": "new"}, {"id": 9, "owner": "z"}]`, headers: headers}
	put := call{method: "PUT", url: "/crates?id=eq.1&select=id,owner", body: `{"id": 1, "owner": "new"}`, headers: headers}
	for c, want := range map[*call]string{
		&post: "page=2 inserted=1\n[{\"id\":1,\"owner\":\"new\"}, \n {\"id\":9,\"owner\":\"z\"}]",
		&put:  "page=1 inserted=0\n[{\"id\":1,\"owner\":\"new\"}]",
	} {
		if got := answerOf(execute(t, conn, Main(c.plan(t), Options{}))); got != want {
			t.Errorf("%s\n got %s\nwant %s", c.method, got, want)
		}
	}
	// A payload of the key alone must set it, so that the row is part of the answer.
	alone := call{method: "POST", url: "/directors?select=id&columns=id", body: `{"id": 1}`, headers: headers}
	if got := answerOf(execute(t, conn, Main(alone.plan(t), Options{}))); !strings.HasPrefix(got, "23502 ") {
		t.Errorf("the key alone: %s", got)
	}
	alone = call{method: "POST", url: "/crates?select=id", body: `{"id": 9}`, headers: headers}
	if got := answerOf(execute(t, conn, Main(alone.plan(t), Options{}))); got != "page=1 inserted=1\n[{\"id\":9}]" {
		t.Errorf("the key alone: %s", got)
	}
}

// TestColumnsCalledStar writes to a column whose name is an asterisk.
func TestColumnsCalledStar(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for _, c := range []call{
		{method: "POST", url: "/stars", body: `[{"id": 5, "*": 1}]`},
		{method: "PATCH", url: "/stars?id=eq.1", body: `{"*": 7}`},
		{method: "PUT", url: "/stars?id=eq.1", body: `{"id": 1, "*": 7}`},
	} {
		if got := answerOf(execute(t, conn, Main(c.plan(t), Options{}))); !strings.HasPrefix(got, "page=1") {
			t.Errorf("%s: %s", c.method, got)
		}
	}
}
