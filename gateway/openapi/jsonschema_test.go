package openapi

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"trunkline/cache"
)

// asJSON is a value's JSON, with the members of objects in byte order.
func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := appendJSON(nil, value)
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	text, err = appendJSON(nil, decoded)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTypeSchema(t *testing.T) {
	for pgType, want := range map[string]string{
		"boolean":                     `{"type":"boolean"}`,
		"smallint":                    `{"format":"int16","type":"integer"}`,
		"integer":                     `{"format":"int32","type":"integer"}`,
		"bigint":                      `{"format":"int64","type":"integer"}`,
		"numeric":                     `{"type":"number"}`,
		"real":                        `{"format":"float","type":"number"}`,
		"double precision":            `{"format":"double","type":"number"}`,
		"text":                        `{"type":"string"}`,
		"character varying":           `{"type":"string"}`,
		"bytea":                       `{"type":"string"}`,
		"interval":                    `{"type":"string"}`,
		"money":                       `{"type":"string"}`,
		"int4range":                   `{"type":"string"}`,
		"uuid":                        `{"format":"uuid","type":"string"}`,
		"date":                        `{"format":"date","type":"string"}`,
		"timestamp with time zone":    `{"format":"date-time","type":"string"}`,
		"timestamp without time zone": `{"format":"date-time-local","type":"string"}`,
		"time without time zone":      `{"format":"time-local","type":"string"}`,
		"time with time zone":         `{"type":"string"}`,
		"json":                        `{}`,
		"jsonb":                       `{}`,
		"record":                      `{}`,
		"harbour.address":             `{}`,
		"text[]":                      `{"items":{"type":["string","null"]},"type":"array"}`,
		"bigint[]":                    `{"items":{"format":"int64","type":["integer","null"]},"type":"array"}`,
		"jsonb[]":                     `{"items":{},"type":"array"}`,
	} {
		if got := asJSON(t, typeSchema(pgType, false)); got != want {
			t.Errorf("%s is %s, want %s", pgType, got, want)
		}
	}
}

func TestNullable(t *testing.T) {
	for got, want := range map[string]string{
		asJSON(t, typeSchema("integer", true)):                 `{"format":"int32","type":["integer","null"]}`,
		asJSON(t, typeSchema("text[]", true)):                  `{"items":{"type":["string","null"]},"type":["array","null"]}`,
		asJSON(t, typeSchema("jsonb", true)):                   `{}`,
		asJSON(t, enumSchema([]string{"b", "a"}, true)):        `{"enum":["b","a",null],"type":["string","null"]}`,
		asJSON(t, enumSchema([]string{"null", "it's"}, false)): `{"enum":["null","it's"],"type":"string"}`,
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestConstant(t *testing.T) {
	for _, test := range []struct{ pgType, expression, want string }{
		{"text", "'it''s'::text", `"it's"`},
		{"text", "''::text", `""`},
		{"character varying", "'a'::character varying", `"a"`},
		{"text", "('a'::text || 'b'::text)", ``},
		{"text", "'a'::text || 'b'::text", ``},
		{"text", "lower('A'::text)", ``},
		{"text", "CURRENT_USER", ``},
		{"integer", "7", `7`},
		{"integer", "'-7'::integer", `-7`},
		{"integer", "(7 + 1)", ``},
		{"integer", "1.5", ``},
		{"integer", "nextval('harbour.ships_id_seq'::regclass)", ``},
		{"numeric", "1.50", `1.50`},
		{"numeric", "'NaN'::numeric", ``},
		{"boolean", "false", `false`},
		{"boolean", "NOT true", ``},
		{"jsonb", `'{"a": [1]}'::jsonb`, `{"a": [1]}`},
		{"jsonb", `'null'::jsonb`, `null`},
		{"jsonb", `jsonb_build_object()`, ``},
		{"text[]", "'{}'::text[]", `[]`},
		{"text[]", "'{a}'::text[]", ``},
		{"date", "'2024-02-29'::date", `"2024-02-29"`},
		{"date", "CURRENT_DATE", ``},
		{"timestamp with time zone", "'2024-02-29 00:00:00+00'::timestamp with time zone", ``},
		{"uuid", "gen_random_uuid()", ``},
		{"integer", "NULL::integer", ``},
		{"integer", "", ``},
		{"harbour.address", "'(a,b)'::harbour.address", ``},
		{"harbour.number", "1", ``},
	} {
		var got string
		if value := constant(test.pgType, test.expression, nil); value != nil {
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			got = string(text)
		}
		if want := strings.ReplaceAll(test.want, ": ", ":"); got != want {
			t.Errorf("%s default %s is %q, want %q", test.pgType, test.expression, got, want)
		}
	}
	if got := constant("harbour.state", "'at sea'::harbour.state", []string{"at sea"}); got != "at sea" {
		t.Errorf("the enum's default is %v", got)
	}
}

func TestFormattedType(t *testing.T) {
	for name, want := range map[cache.QualifiedName]string{
		{Schema: "pg_catalog", Name: "int4"}:        "integer",
		{Schema: "pg_catalog", Name: "_int8"}:       "bigint[]",
		{Schema: "pg_catalog", Name: "timestamptz"}: "timestamp with time zone",
		{Schema: "pg_catalog", Name: "text"}:        "text",
		{Schema: "pg_catalog", Name: "_bpchar"}:     "character[]",
		{Schema: "harbour", Name: "state"}:          "harbour.state",
	} {
		if got := formattedType(name); got != want {
			t.Errorf("%v is %s, want %s", name, got, want)
		}
	}
}

func TestIdentifiersAreDistinct(t *testing.T) {
	names := []string{"a", "a b", "a.20b", "a-b", "a_b", "A", "ä", "a.", "", "a.2Eb", "a%20b"}
	seen := make(map[string]string)
	for _, name := range names {
		id := identifier(name)
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q are both %s", name, other, id)
		}
		seen[id] = name
		if strings.ContainsFunc(id, func(r rune) bool { return r != '.' && !(r < 128 && isWord(byte(r))) }) {
			t.Errorf("%q gives %s", name, id)
		}
	}
}

func TestPrivileges(t *testing.T) {
	some := func(names ...string) Columns {
		set := Columns{Names: make(map[string]bool)}
		for _, name := range names {
			set.Names[name] = true
		}
		return set
	}
	all := Columns{All: true}
	for name, test := range map[string]struct {
		may     Privileges
		methods []string // of /ships
		schemas map[string][]string
	}{
		"everything": {
			allPrivileges(),
			[]string{"delete", "get", "patch", "post", "put"},
			map[string][]string{
				"ships":        {"berth_id", "cargo", "extra", "id", "name", "seen", "state"},
				"ships-insert": {"berth_id", "cargo", "extra", "id", "name", "seen", "state"},
				"ships-update": {"berth_id", "cargo", "extra", "id", "name", "seen", "state"},
			},
		},
		"read two columns": {
			Privileges{Select: some("id", "name")},
			[]string{"get"},
			map[string][]string{"ships": {"id", "name"}},
		},
		"write only": {
			Privileges{Insert: some("name")},
			[]string{"post"},
			map[string][]string{"ships-insert": {"name"}},
		},
		"read, update one column": {
			Privileges{Select: all, Update: some("state")},
			[]string{"get", "patch"},
			map[string][]string{
				"ships":        {"berth_id", "cargo", "extra", "id", "name", "seen", "state"},
				"ships-update": {"state"},
			},
		},
		"insert and update without reading the key": {
			Privileges{Select: some("name"), Insert: all, Update: some("name")},
			[]string{"get", "patch", "post"},
			map[string][]string{
				"ships":        {"name"},
				"ships-insert": {"berth_id", "cargo", "extra", "id", "name", "seen", "state"},
				"ships-update": {"name"},
			},
		},
		"delete":  {Privileges{Delete: true}, []string{"delete"}, map[string][]string{}},
		"nothing": {Privileges{}, nil, map[string][]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			in := input()
			in.Tables = in.Tables[:1]
			in.Privileges = func(cache.QualifiedName) Privileges { return test.may }
			d := decode31(t, in)
			if got := slices.Sorted(maps.Keys(d.Paths["/ships"])); !slices.Equal(got, test.methods) {
				t.Errorf("the methods are %v, want %v", got, test.methods)
			}
			got := make(map[string][]string)
			for component, schema := range d.Components.Schemas {
				if component != errorComponent {
					got[component] = slices.Sorted(maps.Keys(schema.Properties))
				}
			}
			if !reflect.DeepEqual(got, test.schemas) {
				t.Errorf("the schemas are %v, want %v", got, test.schemas)
			}
			for component := range d.Components.Parameters {
				column, isFilter := strings.CutPrefix(component, "filter-ships-")
				if isFilter && !test.may.Select.covers(column) {
					t.Errorf("there is a filter on %s, which must not be read", column)
				}
			}
			if test.may.Select.Names == nil && !test.may.Select.All {
				for method, operation := range d.Paths["/ships"] {
					if content := operation.Responses["200"].Content; content != nil {
						t.Errorf("%s answers rows that must not be read: %v", method, content)
					}
				}
			}
		})
	}
}

// TestKindsOfRelation holds what can be done against what the relation allows, whatever is granted.
func TestKindsOfRelation(t *testing.T) {
	in := input()
	in.Tables[0].Updatable, in.Tables[0].PrimaryKey = false, nil
	d := decode31(t, in)
	for path, want := range map[string][]string{"/ships": {"delete", "get", "post"}, "/berths": {"get"}} {
		if got := slices.Sorted(maps.Keys(d.Paths[path])); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", path, got, want)
		}
	}
}

func TestRequiredColumns(t *testing.T) {
	in := input()
	in.Tables[0].Columns = []cache.Column{
		{Name: "id", Type: "bigint"},
		{Name: "code", Type: "text"},
		{Name: "note", Type: "text", Nullable: true},
		{Name: "seen", Type: "date", Default: "CURRENT_DATE"},
		{Name: "hidden", Type: "text"},
		{Name: "made", Type: "text", Generated: true},
	}
	require := func(want ...string) {
		t.Helper()
		d := decode31(t, in)
		for component, want := range map[string][]string{"ships": nil, "ships-insert": want, "ships-update": nil} {
			if got := d.Components.Schemas[component].Required; !slices.Equal(got, want) {
				t.Errorf("%s requires %v, want %v", component, got, want)
			}
		}
	}
	require("id", "code", "hidden")
	written := Columns{Names: map[string]bool{"code": true, "note": true, "seen": true}}
	in.Privileges = func(cache.QualifiedName) Privileges {
		return Privileges{Select: Columns{All: true}, Insert: written, Update: written}
	}
	require("code")
}

func TestRoutines(t *testing.T) {
	in := input()
	in.Routines = []*cache.Routine{
		{Name: harbour("nothing"), Volatility: cache.Volatile, Return: cache.ReturnType{Type: cache.QualifiedName{Schema: "pg_catalog", Name: "void"}}},
		{Name: harbour("count"), Volatility: cache.Stable, Return: cache.ReturnType{Type: cache.QualifiedName{Schema: "pg_catalog", Name: "int8"}}},
		{Name: harbour("rows"), Volatility: cache.Stable, Return: cache.ReturnType{Type: harbour("ships"), SetOf: true, Composite: true}},
		{Name: harbour("row"), Volatility: cache.Stable, Return: cache.ReturnType{Type: harbour("ships"), Composite: true}},
		{Name: harbour("body"), Volatility: cache.Immutable, Params: []cache.Param{{Type: "bytea", Required: true}}},
	}
	d := decode31(t, in)
	for name, want := range map[string]struct {
		methods, statuses []string
		result            string
	}{
		"nothing": {[]string{"post"}, []string{"204", "4XX", "default"}, `null`},
		"count":   {[]string{"get", "post"}, []string{"200", "4XX", "default"}, `{"format":"int64","type":["integer","null"]}`},
		"rows": {
			[]string{"get", "post"},
			[]string{"200", "206", "416", "4XX", "default"},
			`{"items":{"$ref":"#/components/schemas/ships"},"type":"array"}`,
		},
		"row":  {[]string{"get", "post"}, []string{"200", "4XX", "default"}, `{"$ref":"#/components/schemas/ships"}`},
		"body": {[]string{"post"}, []string{"200", "4XX", "default"}, `{"type":["string","null"]}`},
	} {
		operations := d.Paths["/rpc/"+name]
		if got := slices.Sorted(maps.Keys(operations)); !slices.Equal(got, want.methods) {
			t.Errorf("%s has %v, want %v", name, got, want.methods)
		}
		post := operations["post"]
		if got := slices.Sorted(maps.Keys(post.Responses)); !slices.Equal(got, want.statuses) {
			t.Errorf("%s answers %v, want %v", name, got, want.statuses)
		}
		media, _ := post.Responses["200"].Content["application/json"].(map[string]any)
		if got := asJSON(t, media["schema"]); got != want.result {
			t.Errorf("%s returns %s, want %s", name, got, want.result)
		}
	}
	if body := d.Paths["/rpc/body"]["post"].RequestBody; !body.Required || body.Content["application/octet-stream"] == nil {
		t.Errorf("the body of a function of bytea is %+v", body)
	}
}
