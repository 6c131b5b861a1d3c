package openapi

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// privilegesSQL asks for the privileges of a role on the columns of a schema's relations. Columns that PostgreSQL
// generates can't be written.
const privilegesSQL = `
select
  c.relname, a.attname, has_table_privilege($2, c.oid, 'delete'),
  has_column_privilege($2, c.oid, a.attnum, 'select'),
  has_column_privilege($2, c.oid, a.attnum, 'insert') and a.attgenerated = '' and a.attidentity <> 'a',
  has_column_privilege($2, c.oid, a.attnum, 'update') and a.attgenerated = '' and a.attidentity <> 'a'
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = $1::text::regnamespace and c.relkind in ('r', 'v', 'm', 'f', 'p')`

// readPrivileges returns the privileges of a role.
func readPrivileges(t *testing.T, conn *pgx.Conn, schema, role string) func(cache.QualifiedName) Privileges {
	t.Helper()
	rows, err := conn.Query(t.Context(), privilegesSQL, schema, role)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]Privileges)
	var relation, column string
	var mayDelete, mayRead, mayInsert, mayUpdate bool
	_, err = pgx.ForEachRow(rows, []any{&relation, &column, &mayDelete, &mayRead, &mayInsert, &mayUpdate}, func() error {
		may, ok := all[relation]
		if !ok {
			for _, columns := range []*Columns{&may.Select, &may.Insert, &may.Update} {
				columns.Names = make(map[string]bool)
			}
		}
		may.Delete = mayDelete
		may.Select.Names[column], may.Insert.Names[column], may.Update.Names[column] = mayRead, mayInsert, mayUpdate
		all[relation] = may
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(name cache.QualifiedName) Privileges { return all[name.Name] }
}

// depot describes the schema of testdata/types.sql.
func depot(t *testing.T, conn *pgx.Conn) *Input {
	t.Helper()
	catalog, err := cache.Load(t.Context(), conn, cache.Options{Schemas: []string{"depot"}})
	if err != nil {
		t.Fatal(err)
	}
	snapshot := cache.Build(catalog)
	return &Input{
		Tables: snapshot.Tables("depot"), Routines: snapshot.AllRoutines("depot"),
		Relationships: func(name cache.QualifiedName) []*cache.Relationship {
			relationships, _ := snapshot.Relationships(name, "depot")
			return relationships
		},
	}
}

// schemaOf returns a component of a document.
func schemaOf(t *testing.T, document []byte, component string) *jsonschema.Schema {
	t.Helper()
	schema, err := compile(parseJSON(t, document), "#/components/schemas/"+component)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestRowsMatchTheirSchema holds rows as PostgreSQL writes them against what the description says of them.
func TestRowsMatchTheirSchema(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/types.sql"))
	document := describe31(t, depot(t, conn))
	for _, relation := range []string{"kinds", "parts", "shown"} {
		schema := schemaOf(t, document, relation)
		rows, err := conn.Query(t.Context(), "select row_to_json(r)::text from depot."+relation+" r")
		if err != nil {
			t.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(texts) == 0 {
			t.Fatalf("%s: %d rows, %v", relation, len(texts), err)
		}
		for _, text := range texts {
			if err := schema.Validate(parseJSON(t, []byte(text))); err != nil {
				t.Errorf("%s: %v\n%s", relation, err, text)
			}
		}
	}
}

// TestSchemaRefuses checks that the schema does not allow everything: it refuses values that PostgreSQL would never write.
func TestSchemaRefuses(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/types.sql"))
	schema := schemaOf(t, describe31(t, depot(t, conn)), "kinds")
	for _, text := range []string{
		`{"id":null}`, `{"id":"1"}`, `{"text":null}`, `{"bool":"true"}`, `{"int4":1.5}`, `{"varchar":"abcdef"}`,
		`{"short":"abcdefgh"}`, `{"colour":"green"}`, `{"texts":"{}"}`, `{"ints":["a"]}`, `{"uuid":"text"}`,
		`{"date":"yesterday"}`, `{"timestamptz":"2024-02-29"}`, `{"weight":"heavy"}`, `{"doubled":null}`, `[]`,
	} {
		if schema.Validate(parseJSON(t, []byte(text))) == nil {
			t.Errorf("%s passes", text)
		}
	}
}

// TestGrants holds the description against the grants of a role, read from a database.
func TestGrants(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/types.sql"))
	in := depot(t, conn)
	in.Privileges = readPrivileges(t, conn, "depot", "openapi_reader")
	d := decode31(t, in)
	for path, want := range map[string][]string{
		"/kinds": {"get", "patch", "post"}, // the key is generated: no row can be put under one
		"/parts": {"delete", "get", "post"},
		"/shown": {"get"},
	} {
		if got := slices.Sorted(maps.Keys(d.Paths[path])); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", path, got, want)
		}
	}
	for component, want := range map[string][]string{
		"parts": {"code", "id"}, "parts-insert": {"code", "kind_id"}, "kinds-update": {"text"},
	} {
		if got := slices.Sorted(maps.Keys(d.Components.Schemas[component].Properties)); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", component, got, want)
		}
	}
	inserted := d.Components.Schemas["kinds-insert"]
	if inserted.Properties["id"] != nil || inserted.Properties["doubled"] != nil || inserted.Properties["int4"] == nil {
		t.Errorf("the columns to insert are %v", slices.Sorted(maps.Keys(inserted.Properties)))
	}
	if got := d.Components.Schemas["parts-insert"].Required; !slices.Equal(got, []string{"kind_id", "code"}) {
		t.Errorf("an insert into parts requires %v", got)
	}
	if inserted.Required != nil {
		t.Errorf("an insert into kinds requires %v", inserted.Required)
	}
}

// TestDefaults holds the defaults in the description against what PostgreSQL puts in a row.
func TestDefaults(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/types.sql"))
	d := decode31(t, depot(t, conn))
	var text string
	err := conn.QueryRow(t.Context(), "insert into depot.kinds default values returning row_to_json(kinds)::text").Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	var row map[string]any
	if err := json.Unmarshal([]byte(text), &row); err != nil {
		t.Fatal(err)
	}
	var described []string
	for name, column := range d.Components.Schemas["kinds"].Properties {
		if value, ok := column["default"]; ok {
			described = append(described, name)
			if asJSON(t, value) != asJSON(t, row[name]) {
				t.Errorf("the default of %s is %v, the description says %v", name, row[name], value)
			}
		}
	}
	slices.Sort(described)
	if want := []string{"colour", "date", "jsonb", "text", "texts"}; !slices.Equal(described, want) {
		t.Errorf("defaults are described of %v, want %v", described, want)
	}
}

// TestWhatPostgreSQLGenerates sees that no generated column, by expression or as identity, is asked for or may be
// written, in either version, whether privileges are looked at or not.
func TestWhatPostgreSQLGenerates(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/types.sql"))
	in := depot(t, conn)
	swagger := decodeSwagger(t, in).Definitions["documents"]
	if want := []string{"id", "note", "held"}; !slices.Equal(swagger.Required, want) {
		t.Errorf("2.0 requires %v, want %v", swagger.Required, want)
	}
	const always = `{"format":"int32","readOnly":true,"type":"integer"}`
	if got := asJSON(t, swagger.Properties["always"]); got != always {
		t.Errorf("2.0 describes %s, want %s", got, always)
	}
	for range 2 {
		schemas := decode31(t, in).Components.Schemas
		if got := schemas["documents-insert"].Required; !slices.Equal(got, []string{"held"}) {
			t.Errorf("an insert requires %v", got)
		}
		for _, component := range []string{"documents-insert", "documents-update", "kinds-insert"} {
			for _, name := range []string{"always", "doubled"} {
				if schemas[component].Properties[name] != nil {
					t.Errorf("%s has %s", component, name)
				}
			}
		}
		if schemas["documents"].Properties["always"]["readOnly"] != true {
			t.Errorf("3.1 describes %v", schemas["documents"].Properties["always"])
		}
		in.Privileges = readPrivileges(t, conn, "depot", "openapi_reader")
	}
}

// TestDetailsOfColumns holds defaults, labels and what may be null against the columns of a database.
func TestDetailsOfColumns(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/types.sql"))
	in := depot(t, conn)
	swagger := decodeSwagger(t, in).Definitions["documents"].Properties
	for name, want := range map[string]string{
		"note": `{"default":"it's","format":"text","type":"string"}`,
		// The reference shows no default that is not JSON between double quotes.
		"path":   `{"default":"a\\b","format":"text","type":"string"}`,
		"said":   `{"format":"text","type":"string"}`,
		"flags":  `{"format":"bit","maxLength":3,"type":"string"}`,
		"held":   `{"format":"jsonb"}`,
		"listed": `{"format":"depot.colour[]","items":{"enum":["red","it's blue"],"type":"string"},"type":"array"}`,
	} {
		if got := asJSON(t, swagger[name]); got != want {
			t.Errorf("%s in 2.0 is %s, want %s", name, got, want)
		}
	}
	schemas := decode31(t, in).Components.Schemas
	for path, want := range map[[2]string]string{
		{"documents", "free"}:        `{"x-nullable":true,"x-type":"jsonb"}`,
		{"documents-insert", "free"}: `{"examples":[{"key":"value"}],"x-nullable":true,"x-type":"jsonb"}`,
		{"documents", "held"}:        `{"x-nullable":false,"x-type":"jsonb"}`,
		{"documents-insert", "held"}: `{"examples":[{"key":"value"}],"items":{},"type":["object","array","string","number","boolean"],` +
			`"x-nullable":false,"x-type":"jsonb"}`,
		{"documents", "listed"}: `{"items":{"enum":["red","it's blue",null],"type":["string","null"]},` +
			`"type":["array","null"],"x-type":"depot.colour[]"}`,
	} {
		if got := asJSON(t, schemas[path[0]].Properties[path[1]]); got != want {
			t.Errorf("%v in 3.1 is %s, want %s", path, got, want)
		}
	}
}

// TestOverloads sees which variant of a function is shown: that of most parameters, then by comment, names and types. A
// function without parameters has no properties.
func TestOverloads(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/types.sql"))
	in := depot(t, conn)
	shown := func() string { return asJSON(t, decodeSwagger(t, in).Paths["/rpc/pick"]["get"].Parameters) }
	parameter := func(name, format, kind string) string {
		return `{"format":"` + format + `","in":"query","name":"` + name + `","required":true,"type":"` + kind + `"}`
	}
	if want := "[" + parameter("a", "int32", "integer") + "," + parameter("b", "int32", "integer") + "]"; shown() != want {
		t.Errorf("shown is %s, want %s", shown(), want)
	}
	if _, err := conn.Exec(t.Context(), "comment on function depot.pick(int, int) is null"); err != nil {
		t.Fatal(err)
	}
	in = depot(t, conn)
	if want := "[" + parameter("c", "int32", "integer") + "," + parameter("b", "date", "string") + "]"; shown() != want {
		t.Errorf("shown is %s, want %s", shown(), want)
	}
	got := asJSON(t, decodeSwagger(t, in).Paths["/rpc/count"]["post"].Parameters[0])
	if want := `{"in":"body","name":"args","required":true,"schema":{"type":"object"}}`; got != want {
		t.Errorf("the arguments of none are %s, want %s", got, want)
	}
}
