package gateway

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

const formType = "Content-Type: application/x-www-form-urlencoded"

// TestQueryAnswersAsGet sends each GET of testdata/features with its query string, or a part of it, in a body: by
// QUERY, and by POST that stands for it. The answers are those to GET.
func TestQueryAnswersAsGet(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/features/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	db := fixedDatabase(t)
	compared := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			f := readFeature(t, file)
			cases := slices.DeleteFunc(f.cases, func(c *featureCase) bool { return !comparable(c) })
			if len(cases) == 0 {
				return
			}
			addr := db.serve(t, f.settings...)
			for _, c := range cases {
				compareQuery(t, db, addr, c)
				compared++
			}
		})
	}
	if compared < 400 {
		t.Errorf("only %d requests were compared", compared)
	}
}

// comparable reports whether a case is a GET whose answer does not show the request itself.
func comparable(c *featureCase) bool {
	path, _, _ := strings.Cut(c.target, "?")
	return c.method == http.MethodGet && path != "/" && !strings.Contains(c.target, "rpc/requested") &&
		!slices.ContainsFunc(c.headers, func(h string) bool { return strings.HasPrefix(strings.ToLower(h), "content-type:") })
}

func compareQuery(t *testing.T, db *fixture, addr string, c *featureCase) {
	t.Helper()
	want := c.send(t, db, addr)
	path, query, _ := strings.Cut(c.target, "?")
	variants := []*featureCase{
		{method: "QUERY", target: path, body: query, headers: append([]string{formType}, c.headers...)},
		{method: "POST", target: path, body: query, headers: append([]string{"X-HTTP-Method-Override: QUERY", formType + ";charset=utf-8"}, c.headers...)},
	}
	if first, rest, ok := strings.Cut(query, "&"); ok {
		variants = append(variants, &featureCase{method: "QUERY", target: path + "?" + first, body: rest, headers: variants[0].headers})
	}
	for _, v := range variants {
		got := v.send(t, db, addr)
		if got.status != want.status || !slices.Equal(got.headers, want.headers) || compact(got.body) != compact(want.body) {
			t.Errorf("%s: %s %s with %q\n got %+v\nwant %+v", c.title, v.method, v.target, v.body, got, want)
		}
	}
}

// manyIDs is how many values a list in a body must be able to have at least.
const manyIDs = 100_000

// TestQueryOfManyValues finds and deletes rows by as many values as no URL can have, by an index and without one.
func TestQueryOfManyValues(t *testing.T) {
	t.Parallel()
	db := fixtureDatabase(t)
	if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), `
		CREATE TABLE api.many (id int PRIMARY KEY, loose int, word text);
		INSERT INTO api.many SELECT i, i % 50000, 'w' || i FROM generate_series(1, 150000) i;
		ANALYZE api.many;
		GRANT SELECT, DELETE ON api.many TO visitor`); err != nil {
		t.Fatal(err)
	}
	numbers := make([]string, manyIDs)
	for i := range numbers {
		numbers[i] = strconv.Itoa(2 * (i + 1))
	}
	list := "in.(" + strings.Join(numbers, ",") + ")"
	c := dial(t, db.serve(t, "db-aggregates-enabled = true"))
	for range 2 { // and when the statement is known
		for query, want := range map[string]int{
			"id=" + list: 75_000, "loose=" + list: 75_000 - 3, "id=not." + list: 75_000, "or=(id." + list + ",id.eq.1)": 75_001,
			"word=in.(w" + strings.Join(numbers, ",w") + ")": 75_000,
		} {
			response, body := c.query(http.MethodPost, "/many?select=n:id.count()", query)
			if wanted := fmt.Sprintf(`[{"n":%d}]`, want); response.StatusCode != 200 || body != wanted {
				t.Fatalf("%.20s…: status %d, body %.300s, want %s", query, response.StatusCode, body, wanted)
			}
			if location := response.Header.Get("Content-Location"); location != "" {
				t.Errorf("Content-Location of %d bytes", len(location))
			}
		}
	}
	if response, body := c.query(http.MethodDelete, "/many?word=like.w1*", "id="+list); response.StatusCode != 204 {
		t.Fatalf("DELETE: status %d, body %.300s", response.StatusCode, body)
	}
	response, body := c.query("QUERY", "/many", "select=n:id.count()&id="+list)
	if wanted := `[{"n":44444}]`; body != wanted { // 30,556 of the even numbers up to 150,000 begin with a one
		t.Errorf("after DELETE: status %d, body %.300s, want %s", response.StatusCode, body, wanted)
	}
}

// TestQueryInPages follows the links of a query that is too long for them, and of one that is not: the same body with
// each link, whatever cursor it begins with.
func TestQueryInPages(t *testing.T) {
	db := fixtureDatabase(t)
	if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), `
		CREATE TABLE api.many (id int PRIMARY KEY);
		INSERT INTO api.many SELECT generate_series(1, 5000);
		GRANT SELECT ON api.many TO visitor`); err != nil {
		t.Fatal(err)
	}
	c := dial(t, db.serve(t))
	var long, short strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&long, ",%d", 2*i+1)
	}
	for i := range 200 {
		fmt.Fprintf(&short, ",%d", 2*i+1)
	}
	for _, tt := range []struct {
		url, body string
		rows      int
		marked    bool
	}{
		{"?select=id&limit=300", "order=id.desc&after=&id=in.(0" + long.String() + ")", 2000, true},
		{"?after=&order=id&limit=999&select=id", "id=in.(0" + long.String() + ")", 2000, true},
		{"", "order=id&limit=1999&after=&id=in.(0" + long.String() + ")", 2000, true},
		{"?limit=70&select=id", "after=&id=in.(0" + short.String() + ")", 200, false},
	} {
		target, body, seen := "/many"+tt.url, tt.body, map[string]bool{}
		for pages := 0; target != ""; pages++ {
			response, answer := c.query("POST", target, body)
			for _, row := range strings.Split(strings.Trim(answer, "[]"), ",") {
				row = strings.TrimSpace(row)
				if response.StatusCode != 200 || seen[row] || pages > 20 {
					t.Fatalf("%s: status %d, %s is seen again", target, response.StatusCode, row)
				}
				seen[row] = true
			}
			target = ""
			link := response.Header.Get("Link")
			query, end, found := strings.Cut(strings.TrimPrefix(link, "<?"), ">; rel=\"next\"")
			if !found {
				continue
			}
			if marked := end == `; method="QUERY"`; marked != tt.marked || !marked && end != "" {
				t.Errorf("%s: Link: %.300s", tt.url, link)
			}
			target = "/many?" + query
			if pages == 1 { // as from a client that began in the middle
				_, cursor, _ := strings.Cut(query, "after=")
				body = strings.Replace(body, "after=", "after="+cursor, 1)
			}
		}
		if len(seen) != tt.rows {
			t.Errorf("%s: %d rows, want %d", tt.url, len(seen), tt.rows)
		}
	}
	response, answer := c.query("POST", "/many?limit=1&id=neq."+strings.Repeat("0", 5000), "after=")
	if response.StatusCode != 400 || !strings.Contains(answer, "too long") {
		t.Errorf("status %d, %s", response.StatusCode, answer)
	}
}

// query sends a form, by POST as QUERY.
func (c *client) query(method, target, form string) (*http.Response, string) {
	c.t.Helper()
	c.send(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: QUERY\r\n%s\r\nContent-Length: %d\r\n\r\n%s",
		method, target, formType, len(form), form))
	return c.receive(method)
}

// TestQueryIsRefused sends queries that are wrong, or to what has none. Large bodies are not received where the head
// tells.
func TestQueryIsRefused(t *testing.T) {
	db := fixedDatabase(t)
	addr := db.serve(t)
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	for _, tt := range []struct{ name, head, body, status, want string }{
		{"JSON", "QUERY /sites\nContent-Type: application/json", `{"id":1}`, "415", `"code":"TRUNK415"`},
		{"JSON, large", "QUERY /sites\nContent-Type: application/json", many(" ", 20_000), "415", `"code":"TRUNK415"`},
		{"no type", "QUERY /sites?id=eq.1", "", "400", "The Content-Type is missing."},
		{"no relation, large", "QUERY /nowhere\n" + formType, many(" ", 20_000), "404", "PGRST205"},
		{"no routine, large", "QUERY /rpc/nowhere\n" + formType, many(" ", 20_000), "404", "PGRST202"},
		{"root", "QUERY /\n" + formType, "", "405", "PGRST117"},
		{"path", "QUERY /a/b/c\n" + formType, "", "404", "PGRST125"},
		{"profile", "QUERY /sites\nAccept-Profile: nowhere\n" + formType, "", "406", "PGRST106"},
		{"a filter", "QUERY /sites\n" + formType, "id=1", "400", "failed to parse filter (1)"},
		{"a filter of DELETE", "DELETE /sites?id=eq.0\n" + formType, "id=1", "400", "failed to parse filter (1)"},
		{"a long filter", "QUERY /sites\n" + formType, "id=" + many("x", 1<<20), "400", "failed to parse filter (xxx"},
		{"no text", "QUERY /sites\n" + formType, "id=eq.%ff", "400", "TRUNK400"},
		{"parameters", "QUERY /sites\n" + formType, many("a&", 20_000), "400", "Too many parameters"},
		{"values", "QUERY /sites\n" + formType, "id=in.(" + many(",", 300_000) + ")", "400", "Too many values in lists"},
		{"steps", "QUERY /sites\n" + formType, "id" + many("->a", 20_000) + "=is.null", "400", "Too many steps in paths"},
		{"names", "QUERY /sites\n" + formType, many("a.", 20_000) + "a=is.null", "400", "Too many steps in paths"},
		{"names of a tree", "QUERY /sites\n" + formType, many("a.", 20_000) + "or=(id.eq.1)", "400", "Too many steps in paths"},
		{"a write", "QUERY /rpc/discard\n" + formType, "pattern=x", "405", "25006"},
		{"override of another method", "DELETE /sites?id=eq.0\nX-HTTP-Method-Override: QUERY", "", "401", "42501"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, addr)
			first, headers, _ := strings.Cut(tt.head, "\n")
			if headers != "" {
				headers = strings.ReplaceAll(headers, "\n", "\r\n") + "\r\n"
			}
			c.send(fmt.Sprintf("%s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %d\r\n\r\n%s", first, headers, len(tt.body), tt.body))
			response, body := c.receive("GET")
			if strconv.Itoa(response.StatusCode) != tt.status || !strings.Contains(body, tt.want) || len(body) > 100_000 {
				t.Errorf("status %d, want %s; %d bytes: %.500s", response.StatusCode, tt.status, len(body), body)
			}
			unacceptable := strings.Contains(body, "A query in a body must be")
			if accept := response.Header.Get("Accept-Query"); (accept == "application/x-www-form-urlencoded") != unacceptable {
				t.Errorf("Accept-Query: %q", accept)
			}
		})
	}
}
