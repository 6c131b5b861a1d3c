package cache

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestDump(t *testing.T) {
	film, person := api("film"), api("person")
	s := Build(&Catalog{
		ServerVersion: 150018, ServerVersionText: "PostgreSQL 15.18", Schemas: []string{"api"},
		Tables: []*Table{
			{
				Name: film, Kind: KindTable, Description: "Films", Insertable: true, PrimaryKey: []string{"id"},
				Columns: []Column{
					{Name: "id", Type: "integer", NominalType: "integer"},
					{Name: "kind", Type: "api.kind", NominalType: "api.kind", Nullable: true, Enum: []string{"a"}},
				},
			},
			{Name: api("v"), Kind: KindView},
		},
		ForeignKeys: []ForeignKey{key("d", film, "director", person)},
		Routines: []Routine{{
			Name: api("f"), Volatility: Stable, Params: []Param{{Name: "a", Type: "bit", CastType: "bit varying"}},
			Return: ReturnType{Type: film, SetOf: true, Composite: true}, Isolation: "serializable",
			Settings: []Setting{{"statement_timeout", "1s"}},
		}},
		ComputedRelationships: []ComputedRelationship{{Function: api("c"), Table: film, Foreign: film, SingleRow: true}},
		Representations:       []Representation{{"json", "api.color", api("color")}},
		MediaHandlers: []MediaHandler{
			{Function: api("h"), Accept: "*/*", MediaType: "application/octet-stream"},
			{Function: api("h"), Target: film, Accept: "text/x", MediaType: "text/X"},
		},
	})
	want := strings.Join([]string{
		`{"server": "PostgreSQL 15.18", "server_version": 150018, "standby": false, "dynamic_sql": false, "expressions": {"pure_text_search":false,"pure_casts":false,"json":{},"jsonb":{},"text":{},"tsvector":{}}, "generation": 0, "schemas": ["api"],`,
		`"tables": [`,
		`{"schema":"api","name":"film","kind":"table","description":"Films","insertable":true,"updatable":false,` +
			`"deletable":false,"primary_key":["id"],"columns":[` +
			`{"name":"id","nullable":false,"type":"integer","nominal_type":"integer"},` +
			`{"name":"kind","nullable":true,"type":"api.kind","nominal_type":"api.kind","enum":["a"]}]},`,
		`{"schema":"api","name":"v","kind":"view","insertable":false,"updatable":false,"deletable":false}],`,
		`"relationships": [`,
		`{"table":{"schema":"api","name":"film"},"foreign":{"schema":"api","name":"person"},` +
			`"cardinality":"many-to-one","constraint":"d","columns":[{"from":"director","to":"id"}]},`,
		`{"table":{"schema":"api","name":"film"},"foreign":{"schema":"api","name":"film"},"cardinality":"computed",` +
			`"self":true,"function":{"schema":"api","name":"c"},"single_row":true},`,
		`{"table":{"schema":"api","name":"person"},"foreign":{"schema":"api","name":"film"},` +
			`"cardinality":"one-to-many","constraint":"d","columns":[{"from":"id","to":"director"}]}],`,
		`"routines": [`,
		`{"schema":"api","name":"f","params":[{"name":"a","type":"bit","cast_type":"bit varying","required":false}],` +
			`"return":{"type":{"schema":"api","name":"film"},"set_of":true,"composite":true},"volatility":"stable",` +
			`"isolation":"serializable","settings":[{"name":"statement_timeout","value":"1s"}]}],`,
		`"representations": [`,
		`{"source":"json","target":"api.color","function":{"schema":"api","name":"color"}}],`,
		`"media_handlers": [`,
		`{"function":{"schema":"api","name":"h"},"accept":"*/*","media_type":"application/octet-stream"},`,
		`{"function":{"schema":"api","name":"h"},"target":{"schema":"api","name":"film"},"accept":"text/x",` +
			`"media_type":"text/X"}]}`,
		``,
	}, "\n")
	var b bytes.Buffer
	if err := s.Dump(&b); err != nil {
		t.Fatal(err)
	}
	requireLines(t, strings.Split(b.String(), "\n"), strings.Split(want, "\n"))
	marshalled, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, b.Bytes()); err != nil || compact.String() != string(marshalled) {
		t.Errorf("MarshalJSON gives %s, %v", marshalled, err)
	}
}

func TestDumpOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := Build(&Catalog{Schemas: []string{"api"}}).Dump(&b); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("dump is %s, %v", b.Bytes(), err)
	}
}

func TestDumpFails(t *testing.T) {
	if err := Build(&Catalog{}).Dump(brokenWriter{}); !errors.Is(err, errBroken) {
		t.Errorf("error is %v", err)
	}
}

func TestDumpOfLoaded(t *testing.T) {
	for _, file := range []string{"relations.sql", "keys.sql", "views.sql", "routines.sql", "computed.sql"} {
		c := loadCatalog(t, file)
		var first, second bytes.Buffer
		if err := errors.Join(Build(c).Dump(&first), Build(c).Dump(&second)); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(first.Bytes()) || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: the dumps differ or are not JSON", file)
		}
	}
}

var errBroken = errors.New("broken")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestKindNames(t *testing.T) {
	for kind, want := range map[RelationKind]string{
		KindTable: "table", KindView: "view", KindMaterializedView: "materialized view",
		KindForeignTable: "foreign table", KindPartitioned: "partitioned table", 'S': "relation of kind S",
	} {
		if kind.String() != want {
			t.Errorf("kind %c is %q, want %q", kind, kind, want)
		}
	}
	for volatility, want := range map[Volatility]string{Volatile: "volatile", Stable: "stable", Immutable: "immutable"} {
		if volatility.String() != want {
			t.Errorf("volatility %c is %q, want %q", volatility, volatility, want)
		}
	}
}

// TestDumpIsDocumented checks that docs/schema.md names every key of the document.
func TestDumpIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/schema.md")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, key := range []string{
		"server", "server_version", "standby", "dynamic_sql", "expressions", "generation", "schemas", "tables",
		"relationships", "routines", "representations", "media_handlers",
	} {
		keys[key] = true
	}
	for _, v := range []any{
		QualifiedName{},
		Table{},
		Column{},
		Relationship{},
		Junction{},
		ColumnPair{},
		Routine{},
		Param{},
		Setting{},
		ReturnType{},
		Representation{},
		MediaHandler{},
	} {
		for field := range reflect.TypeOf(v).Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
				keys[name] = true
			}
		}
	}
	for key := range keys {
		if !bytes.Contains(page, []byte("`"+key+"`")) {
			t.Errorf("%s is not documented", key)
		}
	}
	var document map[string]json.RawMessage
	dumped, err := json.Marshal(Build(&Catalog{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(dumped, &document); err != nil {
		t.Fatal(err)
	}
	for key := range document {
		if !keys[key] {
			t.Errorf("the document has a key %s that is not documented", key)
		}
	}
}
