package gateway

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// walkSQL makes a table with ties and nulls in every column but the key, a view of it, and something to embed.
const walkSQL = `
	CREATE TYPE api.mood AS ENUM ('sad', 'glad');
	CREATE TABLE api.walk (a int, b int, key uuid DEFAULT gen_random_uuid(), word text, at timestamptz NOT NULL, day date,
		sure int NOT NULL, mood api.mood, real float8, doc jsonb, nums int[], c char(4), PRIMARY KEY (a, b, key));
	CREATE TABLE api.steps (id int PRIMARY KEY, wa int, wb int, wk uuid, n int, FOREIGN KEY (wa, wb, wk) REFERENCES api.walk);
	CREATE FUNCTION internal.fill(n int) RETURNS void LANGUAGE sql AS $$
		INSERT INTO api.walk SELECT random() * 3, random() * 4, gen_random_uuid(), (ARRAY['a', 'B', 'b', 'é', '', 'x,"y', null, null])[1 + floor(random() * 8)::int],
			timestamptz '2020-01-01 00:00:00.123456+02' + interval '1 microsecond' * (random() * 3), CASE WHEN random() < 0.7 THEN (ARRAY['-infinity', '2020-02-29', '0044-03-15 BC']::date[])[1 + floor(random() * 3)::int] END,
			random() * 3, (ARRAY['sad', 'glad', null])[1 + floor(random() * 3)::int]::api.mood, (ARRAY[0.1::float8 + 0.2, 'NaN', '-Infinity', null, 1e300])[1 + floor(random() * 5)::int],
			(ARRAY['1', '"a"', '{"a": [1, 2]}', null])[1 + floor(random() * 4)::int]::jsonb, (ARRAY['{1,2}', '{}', '{NULL}', null])[1 + floor(random() * 4)::int]::int[],
			(ARRAY['ab', 'b', null])[1 + floor(random() * 3)::int] FROM generate_series(1, n) $$;
	SELECT setseed(0.5);
	SELECT internal.fill(60);
	INSERT INTO api.steps SELECT row_number() OVER (), a, b, key, nullif(b, 2) FROM api.walk WHERE a < 3;
	CREATE VIEW api.walk_view AS SELECT * FROM api.walk;
	CREATE VIEW api.doubled AS SELECT a, b, key FROM api.walk, generate_series(1, 2);
	CREATE TABLE api.keyless (n int);
	GRANT SELECT ON ALL TABLES IN SCHEMA api TO visitor`

// walker follows the links of pages.
type walker struct {
	t    *testing.T
	c    *client
	path string
}

// page asks for a page and returns the status, the keys of its rows, and the query string of the next page.
func (w *walker) page(query string, headers ...string) (status string, rows []string, next string) {
	w.t.Helper()
	w.c.send("GET " + w.path + "?" + query + " HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n")
	status, all, body := w.c.receiveRaw("GET")
	if !strings.HasPrefix(status, "20") {
		return status + body, nil, ""
	}
	if links := all["Link"]; len(links) > 0 {
		link, begins := strings.CutPrefix(links[0], "<?")
		query, ends := strings.CutSuffix(link, `>; rel="next"`)
		if next = query; !begins || !ends {
			w.t.Fatalf("Link: %s", links[0])
		}
	}
	for line := range strings.Lines(body) {
		line = strings.Trim(strings.TrimSpace(line), "[], ")
		var row struct{ Key string }
		if line == "" || strings.HasPrefix(line, "key") {
			continue
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			row.Key = line // CSV
		}
		rows = append(rows, row.Key)
	}
	return status, rows, next
}

// TestWalk walks a table in random orders, in pages of every size and form, and compares with all rows in one answer.
func TestWalk(t *testing.T) {
	db := fixtureDatabase(t)
	conn := pgtest.Conn(t, db.dsn)
	if _, err := conn.Exec(t.Context(), walkSQL); err != nil {
		t.Fatal(err)
	}
	address := db.serve(t, "url-extensions = true")
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(3, seed))
		terms, embeds := randomOrder(r)
		w := &walker{t, dial(t, address), "/" + pick(r, "walk", "walk", "walk_view")}
		query := "select=key" + embeds + pick(r, "", "&sure=gt.0", "&or=(b.gt.1,word.is.null)") + "&order=" + terms
		accept := "Accept: " + pick(r, "application/json", "application/x-ndjson", "text/csv")
		if strings.Contains(embeds, "steps(") {
			accept = "Accept: application/json"
		}
		_, want, next := w.page(query+"&after=", accept)
		if len(want) < 20 || next != "" {
			t.Fatalf("%s: %d rows, next %q", query, len(want), next)
		}
		limit := 1 + r.IntN(9)
		var got []string
		for query := fmt.Sprintf("%s&limit=%d&after=", query, limit); query != ""; {
			status, rows, next := w.page(query, accept, "Prefer: count=exact")
			if next != "" && len(rows) != limit || !strings.HasPrefix(status, "20") {
				t.Fatalf("%s: %s, %d rows, next %q", query, status, len(rows), next)
			}
			got, query = append(got, rows...), next
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s by %d\n got %d %q\nwant %d %q", query, limit, len(got), got, len(want), want)
		}
	}
}

// randomOrder returns an order, and what has to be selected for it besides the key.
func randomOrder(r *rand.Rand) (order, selected string) {
	var terms []string
	for range r.IntN(4) {
		column := pick(r, "a", "b", "word", "at", "day", "sure", "mood", "real", "doc", "nums", "c", "doc->>a", ":w", "steps(n)", "key")
		switch {
		case column == ":w" && !strings.Contains(selected, "w:"):
			selected += ",w:sure"
		case column == "steps(n)" && !strings.Contains(selected, "steps"):
			selected += ",steps(n)"
		}
		terms = append(terms, column+pick(r, "", ".asc", ".desc")+pick(r, "", "", ".nullsfirst", ".nullslast"))
	}
	if len(terms) == 0 {
		return "a", selected
	}
	return strings.Join(terms, ","), selected
}

// TestWalkDuringWrites walks a table while others insert and delete rows: those that are there all the time are seen
// once each, and no row twice.
func TestWalkDuringWrites(t *testing.T) {
	db := fixtureDatabase(t)
	conn := pgtest.Conn(t, db.dsn)
	if _, err := conn.Exec(t.Context(), walkSQL); err != nil {
		t.Fatal(err)
	}
	address := db.serve(t)
	for _, order := range []string{"word", "word.desc,day.nullsfirst", "sure,at.desc", "a,b,key", "real.desc.nullslast"} {
		w := &walker{t, dial(t, address), "/walk"}
		stay := keysOf(t, conn, "SELECT key::text FROM api.walk ORDER BY key")
		seen := map[string]int{}
		for query := "select=key&limit=7&after=&order=" + order; query != ""; {
			status, rows, next := w.page(query)
			if !strings.HasPrefix(status, "200") {
				t.Fatalf("%s: %s", query, status)
			}
			for _, key := range rows {
				seen[key]++
			}
			query = next
			if _, err := conn.Exec(t.Context(), `DELETE FROM api.walk WHERE ctid IN (SELECT w.ctid FROM api.walk w WHERE NOT (key::text = ANY ($1)) LIMIT 3)`, stay); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), "SELECT internal.fill(4)"); err != nil {
				t.Fatal(err)
			}
			if len(seen) > 100_000 {
				t.Fatal("the walk has no end")
			}
		}
		for key, times := range seen {
			if times != 1 {
				t.Errorf("%s: row %s was seen %d times", order, key, times)
			}
		}
		for _, key := range stay {
			if seen[key] != 1 {
				t.Errorf("%s: a row that was there was not seen", order)
			}
		}
	}
}

func keysOf(t *testing.T, conn *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestCursors has cursors that cannot be, and requests that cannot have any.
func TestCursors(t *testing.T) {
	db := fixtureDatabase(t)
	if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), walkSQL); err != nil {
		t.Fatal(err)
	}
	address := db.serve(t, "db-aggregates-enabled = true")
	w := &walker{t, dial(t, address), "/walk"}
	_, _, next := w.page("select=key&limit=3&order=sure&after=")
	_, cursor, _ := strings.Cut(next, "after=")
	for _, tt := range []struct{ path, query, status, message string }{
		{"/walk", "select=key&limit=3&order=sure&after=" + cursor, "200", ""},
		{"/walk", "select=key,a&limit=2&sure=gt.0&order=sure&after=" + cursor, "200", ""},
		{"/walk", "select=key&limit=3&order=sure.asc.nullslast&after=" + cursor, "200", ""},
		{"/walk", "select=key&limit=3&order=sure.desc&after=" + cursor, "400", "different order"},
		{"/walk", "select=key&limit=3&order=sure.nullsfirst&after=" + cursor, "400", "different order"},
		{"/walk", "select=key&limit=3&order=b&after=" + cursor, "400", "different order"},
		{"/walk", "select=key&limit=3&after=" + cursor, "400", "different order"},
		{"/walk_view", "select=key&limit=3&order=sure&after=" + cursor, "400", "different order"},
		{"/walk", "select=key&limit=3&order=sure&after=" + cursor[:len(cursor)-2], "400", "not a cursor"},
		{"/walk", "select=key&limit=3&after=W10", "400", "not a cursor"},
		{"/walk", "select=key&limit=3&after=%ff", "400", ""},
		{"/walk", "select=key&limit=3&after=x'", "400", "not a cursor"},
		{"/walk", "select=key&after=eq.1", "400", "42703"},
		{"/walk", "select=a,count()&after=", "400", "not possible"},
		{"/walk", "select=a&offset=1&after=", "400", "not possible"},
		{"/walk", "select=a&limit=0&after=", "400", "not possible"},
		{"/walk", "select=key&limit=0&order=sure&after=" + cursor, "400", "not possible"},
		{"/walk", "select=key&limit=-1&after=", "416", ""},
		{"/keyless", "after=", "400", "not possible"},
		{"/doubled", "select=key&limit=1&after=", "400", "No cursor can be made"},
		{"/doubled", "select=key&limit=2&after=", "200", ""},
		{"/walk", "select=key&limit=1&word=not.eq." + strings.Repeat("x", 5000) + "&after=", "400", "too long"},
	} {
		w.path = tt.path
		status, _, _ := w.page(tt.query)
		if !strings.HasPrefix(status, tt.status) || !strings.Contains(status, tt.message) {
			t.Errorf("%s?%s: %s", tt.path, tt.query, status)
		}
	}
}

// TestPageSizes asks for pages whose size comes from the query, a Range header or db-max-rows, with and without a
// count, by GET and HEAD: status, Content-Range and link do not depend on the method, except that Range is for GET
// only.
func TestPageSizes(t *testing.T) {
	db := fixtureDatabase(t)
	if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), walkSQL); err != nil {
		t.Fatal(err)
	}
	all, few := db.serve(t), db.serve(t, "db-max-rows = 9")
	const page = "/walk?select=key&order=sure&after="
	_, headers, _ := dial(t, all).exchange("GET", page+"&limit=3")
	_, cursor, _ := strings.Cut(strings.Join(headers["Link"], ""), "after=")
	behind := page + strings.TrimSuffix(cursor, `>; rel="next"`)
	for _, tt := range []struct {
		address, target string
		headers         []string
		status, ranged  string
		linked          bool
	}{
		{all, page, nil, "200", "0-59/*", false},
		{all, page, []string{"Prefer: count=exact"}, "200", "0-59/60", false},
		{all, page + "&limit=60", []string{"Prefer: count=exact"}, "200", "0-59/60", false},
		{all, page + "&limit=59", []string{"Prefer: count=exact, handling=strict"}, "206", "0-58/60", true},
		{all, page, []string{"Range: 0-4", "Range-Unit: items"}, "200", "0-4/*", true},
		{all, page + "&limit=3", []string{"Range: 0-4", "Prefer: count=exact"}, "206", "0-2/60", true},
		{all, page, []string{"Range: 5-9"}, "400", "", false},
		{all, page + "&limit=0", []string{"Range: 0-4"}, "400", "", false},
		{all, behind, nil, "200", "*/*", false},
		{all, behind + "&limit=4", []string{"Prefer: count=exact"}, "206", "*/60", true},
		{all, behind + "&limit=57", []string{"Prefer: count=exact"}, "206", "*/60", false},
		{all, behind, []string{"Range: 0-4"}, "200", "*/*", true},
		{all, behind + "&limit=0", []string{"Prefer: count=exact"}, "400", "", false},
		{few, page, nil, "200", "0-8/*", true},
		{few, page + "&limit=20", []string{"Prefer: count=exact"}, "206", "0-8/60", true},
		{few, behind, []string{"Range: 0-20", "Prefer: count=exact"}, "206", "*/60", true},
		{few, behind + "&limit=0", nil, "400", "", false},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			if method == "HEAD" && strings.Contains(strings.Join(tt.headers, ""), "Range:") {
				continue
			}
			status, headers, _ := dial(t, tt.address).exchange(method, tt.target, tt.headers...)
			ranged, links := strings.Join(headers["Content-Range"], ""), len(headers["Link"])
			if !strings.HasPrefix(status, tt.status) || ranged != tt.ranged || links > 0 != tt.linked {
				t.Errorf("%s %s %q: %s, Content-Range %q, %d links", method, tt.target, tt.headers, status, ranged, links)
			}
		}
	}
}

// exchange sends a request without a body and returns its answer.
func (c *client) exchange(method, target string, headers ...string) (status string, fields map[string][]string, body string) {
	c.send(method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n")
	return c.receiveRaw(method)
}
