package nested

import (
	"encoding/json"
	"strings"
	"testing"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// fixture is a schema of orders, with keys of two columns, a junction and a self reference.
func fixture() *cache.Snapshot {
	table := func(name string, key []string, columns ...string) *cache.Table {
		t := &cache.Table{Name: cache.QualifiedName{Schema: "api", Name: name}, Kind: cache.KindTable, PrimaryKey: key, Insertable: true, Updatable: true}
		for _, c := range columns {
			t.Columns = append(t.Columns, cache.Column{Name: c, Type: "integer", NominalType: "integer"})
		}
		return t
	}
	key := func(name, from string, columns []string, to string, referenced []string) cache.ForeignKey {
		return cache.ForeignKey{
			Name: name, Table: cache.QualifiedName{Schema: "api", Name: from}, Foreign: cache.QualifiedName{Schema: "api", Name: to},
			Columns: pairs(columns, referenced),
		}
	}
	return cache.Build(&cache.Catalog{
		Schemas: []string{"api"},
		Tables: []*cache.Table{
			table("customers", []string{"id"}, "id", "name", "boss"),
			table("orders", []string{"id"}, "id", "note", "customer_id"),
			table("items", []string{"order_id", "sku"}, "order_id", "sku", "qty"),
			table("notes", []string{"id"}, "id", "order_id", "sku", "body"),
			table("tags", []string{"id"}, "id", "label"),
			table("order_tags", []string{"order_id", "tag_id"}, "order_id", "tag_id"),
		},
		ForeignKeys: []cache.ForeignKey{
			key("orders_customer", "orders", []string{"customer_id"}, "customers", []string{"id"}),
			key("customers_boss", "customers", []string{"boss"}, "customers", []string{"id"}),
			key("items_order", "items", []string{"order_id"}, "orders", []string{"id"}),
			key("notes_item", "notes", []string{"order_id", "sku"}, "items", []string{"order_id", "sku"}),
			key("order_tags_order", "order_tags", []string{"order_id"}, "orders", []string{"id"}),
			key("order_tags_tag", "order_tags", []string{"tag_id"}, "tags", []string{"id"}),
		},
	})
}

func pairs(from, to []string) (all []cache.ColumnPair) {
	for i := range from {
		all = append(all, cache.ColumnPair{From: from[i], To: to[i]})
	}
	return all
}

// parse returns a request for a nested write, or nil if it is none.
func parse(method, target, prefer, body string) *request.Request {
	in := &request.Input{Method: method, Prefer: []string{prefer}, Body: []byte(body)}
	in.Path, in.RawQuery, _ = strings.Cut(target, "?")
	req, err := request.Parse(in, &request.Options{Schemas: []string{"api"}, Nested: true})
	if err != nil || req.Nested == nil || req.CheckNested(in.Body, nil) != nil {
		return nil
	}
	return req
}

// run takes a payload apart and makes the payload of each step, as if the database gave each row the next numbers as the
// values of what is needed.
func run(t *testing.T, snap *cache.Snapshot, req *request.Request, body string) string {
	t.Helper()
	w, at, err := New(req, []byte(body), snap, Limits{Depth: 4, Relations: 8, Rows: 50}, nil)
	if err != nil {
		return "at " + at + ": " + err.Message
	}
	var out strings.Builder
	next := 100
	for _, s := range w.Steps() {
		texts, at, err := payloads(&s)
		if err != nil {
			return "at " + at + ": " + err.Message
		}
		out.WriteString([...]string{"find", "remove", "insert", "attach", "unjoin", "join"}[s.Kind] + " " + s.Place.Path(-1))
		for _, text := range texts {
			if !json.Valid(text) {
				t.Fatalf("not JSON: %s", text)
			}
			out.WriteString(" " + string(text))
		}
		out.WriteString("\n")
		if s.Place.Needed() && (s.Kind == Insert || s.Kind == Find) {
			answer, _ := json.Marshal(answerOf(s.Place, &next))
			if at, err := s.Place.Learn(s.Kind, answer); err != nil {
				t.Fatalf("at %s: %v", at, err)
			}
		}
	}
	return out.String()
}

// payloads returns what the statement of a step gets.
func payloads(s *Step) (texts [][]byte, at string, err *apierr.Error) {
	texts = make([][]byte, 1)
	switch s.Kind {
	case Insert:
		texts[0], at, err = s.Place.Payload()
	case Find:
		texts[0], _ = s.Place.Keys()
	case Attach:
		texts[0], at, err = s.Place.Attachment()
	case Join:
		texts[0], at, err = s.Place.Junctions()
	default:
		texts = make([][]byte, 2)
		texts[0], texts[1], at, err = s.Place.Remaining()
	}
	return texts, at, err
}

// answerOf returns an answer to a step that writes the rows of a place.
func answerOf(p *Place, next *int) []map[string]int {
	rows := []map[string]int{}
	for range p.Rows {
		row := map[string]int{}
		for _, c := range p.Returned {
			row[c] = *next
		}
		*next++
		rows = append(rows, row)
	}
	return rows
}

func TestSteps(t *testing.T) {
	for _, c := range []struct{ name, method, target, prefer, body, want string }{
		{
			"to-one first, then the row, then to-many, and junctions last", "POST", "/orders?columns=note,customers(name),items(qty,sku,notes(body)),tags(label)", "",
			`{"note":1.50,"customers":{"name":"a"},"items":[{"sku":7,"qty":2,"notes":[{"body":"b"}]}],"tags":[{"label":"l"}]}`,
			"insert customers [{\"name\":\"a\"}]\ninsert tags [{\"label\":\"l\"}]\ninsert  [{\"note\":1.50,\"customer_id\":100}]\n" +
				"insert items [{\"sku\":7,\"qty\":2,\"order_id\":102}]\njoin tags [{\"order_id\":102,\"tag_id\":101}]\n" +
				"insert items/0/notes [{\"body\":\"b\",\"order_id\":103,\"sku\":103}]\n",
		},
		{
			"rows of several", "POST", "/orders", "nested=true", `[{"items":[{"sku":1},{"sku":2}]},{"items":[]},{"items":[{"sku":3}]}]`,
			"insert  [{},{},{}]\ninsert */items [{\"sku\":1,\"order_id\":100},{\"sku\":2,\"order_id\":100},{\"sku\":3,\"order_id\":102}]\n",
		},
		{
			"rows that stay", "PATCH", "/orders?id=eq.1", "nested=true, children=replace", `{"items":[{"sku":1,"qty":1},{"qty":2}]}`,
			"insert  [{}]\nremove items [{\"order_id\":100}] [{\"order_id\":100,\"sku\":1}]\ninsert items [{\"sku\":1,\"qty\":1,\"order_id\":100},{\"qty\":2,\"order_id\":100}]\n",
		},
		{
			"a reference to nothing", "POST", "/orders", "nested=true", `{"note":1,"customers":null}`, "insert  [{\"note\":1,\"customer_id\":null}]\n",
		},
		{
			"a self reference by its column", "POST", "/customers", "nested=true", `{"name":"a","boss":{"name":"b"}}`,
			"insert boss [{\"name\":\"b\"}]\ninsert  [{\"name\":\"a\",\"boss\":100}]\n",
		},
		{
			"a name that is a column in some rows", "POST", "/customers", "nested=true", `[{"boss":null},{"boss":{"name":"b"}},{"boss":7},{"boss":{"name":"c"}}]`,
			"insert */boss [{\"name\":\"b\"},{\"name\":\"c\"}]\ninsert  [{\"boss\":null},{\"boss\":100},{\"boss\":7},{\"boss\":101}]\n",
		},
		{
			"one that is a column later", "POST", "/customers", "nested=true", `[{"boss":{"name":"b"}},{"boss":null},{"boss":7}]`,
			"insert */boss [{\"name\":\"b\"}]\ninsert  [{\"boss\":100},{\"boss\":null},{\"boss\":7}]\n",
		},
		{
			"a relation of which some rows say nothing", "POST", "/orders", "nested=true", `[{"customers":null},{"customers":{"name":"a"}},{"items":null},{"items":[{"sku":1}]}]`,
			"insert */customers [{\"name\":\"a\"}]\ninsert  [{\"customer_id\":null},{\"customer_id\":100},{},{}]\ninsert */items [{\"sku\":1,\"order_id\":104}]\n",
		},
		{
			"a reference that only some rows have", "POST", "/orders", "nested=true, resolution=merge-duplicates",
			`[{"id":1,"customers":{"id":2}},{"id":3}]`, "at 1: All object keys must match",
		},
		{"another key", "POST", "/orders", "nested=true", `{"items":[{"sku":1,"order_id":5}]}`, "at items/0/order_id: 'order_id' differs from the value in the related row of 'orders'"},
		{"too deep", "POST", "/customers", "nested=true", strings.Repeat(`{"customers":[`, 5) + strings.Repeat(`]}`, 5), "at customers/0/customers/0/customers/0/customers/0/customers: Too many nested relations in one request"},
		{"too many rows", "POST", "/orders", "nested=true", "[" + strings.Repeat("{},", 50) + "{}]", "at 50: Too many rows in one request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := parse(c.method, c.target, c.prefer, c.body)
			if req == nil {
				t.Fatal("it is no nested write")
			}
			if got := run(t, fixture(), req, c.body); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// FuzzNew takes whatever is sent apart: it must not panic, and what it makes must be JSON.
func FuzzNew(f *testing.F) {
	f.Add("POST", "/orders?columns=note,customers(name),items(sku,notes(body)),tags(label)", "", `{"note":1,"customers":{"name":"a"},"items":[{"sku":7,"notes":[{"body":"b"}]}],"tags":[{"label":"l"}]}`)
	f.Add("PATCH", "/orders?id=eq.1&on_conflict=items(sku)", "nested=true, children=replace", `{"items":[{"sku":1},{"qty":2}],"tags":[{"id":1}],"customers":null}`)
	f.Add("PUT", "/orders?id=eq.1", "nested=true, items.children=link, tags.children=replace-link", `{"id":1,"items":[{"sku":1,"order_id":2}],"tags":[{"id":1}]}`)
	f.Add("POST", "/customers", "nested=true, missing=default", `[{"boss":{"name":"\u0061"},"customers!boss":[{"id":1,"id":2}]}]`)
	snap := fixture()
	f.Fuzz(func(t *testing.T, method, target, prefer, body string) {
		if req := parse(method, target, prefer, body); req != nil {
			run(t, snap, req, body)
		}
	})
}
