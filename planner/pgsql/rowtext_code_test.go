package pgsql

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner"
	"trunkline/planner/request"
)

// TestRowTextOfUnrelatedRows embeds relations that PostgreSQL hashes as a whole, with values that only rows which belong
// to no parent have and that cannot be converted to jsonb. They must not be converted.
func TestRowTextOfUnrelatedRows(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	_, err := conn.Exec(t.Context(), `CREATE SCHEMA api;
		CREATE TABLE api.lands (id integer PRIMARY KEY, doc json);
		CREATE TABLE api.makers (id integer PRIMARY KEY, land_id integer REFERENCES api.lands, doc json);
		CREATE TABLE api.things (id integer PRIMARY KEY, maker_id integer REFERENCES api.makers);
		CREATE TABLE api.awards (id integer PRIMARY KEY, maker_id integer REFERENCES api.makers, doc json);
		INSERT INTO api.lands VALUES (1, '1'), (2, '"\u0000"');
		INSERT INTO api.makers VALUES (1, 1, '"a"'), (2, 1, '"\u0000"'), (3, 2, '"\ud800"'), (4, 1, '"b"');
		INSERT INTO api.things VALUES (1, 1), (2, NULL), (3, 1);
		INSERT INTO api.awards VALUES (1, 1, '[]'), (2, 4, '"\u0000"');
		SET enable_nestloop = off; SET enable_mergejoin = off;`)
	if err != nil {
		t.Fatal(err)
	}
	snap := load(t, conn)
	for url, want := range map[string]string{
		"/things?select=id,makers(doc)&order=id":                   `{"doc": "a"}`,
		"/things?select=id,makers(pgrst_found:doc)&order=id":       `{"pgrst_found": "a"}`,
		"/things?select=id,makers(lands(doc))&order=id":            `{"lands": {"doc": 1}}`,
		"/things?select=id,makers(awards(doc))&order=id":           `{"awards": [{"doc": []}]}`,
		"/things?select=id,makers(id,awards(),lands(id))&order=id": `{"id": 1, "lands": {"id": 1}}`,
		"/things?select=id,makers(doc,awards())&order=id":          `{"doc": "a"}`,
	} {
		plan, apiErr := planner.New(call{method: "GET", url: url}.parse(t), snap, &planner.Options{MaxRows: request.NoLimit})
		if apiErr != nil {
			t.Fatal(apiErr)
		}
		text, plain := Main(plan, Options{}), Main(plan, Options{PlannedOnce: true})
		if nested := strings.Contains(url, "(doc))") || strings.Contains(url, "lands(id)"); (text.SQL == plain.SQL) != nested {
			t.Errorf("whether %s is joined to text: %v", url, nested)
		}
		want = fmt.Sprintf("[{\"id\":1,\"makers\":%s}, \n {\"id\":2,\"makers\":null}, \n {\"id\":3,\"makers\":%[1]s}]", want)
		for _, s := range []Statement{plain, text} {
			if got := execute(t, conn, s); bodyOf(got) != want {
				t.Errorf("%s\n got %s\nwant %s\n%s", url, got, want, s.SQL)
			}
		}
	}
}

// TestRowTextInPhysicalOrder requires that rows are not aggregated in parts by parallel workers, which would change
// their order. Only PostgreSQL 16 and later could.
func TestRowTextInPhysicalOrder(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	_, err := conn.Exec(t.Context(), `CREATE SCHEMA api;
		CREATE TABLE api.makers (id integer PRIMARY KEY, name text);
		CREATE TABLE api.things (id integer, maker_id integer REFERENCES api.makers);
		INSERT INTO api.makers SELECT g, 'maker' FROM generate_series(1, 100) g;
		INSERT INTO api.things SELECT g, g % 100 + 1 FROM generate_series(1, 10000) g;
		ANALYZE;
		SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0;`)
	if err != nil {
		t.Fatal(err)
	}
	c := call{method: "GET", url: "/things?select=id,makers(name)"}
	plan, apiErr := planner.New(c.parse(t), load(t, conn), &planner.Options{MaxRows: request.NoLimit})
	if apiErr != nil {
		t.Fatal(apiErr)
	}
	s := Main(plan, Options{})
	rows, err := conn.Query(t.Context(), "EXPLAIN "+s.SQL)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if explained := strings.Join(lines, "\n"); err != nil || strings.Contains(explained, "Partial Aggregate") {
		t.Errorf("%s (error %v)\n%s", s.SQL, err, explained)
	}
}

// TestRowTextOfPaths selects what an operator of the database returns for text, and values whose last key is empty.
func TestRowTextOfPaths(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	_, err := conn.Exec(t.Context(), `CREATE SCHEMA api;
		CREATE TABLE api.makers (id integer PRIMARY KEY, doc jsonb);
		CREATE TABLE api.things (id integer PRIMARY KEY, maker_id integer REFERENCES api.makers);
		INSERT INTO api.makers VALUES (1, '{"a": "b c", "": 1}');
		INSERT INTO api.things VALUES (1, 1);
		CREATE FUNCTION api.parts(text, text) RETURNS text[] IMMUTABLE LANGUAGE sql AS 'SELECT string_to_array($1, $2)';
		CREATE OPERATOR api.->> (LEFTARG = text, RIGHTARG = text, FUNCTION = api.parts);`)
	if err != nil {
		t.Fatal(err)
	}
	snap := load(t, conn)
	for url, want := range map[string]string{
		`/things?select=id,makers(doc->>a->>b)`:                  `[{"id":1,"makers":{"b": ["", " c"]}}]`,
		`/things?select=id,makers(doc->>%22%22)`:                 `[{"id":1,"makers":{"?column?": "1"}}]`,
		`/makers?select=doc->%22%22,things(id)`:                  `[{"?column?":1,"things":[{"id": 1}]}]`,
		`/makers?select=doc->%22%22::text,things(id,makers(id))`: `[{"text":"1","things":[{"id": 1, "makers": {"id": 1}}]}]`,
	} {
		plan, apiErr := planner.New(call{method: "GET", url: url}.parse(t), snap, &planner.Options{MaxRows: request.NoLimit})
		if apiErr != nil {
			t.Fatal(apiErr)
		}
		for _, once := range []bool{true, false} {
			s := Main(plan, Options{PlannedOnce: once})
			if got := bodyOf(execute(t, conn, s)); got != want {
				t.Errorf("%s\n got %s\nwant %s\n%s", url, got, want, s.SQL)
			}
		}
	}
}

// TestRowTextRunsCodeOnce counts how often functions of the database run for embeds that are tested for null.
func TestRowTextRunsCodeOnce(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	_, err := conn.Exec(t.Context(), `CREATE SCHEMA api;
		CREATE TABLE api.makers (id integer PRIMARY KEY);
		CREATE TABLE api.things (id integer PRIMARY KEY, maker_id integer REFERENCES api.makers);
		INSERT INTO api.makers VALUES (1), (2);
		INSERT INTO api.things VALUES (1, 1), (2, NULL);
		CREATE SEQUENCE api.runs;
		CREATE FUNCTION api.facts(api.makers) RETURNS json STABLE LANGUAGE plpgsql
			AS $$ BEGIN PERFORM nextval('api.runs'); RETURN '{"a": 1}'; END $$;
		SET enable_nestloop = off; SET enable_mergejoin = off;`)
	if err != nil {
		t.Fatal(err)
	}
	snap := load(t, conn)
	for _, condition := range []string{"", "&makers=is.null", "&makers=not.is.null", "&or=(makers.is.null,id.eq.1)"} {
		c := call{method: "GET", url: "/things?select=id,makers(id,facts->a)&order=id" + condition}
		plan, apiErr := planner.New(c.parse(t), snap, &planner.Options{MaxRows: request.NoLimit})
		if apiErr != nil {
			t.Fatal(apiErr)
		}
		var runs [2]int
		for i, once := range []bool{true, false} {
			execute(t, conn, Main(plan, Options{PlannedOnce: once}))
			if err := conn.QueryRow(t.Context(), "SELECT nextval('api.runs')").Scan(&runs[i]); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), "ALTER SEQUENCE api.runs RESTART"); err != nil {
				t.Fatal(err)
			}
		}
		if runs[0] != runs[1] {
			t.Errorf("%s: %d runs, and %d if rows are joined to text", c.url, runs[0], runs[1])
		}
	}
}

// TestRowTextWithErrors requires that of several errors the same one is returned.
func TestRowTextWithErrors(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	_, err := conn.Exec(t.Context(), `CREATE SCHEMA api;
		CREATE TABLE api.makers (id integer PRIMARY KEY, a text, b text, doc json);
		CREATE TABLE api.things (id integer PRIMARY KEY, maker_id integer REFERENCES api.makers, a text);
		INSERT INTO api.makers VALUES (1, 'x', 'y', '"\u0000"');
		INSERT INTO api.things VALUES (1, 1, 'z');`)
	if err != nil {
		t.Fatal(err)
	}
	snap := load(t, conn)
	for _, url := range []string{
		"/things?select=id,makers(long:a::int,b:b::int)", "/things?select=id,makers(long:a::int,doc)",
		"/makers?select=id,things(long:a::int,makers(doc))", "/makers?select=doc,things(id,long:a::int,makers(doc))",
		"/things?select=a:a::int,makers(doc)", "/makers?select=long:a::int,b:b::int,things(a:a::int)",
	} {
		plan, apiErr := planner.New(call{method: "GET", url: url}.parse(t), snap, &planner.Options{MaxRows: request.NoLimit})
		if apiErr != nil {
			t.Fatal(apiErr)
		}
		want := execute(t, conn, Main(plan, Options{PlannedOnce: true}))
		if got := execute(t, conn, Main(plan, Options{})); got != want || !strings.HasPrefix(want, "22P02") {
			t.Errorf("%s\n got %s\nwant %s", url, got, want)
		}
	}
}

// TestRowTextUnderPolicies compares random requests of a role that may read some rows and columns only.
func TestRowTextUnderPolicies(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 7))
	tables := newKindsTables(r)
	conn := pgtest.Conn(t, pgtest.Database(t))
	if _, err := conn.Exec(t.Context(), tables.sql.String()+`
		DO $$ BEGIN CREATE ROLE rowtext_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		GRANT USAGE ON SCHEMA api TO rowtext_reader;
		GRANT SELECT ON api.makers, api.things TO rowtext_reader;
		GRANT SELECT (thing_id) ON api.notes TO rowtext_reader;
		GRANT SELECT (thing_id, maker_id) ON api.uses TO rowtext_reader;
		ALTER TABLE api.makers ENABLE ROW LEVEL SECURITY;
		CREATE POLICY odd ON api.makers USING (id % 2 = 1);
		ALTER TABLE api.things ENABLE ROW LEVEL SECURITY;
		CREATE POLICY made ON api.things USING (maker_id IS NULL OR EXISTS (SELECT FROM api.makers m WHERE m.id = maker_id));`); err != nil {
		t.Fatal(err)
	}
	snap := load(t, conn)
	if _, err := conn.Exec(t.Context(), "SET SESSION AUTHORIZATION rowtext_reader"); err != nil {
		t.Fatal(err)
	}
	q := &kindsRequest{Rand: r, tables: tables}
	rows, refused := 0, 0
	for range 400 {
		c := q.call()
		plan, apiErr := planner.New(c.parse(t), snap, &planner.Options{MaxRows: request.NoLimit, LegacyTargetNames: true})
		if apiErr != nil {
			continue
		}
		text, plain := Main(plan, Options{}), Main(plan, Options{PlannedOnce: true})
		if text.SQL == plain.SQL {
			continue
		}
		want := execute(t, conn, plain)
		if got := execute(t, conn, text); got != want {
			t.Fatalf("%s %v\n got %s\nwant %s\n%s", c.url, c.headers, got, want, text.SQL)
		}
		if strings.HasPrefix(want, "42501") {
			refused++
		} else {
			rows++
		}
	}
	if rows < 10 || refused < 10 {
		t.Errorf("%d requests were answered, %d refused", rows, refused)
	}
}
