package pgsql

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner"
	"trunkline/planner/request"
)

// kinds are types with values of them that could have different text in JSON and jsonb. All columns may be NULL, too.
func kinds() []string {
	return []string{
		"smallint: -32768 | 0", "integer: 7", "bigint: 9223372036854775807", "numeric: 1.10 | NaN | -0.000 | 1e30 | 1e-30",
		"numeric(20,5): 12345.6789", "real: 1e20 | -0 | 1.5 | NaN", "double precision: 1e-7 | 1e300 | Infinity | 0.1 | -0",
		"boolean: t | f", `text: | x'y"z\ | ä 日本 😀 | <>&/ | {"a":1}`, "varchar(5): ab", "char(4): a", `"char": c`, "name: some name",
		"uuid: 01234567-89ab-cdef-0123-456789abcdef", "date: 2001-02-03 | infinity | 0044-03-15 BC",
		"timestamp: 2001-02-03 04:05:06.789 | -infinity", "timestamptz: 2001-02-03 04:05:06+02 | infinity", "time: 04:05:06.7",
		"timetz: 04:05:06+02", "interval: 1 year 2 days 03:04:05 | -1 mon", `bytea: \x00ff5c22`, "money: 12.34", "oid: 5",
		`json: {"b":1,"a":[1,2, 3],  "b":2} | "x" | null | 1.0e2 | [ ]`, `jsonb: {"bb":1,"a":[1,2,{"x":null}]} | null | "x"`,
		"xml: <a>b</a>", "point: (1,2)", "inet: 10.0.0.1", "int4range: [1,5)", "tsvector: a b:2", "bit(3): 101",
		`text[]: {} | {a,"b\"c",NULL} | {{a,b},{c,d}}`, "integer[]: {1,2,3}", "double precision[]: {1e20,0.5}", `json[]: {"{\"b\":1,\"a\":2}"}`,
		"timestamptz[]: {2001-02-03 04:05:06+02}", `api.mood: so "so" | well`, "api.mood[]: {well}", "api.grade: 3", "api.label: x, y",
		`api.pair: (1,"a b") | (,)`, `api.pair[]: {"(1,x)"}`, "api.words: {a,b}", "api.judged: good", "api.ratio: 0.5 | 1e20",
	}
}

const kindsSchema = `
	CREATE SCHEMA api;
	CREATE TYPE api.mood AS ENUM ('so "so"', 'well');
	CREATE DOMAIN api.grade AS integer CHECK (value < 7);
	CREATE DOMAIN api.label AS varchar(20);
	CREATE DOMAIN api.ratio AS double precision;
	CREATE DOMAIN api.words AS text[];
	CREATE TYPE api.pair AS (n integer, t text);
	CREATE TYPE api.judged AS ENUM ('good', 'bad');
	CREATE FUNCTION api.judge(api.judged) RETURNS json IMMUTABLE LANGUAGE sql
		AS $$ SELECT json_build_object('judged',$1::text, 'a', 1) $$;
	CREATE CAST (api.judged AS json) WITH FUNCTION api.judge(api.judged);`

// kindsTables are tables whose columns are of all kinds, with names whose order as keys is not their order as columns.
type kindsTables struct {
	names, types []string
	sql          strings.Builder
}

// keys returns the columns that relate the tables.
func (k *kindsTables) keys(table string) []string {
	return map[string][]string{
		"makers": {"id"}, "things": {"id", "maker_id"}, "notes": {"thing_id"}, "uses": {"thing_id", "maker_id"},
	}[table]
}

func newKindsTables(r *rand.Rand) *kindsTables {
	k := &kindsTables{}
	columns := ""
	for i, kind := range kinds() {
		typ, _, _ := strings.Cut(kind, ": ")
		name := fmt.Sprintf("%c%s%d", 'z'-i%26, strings.Repeat("x", r.IntN(3)), i)
		if i == 20 { // whose order depends on the encoding, and which has quotes
			name = fmt.Sprintf(`ä "q" %d`, i)
		}
		k.names, k.types = append(k.names, name), append(k.types, typ)
		columns += ", " + string(appendIdent(nil, name)) + " " + typ
	}
	k.sql.WriteString(kindsSchema)
	fmt.Fprintf(&k.sql, `
		CREATE TABLE api.makers (id integer PRIMARY KEY%[1]s);
		CREATE TABLE api.things (id integer PRIMARY KEY, maker_id integer REFERENCES api.makers%[1]s);
		CREATE TABLE api.notes (thing_id integer PRIMARY KEY REFERENCES api.things%[1]s);
		CREATE TABLE api.uses (thing_id integer REFERENCES api.things, maker_id integer REFERENCES api.makers, PRIMARY KEY (thing_id, maker_id)%[1]s);`,
		columns)
	for i := range 4 {
		k.insert(r, "makers", fmt.Sprint(i))
	}
	for i := range 7 {
		k.insert(r, "things", fmt.Sprintf("%d, %s", i, []string{"NULL", "0", "1", "1"}[r.IntN(4)]))
		if i%2 == 0 {
			k.insert(r, "notes", fmt.Sprint(i))
		}
		for maker := range r.IntN(4) {
			k.insert(r, "uses", fmt.Sprintf("%d, %d", i, maker))
		}
	}
	return k
}

// insert adds a row with the given keys and values of all kinds.
func (k *kindsTables) insert(r *rand.Rand, table, keys string) {
	fmt.Fprintf(&k.sql, "INSERT INTO api.%s VALUES (%s", table, keys)
	for i, kind := range kinds() {
		_, values, _ := strings.Cut(kind, ":")
		value := "NULL"
		if all := strings.Split(values, " | "); r.IntN(5) > 0 {
			value = string(appendLiteral(nil, strings.TrimPrefix(all[r.IntN(len(all))], " ")))
		}
		k.sql.WriteString(", " + value + "::" + k.types[i])
	}
	k.sql.WriteString(");\n")
}

// relatives are what each table can embed.
func relatives(table string) []string {
	return map[string][]string{
		"makers": {"things!things_maker_id_fkey", "uses", "things!uses"}, "things": {"makers!things_maker_id_fkey", "notes", "uses", "makers!uses"},
		"notes": {"things"}, "uses": {"things", "makers"},
	}[table]
}

// kindsRequest makes random reads.
type kindsRequest struct {
	*rand.Rand
	tables *kindsTables
	params []string
}

// selectList returns a select list of a table, and appends the parameters of its embeds, whose names begin with path.
func (q *kindsRequest) selectList(table, path string, depth int) string {
	var items []string
	for range q.IntN(5) {
		items = append(items, q.item(table))
	}
	switch {
	case q.IntN(20) == 0:
		items = append(items, "*")
	case q.IntN(20) == 0: // more than one call takes
		for i, name := range q.tables.names {
			if textualName(name) {
				items = append(items, name, fmt.Sprintf("again%d:%s", i, name))
			}
		}
	}
	order := strings.Join(q.tables.keys(table), ".desc,")
	for i, relative := range relatives(table) {
		if depth == 0 || q.IntN(3) == 0 {
			continue
		}
		item, alias := q.embed(relative, path, i, depth)
		items = append(items, item)
		if toOne := strings.HasPrefix(table, "uses") || strings.HasSuffix(relative, "_fkey") && table == "things"; toOne && alias != "" && q.IntN(5) == 0 {
			order = alias + "(" + q.tables.keys(strings.TrimSuffix(relative, "!things_maker_id_fkey"))[0] + ")," + order
		}
	}
	q.params = append(q.params, path+"order="+order)
	if len(items) == 0 {
		items = append(items, q.tables.keys(table)[0])
	}
	return strings.Join(items, ",")
}

func (q *kindsRequest) item(table string) string {
	i := q.IntN(len(q.tables.names))
	name := `"` + escapeName(q.tables.names[i]) + `"`
	if q.IntN(5) == 0 {
		keys := q.tables.keys(table)
		name = keys[q.IntN(len(keys))]
	}
	alias := ""
	if q.IntN(2) == 0 {
		alias = fmt.Sprintf(`"%s%d":`, []string{"a b", "B", "aa", "long name "}[q.IntN(4)], q.IntN(20))
	}
	if q.IntN(25) == 0 {
		alias = []string{"é:", `"q\"":`, `"it's":`, `"b\\":`, strings.Repeat("l", 62+q.IntN(4)) + ":"}[q.IntN(5)]
	}
	switch q.IntN(16) {
	case 0:
		return alias + name + "::text"
	case 2:
		i := slices.Index(q.tables.types, []string{"integer", "numeric"}[q.IntN(2)])
		return fmt.Sprintf(`%s"%s"::float8`, alias, q.tables.names[i])
	case 1:
		return alias + q.json() + []string{"->a", "->>a", "->0", "->a->0", "->a->>1"}[q.IntN(5)]
	default:
		return alias + name
	}
}

// json returns the name of a column of JSON.
func (q *kindsRequest) json() string {
	i := slices.Index(q.tables.types, []string{"json", "jsonb"}[q.IntN(2)])
	return `"` + escapeName(q.tables.names[i]) + `"`
}

// embed returns an item of a select list and its alias, or "" if the embed has no rows to order by.
func (q *kindsRequest) embed(relative, path string, i, depth int) (item, alias string) {
	table, hint, hinted := strings.Cut(relative, "!")
	name := table
	alias = fmt.Sprintf("%s%d", []string{"e", "Em", "id", "zzzz"}[q.IntN(4)], i)
	if hinted {
		name += "!" + hint
	}
	at := path + alias + "."
	switch q.IntN(12) {
	case 0:
		q.params = append(q.params, path+alias+[]string{"=is.null", "=not.is.null"}[q.IntN(2)])
	case 1:
		name += "!inner"
	case 2:
		return "..." + name + "(" + fmt.Sprintf("spread%d_%d:", depth, i) + q.tables.keys(table)[0] + ")", ""
	case 3:
		return alias + ":" + name + "()", ""
	}
	if q.IntN(4) == 0 {
		q.params = append(q.params, fmt.Sprintf("%slimit=%d", at, q.IntN(3)))
	}
	if q.IntN(6) == 0 {
		q.params = append(q.params, at+q.tables.keys(table)[0]+"=lt.3")
	}
	return alias + ":" + name + "(" + q.selectList(table, at, depth-1) + ")", alias
}

func escapeName(name string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) }

// call makes a request.
func (q *kindsRequest) call() call {
	q.params = nil
	table := []string{"makers", "things", "notes", "uses"}[q.IntN(4)]
	list := q.selectList(table, "", 1+q.IntN(3)) // which appends parameters
	all := append([]string{"select=" + list}, q.params...)
	for i, p := range all {
		name, value, _ := strings.Cut(p, "=")
		all[i] = url.QueryEscape(name) + "=" + url.QueryEscape(value)
	}
	if q.IntN(5) == 0 {
		all = append(all, fmt.Sprintf("limit=%d", q.IntN(4)))
	}
	if q.IntN(3) == 0 { // one row
		for _, key := range q.tables.keys(table) {
			all = append(all, fmt.Sprintf("%s=eq.%d", key, q.IntN(4)))
		}
	}
	c := call{method: "GET", url: "/" + table + "?" + strings.Join(all, "&"), headers: map[string][]string{}}
	switch q.IntN(6) {
	case 0:
		c.headers["Accept"] = []string{"application/vnd.pgrst.object+json"}
		c.url += "&limit=1"
	case 1:
		c.headers["Accept"] = []string{"application/x-ndjson"}
	case 2:
		c.headers["Accept"] = []string{"application/vnd.pgrst.array+json;nulls=stripped"}
	}
	if q.IntN(3) == 0 {
		c.headers["Prefer"] = []string{"count=exact"}
	}
	return c
}

// TestRowText compares the answers whose rows are joined to text with those that PostgreSQL makes as a whole.
func TestRowText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	tables := newKindsTables(r)
	conn := pgtest.Conn(t, pgtest.Database(t))
	if _, err := conn.Exec(t.Context(), tables.sql.String()); err != nil {
		t.Fatal(err)
	}
	snap := load(t, conn)
	q := &kindsRequest{Rand: r, tables: tables}
	requests, asText, failed := 1000, 0, 0
	if testing.Short() {
		requests = 300
	}
	for range requests {
		c := q.call()
		plan, err := planner.New(c.parse(t), snap, &planner.Options{MaxRows: request.NoLimit, LegacyTargetNames: true})
		switch {
		case err != nil && err.Code == "42712": // two items of one name
			continue
		case err != nil:
			t.Fatalf("%s: %v (details %v, hint %v)", c.url, err, err.Details, err.Hint)
		}
		text, plain := Main(plan, Options{}), Main(plan, Options{PlannedOnce: true})
		if text.SQL == plain.SQL {
			continue
		}
		asText++
		want := execute(t, conn, plain)
		if !strings.HasPrefix(want, superuser) {
			failed++
		}
		if got := execute(t, conn, text); got != want {
			t.Fatalf("%s %v\n got %s\nwant %s\n%s", c.url, c.headers, got, want, text.SQL)
		}
	}
	if asText < requests/4 || failed > asText/20 {
		t.Errorf("of %d requests %d were joined to text, and %d of these failed", requests, asText, failed)
	}
}

// TestRowTextOfAnyRequest does it for random requests to the fixture, calls and writes included.
func TestRowTextOfAnyRequest(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	requests := uint64(6000)
	if testing.Short() {
		requests = 3000
	}
	reads, calls, writes := 0, 0, 0
	for seed := range requests {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 8)), value: sampleValue}
		c := g.request(seed)
		plan, ok := c.tryPlan(t)
		if !ok {
			continue
		}
		text, plain := Main(plan, Options{}), Main(plan, Options{PlannedOnce: true})
		switch {
		case text.SQL == plain.SQL:
			continue
		case plan.Mutation != nil:
			writes++
		case plan.Call != nil:
			calls++
		default:
			reads++
		}
		want := execute(t, conn, plain)
		if got := execute(t, conn, text); got != want {
			t.Errorf("%s %s %v\n got %s\nwant %s\n%s", c.method, c.url, c.headers, got, want, text.SQL)
		}
	}
	if n := int(requests) / 600; reads < n || calls < n || writes < n {
		t.Errorf("of %d requests %d reads, %d calls and %d writes were joined to text", requests, reads, calls, writes)
	}
}

func load(t *testing.T, conn *pgx.Conn) *cache.Snapshot {
	t.Helper()
	catalog, err := cache.Load(t.Context(), conn, cache.Options{Schemas: []string{"api"}})
	if err != nil {
		t.Fatal(err)
	}
	return cache.Build(catalog)
}

// TestRowTextOfOtherTypes changes the types of columns after the snapshot was made. What is joined to text must still
// be JSON.
func TestRowTextOfOtherTypes(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	_, err := conn.Exec(t.Context(), `CREATE SCHEMA api;
		CREATE TABLE api.makers (id integer PRIMARY KEY, a integer);
		CREATE TABLE api.things (id integer PRIMARY KEY, maker_id integer REFERENCES api.makers, a integer);
		INSERT INTO api.makers VALUES (1, 5); INSERT INTO api.things VALUES (1, 1, 5);`)
	if err != nil {
		t.Fatal(err)
	}
	snap := load(t, conn)
	for _, typ := range []string{"text", "json", "jsonb", "text[]", "double precision", "boolean", "bytea", "date", "oid[]"} {
		for _, table := range []string{"makers", "things"} {
			alter := fmt.Sprintf(`ALTER TABLE api.%s DROP COLUMN a, ADD COLUMN a %s`, table, typ)
			if typ == "text" {
				alter += ` DEFAULT 'x"y'`
			}
			if _, err := conn.Exec(t.Context(), alter); err != nil {
				t.Fatal(err)
			}
		}
		for _, url := range []string{"/things?select=a,makers(a,id)", "/makers?select=a,things(a,id)"} {
			plan, apiErr := planner.New(call{method: "GET", url: url}.parse(t), snap, &planner.Options{MaxRows: request.NoLimit})
			if apiErr != nil {
				t.Fatal(apiErr)
			}
			body := bodyOf(execute(t, conn, Main(plan, Options{})))
			if !json.Valid([]byte(body)) {
				t.Errorf("%s with %s: %s", url, typ, body)
			}
		}
	}
}
