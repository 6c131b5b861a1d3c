package pgsql

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner"
	"trunkline/planner/request"
)

// oddPieces are what names are made of: all that means something to SQL, to JSON, or to a URL.
func oddPieces() []string {
	return []string{
		`"`, `'`, `\`, "`", ";", "--", "/*", "*/", "$1", "$$", "$a$", "*", ".", ",", "(", ")", "{", "}", "[", "]", ":", "::text",
		" ", "\t", "\n", "\r", "\x01", "\x7f", "\u0080", "\u2028", "\ufeff", "ä", "İ", "日本", "😀", "%", "%s", "?", "&", "=", "+", "#", "@",
		"<", ">", "|", "!", "~", "^", "-", "->>", "1", "a", "A", "_", "select", "null", "E'", "U&\"", "pgrst_body", "true", "\\u0041",
	}
}

// oddName makes a name that a column can have: at most 63 bytes.
func oddName(r *rand.Rand) string {
	for {
		var b strings.Builder
		for range 1 + r.IntN(4) {
			b.WriteString(oddPieces()[r.IntN(len(oddPieces()))])
		}
		if name := b.String(); len(name) <= 63 && name != "id" {
			return name
		}
	}
}

// TestOddKeys writes rows of tables whose columns have any names, by every kind of write, and reads them again. Keys
// that no column has are refused by the planner.
func TestOddKeys(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	r := rand.New(rand.NewPCG(1, 1))
	for round := range 60 {
		names := []string{oddName(r), oddName(r), oddName(r)}
		if names[0] == names[1] || names[1] == names[2] || names[0] == names[2] {
			continue
		}
		table := fmt.Sprintf("odd%d", round)
		_, err := conn.Exec(t.Context(), fmt.Sprintf(`CREATE SCHEMA IF NOT EXISTS api;
			CREATE TABLE api.%s (id integer PRIMARY KEY, %s text, %s integer DEFAULT 7, %s json)`,
			table, appendIdent(nil, names[0]), appendIdent(nil, names[1]), appendIdent(nil, names[2])))
		if err != nil {
			t.Fatalf("%q: %v", names, err)
		}
		catalog, err := cache.Load(t.Context(), conn, cache.Options{Schemas: []string{"api"}})
		if err != nil {
			t.Fatal(err)
		}
		o := oddTable{t: t, snapshot: cache.Build(catalog), url: "/" + table}
		row := o.row(names, "x", 1)
		o.write(o.object(row), "POST", "", "return=representation", names)
		o.write("["+o.object(row)+"]", "POST", "", "return=representation,missing=default", names)
		o.write(o.object(row), "POST", "", "return=representation,resolution=merge-duplicates", names)
		o.write(o.object(row), "PUT", "?id=eq.1", "return=representation", names)
		for _, s := range o.statements {
			if got := execute(t, conn, s); !o.holds(got, row) {
				t.Errorf("%q: %s\n%s", names, got, s.SQL)
			}
		}
		o.refuses(names[0] + "x")
		o.refuses(names[0] + `"`)
	}
}

// oddTable is a table with odd names, and the statements to be tried on it.
type oddTable struct {
	t          *testing.T
	snapshot   *cache.Snapshot
	url        string
	statements []Statement
}

func (o *oddTable) row(names []string, text string, number int) map[string]any {
	return map[string]any{"id": 1, names[0]: text, names[1]: number, names[2]: map[string]any{names[0]: "y"}}
}

func (o *oddTable) object(row map[string]any) string {
	text, err := json.Marshal(row)
	if err != nil {
		o.t.Fatal(err)
	}
	return string(text)
}

// write renders a write.
func (o *oddTable) write(body, method, query, prefer string, names []string) {
	plan, err := o.plan(body, method, query, prefer)
	if err != "" {
		o.t.Errorf("%q: %s", names, err)
		return
	}
	o.statements = append(o.statements, Main(plan, Options{}))
}

// refuses fails unless a key is refused, as no column has it.
func (o *oddTable) refuses(key string) {
	if _, err := o.plan(o.object(map[string]any{key: 1}), "POST", "", ""); err != "PGRST204" {
		o.t.Errorf("%q: %q, want PGRST204", key, err)
	}
}

func (o *oddTable) plan(body, method, query, prefer string) (*planner.Plan, string) {
	in := &request.Input{
		Method: method, Path: o.url, RawQuery: strings.TrimPrefix(query, "?"), Body: []byte(body), Prefer: []string{prefer},
	}
	req, err := request.Parse(in, &request.Options{Schemas: []string{"api"}})
	if err == nil {
		err = req.ParseBody(in.Body, nil)
	}
	if err == nil {
		var plan *planner.Plan
		if plan, err = planner.New(req, o.snapshot, &planner.Options{MaxRows: request.NoLimit}); err == nil {
			return plan, ""
		}
	}
	return nil, err.Code
}

// holds reports whether the body of an answer is a row.
func (o *oddTable) holds(columns string, row map[string]any) bool {
	var got []map[string]any
	values := strings.SplitN(columns, "\n", ColumnCount)
	if len(values) < ColumnCount || json.Unmarshal([]byte(values[ColumnCount-1]), &got) != nil || len(got) != 1 {
		return false
	}
	return o.object(got[0]) == o.object(row)
}
