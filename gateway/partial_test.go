package gateway

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestUpsertOnPartialIndexes finds conflicts by unique indexes with all kinds of predicates, also when PostgreSQL plans
// without knowing values, and with statements that are prepared.
func TestUpsertOnPartialIndexes(t *testing.T) {
	db := fixtureDatabase(t)
	conn := pgtest.Conn(t, db.dsn)
	var tables strings.Builder
	cases := []struct{ index, where string }{
		{"deleted_at IS NULL", "deleted_at.is.null"},
		{"deleted_at IS NOT NULL", "deleted_at.not.is.null"},
		{"deleted_at IS NULL AND state = 'it''s'", "(deleted_at.is.null,state.eq.it's)"},
		{`state = E'\\x"'''`, `state.eq."\\x\"'"`},
		{"state IN ('a', 'b')", "state.in.(a,b)"},
		{"n > 5", "n.gt.7"}, // implies the predicate of the index
		{"n BETWEEN 1 AND 3 OR state = 'x'", "or(and(n.gte.1,n.lte.3),state.eq.x)"},
		{"active", "active.eq.true"},
		{"NOT active", "active.eq.false"},
		{"active IS TRUE", "active.is.true"},
		{"doc ->> 'kind' = 'main'", "doc->>kind.eq.main"},
		{"state LIKE 'a%'", "state.like.a*"},
		{"level = 'high'", "level.eq.high"},
		{`"odd ""name," = 1`, `"odd \"name,".eq.1`},
		{"", "state.eq.anything"}, // a full index is implied by all conditions
	}
	tables.WriteString("CREATE TYPE api.level AS ENUM ('low', 'high');")
	for i, c := range cases {
		fmt.Fprintf(&tables, `CREATE TABLE api.part_%d (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, hits int,
			deleted_at timestamptz, state text, n int, active bool, doc jsonb, level api.level, "odd ""name," int);`, i)
		predicate := ""
		if c.index != "" {
			predicate = " WHERE " + c.index
		}
		fmt.Fprintf(&tables, "CREATE UNIQUE INDEX ON api.part_%d (name)%s;", i, predicate)
		fmt.Fprintf(&tables, "GRANT SELECT, INSERT, UPDATE ON api.part_%d TO visitor;", i)
	}
	// In this database only: the tests share the server and its roles.
	if _, err := conn.Exec(t.Context(), tables.String()+`DO $$ BEGIN
		EXECUTE format('ALTER ROLE gatekeeper IN DATABASE %I SET plan_cache_mode = force_generic_plan', current_database());
		END $$`); err != nil {
		t.Fatal(err)
	}
	row := map[int]string{
		1: `,"deleted_at":"2000-01-01"`, 2: `,"state":"it's"`, 3: `,"state":"\\x\"'"`, 4: `,"state":"b"`, 5: `,"n":8`, 6: `,"n":2`,
		7: `,"active":true`, 8: `,"active":false`, 9: `,"active":true`, 10: `,"doc":{"kind":"main"}`, 11: `,"state":"abc"`, 12: `,"level":"high"`,
		13: `,"odd \"name,":1`,
	}
	c := dial(t, db.serve(t, "db-anon-role = \"visitor\""))
	for i, tt := range cases {
		target := fmt.Sprintf("/part_%d?on_conflict=name&on_conflict_where=%s", i, url.QueryEscape(tt.where))
		for hits, want := range []int{201, 200, 200, 200} {
			body := fmt.Sprintf(`{"name":"a","hits":%d%s}`, hits, row[i])
			c.send(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nPrefer: resolution=merge-duplicates, return=representation\r\nContent-Length: %d\r\n\r\n%s",
				target, len(body), body))
			response, answer := c.receive("POST")
			if response.StatusCode != want || !strings.Contains(answer, fmt.Sprintf(`"id":1,"name":"a","hits":%d,`, hits)) {
				t.Errorf("%s on %q, round %d: %d %s", tt.where, tt.index, hits, response.StatusCode, answer)
			}
		}
	}
	for where, want := range map[string]string{
		"": "42P10", "&on_conflict_where=n.gt.1": "42P10", "&on_conflict_where=deleted_at.is.nul": "PGRST100",
		"&on_conflict_where=deleted_at.is.null)": "PGRST100", "&on_conflict_where=a)%20DO%20NOTHING--.eq.1": "PGRST100",
		"&on_conflict_where=part_1(id).eq.1": "PGRST", "&on_conflict_where=nothing.eq.1": "42703",
		"&on_conflict_where=state.eq.';DROP%20TABLE%20api.part_0;--": "42P10",
	} {
		c.send("POST /part_0?on_conflict=name" + where + " HTTP/1.1\r\nHost: a\r\nPrefer: resolution=ignore-duplicates\r\nContent-Length: 12\r\n\r\n{\"name\":\"a\"}")
		if response, answer := c.receive("POST"); response.StatusCode/100 != 4 || !strings.Contains(answer, `"code":"`+want) {
			t.Errorf("%q: %d %s, want %s", where, response.StatusCode, answer, want)
		}
	}
	c.send("POST /part_0?on_conflict=name&on_conflict_where=deleted_at.is.null HTTP/1.1\r\nHost: a\r\nPrefer: resolution=ignore-duplicates\r\nContent-Length: 12\r\n\r\n{\"name\":\"a\"}")
	c.expectStatus(201)
	var rows int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM api.part_0").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d rows (%v)", rows, err)
	}
}
