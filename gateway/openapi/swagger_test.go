package openapi

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"trunkline/cache"
)

var update = flag.Bool("update", false, "write the golden files anew")

func harbour(name string) cache.QualifiedName {
	return cache.QualifiedName{Schema: "harbour", Name: name}
}

// input describes two relations and three routines that show each kind of member.
func input() *Input {
	ships := &cache.Table{
		Name: harbour("ships"), Kind: cache.KindTable, Description: "Ships\n\nThat ever moored <here>.",
		Insertable: true, Updatable: true, Deletable: true, PrimaryKey: []string{"id"},
		Columns: []cache.Column{
			{Name: "id", Type: "bigint", Description: "Number in the register."},
			{Name: "berth_id", Type: "integer", Nullable: true, Default: "7"},
			{Name: "name", Type: "character varying", MaxLength: 40, Default: "'nameless'::character varying"},
			{Name: "state", Type: "harbour.state", Enum: []string{"at sea", "moored"}, Nullable: true},
			{Name: "cargo", Type: "text[]", Nullable: true},
			{Name: "extra", Type: "jsonb", Nullable: true, Default: "'{}'::jsonb"},
			{Name: "seen", Type: "timestamp with time zone", Default: "now()"},
		},
	}
	berths := &cache.Table{
		Name: harbour("berths"), Kind: cache.KindView, PrimaryKey: []string{"id"},
		Columns: []cache.Column{{Name: "id", Type: "integer", Nullable: true}},
	}
	return &Input{
		Tables: []*cache.Table{ships, berths},
		Routines: []*cache.Routine{
			{
				Name: harbour("moor"), Volatility: cache.Volatile, Description: "Moors a ship.",
				Params: []cache.Param{{Name: "ship", Type: "bigint", Required: true}, {Name: "tags", Type: "text[]"}},
			},
			{Name: harbour("moor"), Volatility: cache.Volatile},
			{
				Name: harbour("find"), Volatility: cache.Stable,
				Params: []cache.Param{
					{Name: "filter", Type: "jsonb"}, {Name: "names", Type: "text[]", Variadic: true, Required: true},
				},
			},
			{Name: harbour("tide"), Volatility: cache.Immutable},
		},
		Relationships: func(n cache.QualifiedName) []*cache.Relationship {
			if n != ships.Name {
				return nil
			}
			return []*cache.Relationship{{
				Table: ships.Name, Foreign: berths.Name, Cardinality: cache.ManyToOne, ForeignIsView: true,
				Columns: []cache.ColumnPair{{From: "berth_id", To: "id"}},
			}}
		},
		EmbedName: func(_ []*cache.Relationship, rel *cache.Relationship) (target, hint string, ok bool) {
			return rel.Foreign.Name, "berth_id", true
		},
		Comment: "The harbour\n\nShips & berths.",
		Server:  Server{Scheme: "https", Host: "api.example.org", Port: 443, BasePath: "/v1"},
		Version: "1.2", DocsURL: "https://example.org/docs", Security: true,
	}
}

func TestSwagger(t *testing.T) {
	got, err := Swagger(input())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "testdata/swagger.golden.json", got)
}

func TestSwaggerOfNothing(t *testing.T) {
	got, err := Swagger(&Input{
		Server:        Server{Scheme: "http", Host: "!4", Port: 3000, BasePath: "/"},
		Relationships: func(cache.QualifiedName) []*cache.Relationship { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "testdata/swagger_empty.golden.json", got)
}

// compare holds a document against a golden file, indented so that a difference can be read.
func compare(t *testing.T, file string, document []byte) {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, document, "", "  "); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, document)
	}
	indented.WriteByte('\n')
	if *update {
		if err := os.WriteFile(file, indented.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(indented.Bytes(), want) {
		t.Errorf("the document differs from %s:\n%s", file, indented.Bytes())
	}
}
