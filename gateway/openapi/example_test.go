package openapi

import (
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

// TestExamplesAreOfTheirType has PostgreSQL read the example of each of its types, as JSON and as text, and compare with
// the example of a filter.
func TestExamplesAreOfTheirType(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	rows, err := conn.Query(t.Context(), `
		select format_type(oid, null) from pg_type
		where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm')
			and not exists (select from pg_type e where e.oid = pg_type.typelem and e.typtype in ('c', 'p'))
		order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) < 100 {
		t.Fatalf("%d types, %v", len(names), err)
	}
	known := 0
	for _, name := range names {
		value, ok := typeExample(name)
		if !ok {
			continue
		}
		known++
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		quoted := `"v" ` + name
		query := "select v is not null from json_to_record(json_build_object('v', $1::json)) as r (" + quoted + ")"
		expectTrue(t, conn, name+" in JSON", query, string(text))
		expectTrue(t, conn, name+" as text", "select $1::text::"+name+" is not null", exampleText(value))
	}
	if known < 60 {
		t.Errorf("only %d types have an example", known)
	}
}

// expectTrue fails if a query of one value fails or does not return true.
func expectTrue(t *testing.T, conn *pgx.Conn, what, query string, argument any) {
	t.Helper()
	var ok bool
	if err := conn.QueryRow(t.Context(), query, argument).Scan(&ok); err != nil || !ok {
		t.Errorf("%s: %v is refused: %t, %v", what, argument, ok, err)
	}
}

func TestColumnExample(t *testing.T) {
	for _, test := range []struct {
		column    cache.Column
		value     string
		condition string
	}{
		{cache.Column{Type: "text"}, `"text"`, "eq.text"},
		{cache.Column{Type: "character", MaxLength: 2}, `"t"`, "eq.t"},
		{cache.Column{Type: "character varying", MaxLength: 2}, `"te"`, "eq.te"},
		{cache.Column{Type: "bit", MaxLength: 4}, `"1111"`, "eq.1111"},
		{cache.Column{Type: "api.mood", Enum: []string{"so, so", "b"}}, `"so, so"`, "eq.so, so"},
		{cache.Column{Type: "api.mood[]", Enum: []string{"so, so"}}, `["so, so"]`, `cs.{"so, so"}`},
		{cache.Column{Type: "text[]"}, `["text"]`, "cs.{text}"},
		{cache.Column{Type: "date[]"}, `["2024-02-29"]`, `cs.{"2024-02-29"}`},
		{cache.Column{Type: "jsonb[]"}, `[{"key":"value"}]`, "not.is.null"},
		{cache.Column{Type: "jsonb"}, `{"key":"value"}`, "not.is.null"},
		{cache.Column{Type: "int4range"}, `"[1,10)"`, "ov.[1,10)"},
		{cache.Column{Type: "int4multirange"}, `"{[1,10)}"`, "ov.{[1,10)}"},
		{cache.Column{Type: "tsvector"}, `"text"`, "fts.text"},
		{cache.Column{Type: "point"}, `"(1,2)"`, "not.is.null"},
		{cache.Column{Type: "timestamp with time zone"}, `"2024-02-29T12:00:00Z"`, "eq.2024-02-29T12:00:00Z"},
		{cache.Column{Type: "api.place", Structured: true}, `{}`, "not.is.null"},
		{cache.Column{Type: "api.place", Structured: true, Nullable: true}, `null`, "not.is.null"},
		{cache.Column{Type: "public.citext"}, `"text"`, "eq.text"},
		{cache.Column{Type: "public.hstore"}, `"key=>value"`, "not.is.null"},
	} {
		value, err := appendJSON(nil, columnExample(&test.column))
		if err != nil {
			t.Fatal(err)
		}
		if string(value) != test.value {
			t.Errorf("%s: the value is %s, want %s", test.column.Type, value, test.value)
		}
		if got := exampleCondition(&test.column); got != test.condition {
			t.Errorf("%s: the condition is %s, want %s", test.column.Type, got, test.condition)
		}
	}
}

func TestArgumentsOfDeclaredTypes(t *testing.T) {
	mood := &cache.Column{Name: "mood", Type: "api.mood", NominalType: "api.mood", Enum: []string{"good"}}
	stars := &cache.Column{Name: "stars", Type: "smallint", NominalType: "api.stars"}
	types := typesOf([]*relation{{rows: []*cache.Column{mood}, inserts: []*cache.Column{stars}}})
	for pgType, want := range map[string]string{
		"api.mood":   `{"type":"string","enum":["good"]} "good"`,
		"api.mood[]": `{"type":"array","items":{"type":["string","null"],"enum":["good",null]}} ["good"]`,
		"api.stars":  `{"type":"integer","format":"int16"} 1`,
		"stars[]":    `{"type":"array","items":{"type":["integer","null"],"format":"int16"}} [1]`,
		"api.other":  `{} null`,
		"integer":    `{"type":"integer","format":"int32"} 1`,
	} {
		p := &cache.Param{Type: pgType}
		schema, err := types.argumentSchema(p, false).appendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		example, err := json.Marshal(types.argumentExample(p))
		if got := string(schema) + " " + string(example); err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", pgType, got, want, err)
		}
	}
}

func TestConditionKey(t *testing.T) {
	for name, want := range map[string]string{
		"id": "id", "a b": "a b", "it's": `"it's"`, "%41": `"%41"`, " a": `" a"`, "größe": "größe", "dot.ted": `"dot.ted"`, `a"b\`: `"a\"b\\"`, "a->b": `"a->b"`, "f(x)": `"f(x)"`,
	} {
		if got := conditionKey(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]bool{"select": true, "a.order": true, "a.select": false, "x.and": true, "order_": false} {
		if got := reserved(name); got != want {
			t.Errorf("%s is reserved: %t", name, got)
		}
	}
}
