package openapi

import (
	"encoding/json"
	"slices"
	"testing"

	"trunkline/cache"
)

// swaggerOf is a description as a client sees it.
type swaggerOf struct {
	Host, BasePath string
	Info           struct{ Title, Description string }
	Paths          map[string]map[string]struct {
		Summary, Description *string
		Parameters           []map[string]any
	}
	Definitions map[string]struct {
		Required   []string
		Properties map[string]json.RawMessage
	}
	Parameters map[string]any
}

func decodeSwagger(t *testing.T, in *Input) *swaggerOf {
	t.Helper()
	document, err := Swagger(in)
	if err != nil {
		t.Fatal(err)
	}
	d := new(swaggerOf)
	if err := json.Unmarshal(document, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// property describes one column of a relation, in a document of its own.
func property(t *testing.T, c cache.Column, relationships ...*cache.Relationship) string {
	t.Helper()
	table := &cache.Table{Name: harbour("t"), Columns: []cache.Column{c}}
	d := decodeSwagger(t, &Input{
		Tables:        []*cache.Table{table},
		Relationships: func(cache.QualifiedName) []*cache.Relationship { return relationships },
	})
	return asJSON(t, d.Definitions["t"].Properties[c.Name])
}

func TestSwaggerProperties(t *testing.T) {
	for want, column := range map[string]cache.Column{
		`{"format":"int32","type":"integer"}`:                              {Type: "smallint"},
		`{"format":"int64","type":"integer"}`:                              {Type: "bigint"},
		`{"format":"numeric","type":"number"}`:                             {Type: "numeric"},
		`{"format":"double precision","type":"number"}`:                    {Type: "double precision"},
		`{"format":"boolean","type":"boolean"}`:                            {Type: "boolean"},
		`{"format":"jsonb"}`:                                               {Type: "jsonb"},
		`{"format":"harbour.address","type":"string"}`:                     {Type: "harbour.address"},
		`{"format":"uuid","maxLength":36,"type":"string"}`:                 {Type: "uuid", MaxLength: 36},
		`{"format":"text[]","items":{"type":"string"},"type":"array"}`:     {Type: "text[]"},
		`{"format":"integer[]","items":{"type":"integer"},"type":"array"}`: {Type: "integer[]"},
		`{"format":"jsonb[]","items":{},"type":"array"}`:                   {Type: "jsonb[]"},
		`{"enum":["b","a"],"format":"harbour.state","type":"string"}`:      {Type: "harbour.state", Enum: []string{"b", "a"}},
		`{"default":"b","enum":["b"],"format":"harbour.state","type":"string"}`: {
			Type: "harbour.state", Enum: []string{"b"}, Default: "'b'::harbour.state",
		},
		`{"default":"now()","format":"date","type":"string"}`:      {Type: "date", Default: "now()"},
		`{"default":true,"format":"boolean","type":"boolean"}`:     {Type: "boolean", Default: "true"},
		`{"default":42,"format":"int32","type":"integer"}`:         {Type: "integer", Default: "42"},
		`{"format":"xid","type":"string"}`:                         {Type: "xid"},
		`{"description":"A <b>.","format":"text","type":"string"}`: {Type: "text", Description: "A <b>."},
	} {
		column.Name = "c"
		if got := property(t, column); got != want {
			t.Errorf("%+v gives %s, want %s", column, got, want)
		}
	}
	identity := cache.Column{Name: "c", Type: "integer", Default: "nextval('s'::regclass)"}
	if got, want := property(t, identity), `{"format":"int32","type":"integer"}`; got != want {
		t.Errorf("a sequence's next value gives %s, want %s", got, want)
	}
}

// TestSwaggerForeignKeys shows which of several relationships a column's note is about: one of this column alone, to
// one row, and to a table before a view.
func TestSwaggerForeignKeys(t *testing.T) {
	to := func(name string, view bool, c cache.Cardinality, columns ...string) *cache.Relationship {
		r := &cache.Relationship{Table: harbour("t"), Foreign: harbour(name), Cardinality: c, ForeignIsView: view}
		for _, column := range columns {
			r.Columns = append(r.Columns, cache.ColumnPair{From: column, To: "id"})
		}
		return r
	}
	referenced := to("owner", false, cache.OneToOne, "c")
	referenced.Referenced = true
	note := func(name string) string {
		return "Note:\nThis is a Foreign Key to `" + name + ".id`.<fk table='" + name + "' column='id'/>"
	}
	for name, test := range map[string]struct {
		relationships []*cache.Relationship
		want          string
	}{
		"table":                  {[]*cache.Relationship{to("berths", false, cache.ManyToOne, "c")}, note("berths")},
		"view":                   {[]*cache.Relationship{to("quays", true, cache.ManyToOne, "c")}, note("quays")},
		"a table before a view":  {[]*cache.Relationship{to("quays", true, cache.ManyToOne, "c"), to("berths", false, cache.ManyToOne, "c")}, note("berths")},
		"the first of two views": {[]*cache.Relationship{to("quays", true, cache.ManyToOne, "c"), to("piers", true, cache.ManyToOne, "c")}, note("quays")},
		"one to one":             {[]*cache.Relationship{to("berths", false, cache.OneToOne, "c")}, note("berths")},
		"the referenced side":    {[]*cache.Relationship{referenced}, ""},
		"one to many":            {[]*cache.Relationship{to("berths", false, cache.OneToMany, "c")}, ""},
		"many to many":           {[]*cache.Relationship{to("berths", false, cache.ManyToMany)}, ""},
		"of several columns":     {[]*cache.Relationship{to("berths", false, cache.ManyToOne, "c", "d")}, ""},
		"of another column":      {[]*cache.Relationship{to("berths", false, cache.ManyToOne, "d")}, ""},
	} {
		var got struct{ Description string }
		text := property(t, cache.Column{Name: "c", Type: "integer"}, test.relationships...)
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if got.Description != test.want {
			t.Errorf("%s: %q, want %q", name, got.Description, test.want)
		}
	}
}

// TestSwaggerNotesOfViews shows that a view's columns have the notes of the keys that they show.
func TestSwaggerNotesOfViews(t *testing.T) {
	in := input()
	in.Tables[0].Kind, in.Tables[0].PrimaryKey = cache.KindView, []string{"id", "berth_id"}
	properties := decodeSwagger(t, in).Definitions["ships"].Properties
	for column, want := range map[string]string{
		"id": "Number in the register.\n\nNote:\nThis is a Primary Key.<pk/>",
		"berth_id": "Note:\nThis is a Primary Key.<pk/>\n" +
			"This is a Foreign Key to `berths.id`.<fk table='berths' column='id'/>",
		"cargo": "",
	} {
		var got struct{ Description string }
		if err := json.Unmarshal(properties[column], &got); err != nil {
			t.Fatal(err)
		}
		if got.Description != want {
			t.Errorf("%s: %q, want %q", column, got.Description, want)
		}
	}
}

// TestSwaggerShowsWhatItIsGiven shows that the caller alone decides what is described: relations left out of the
// input are nowhere in the document, and the finer privileges of OpenAPI 3.1 change nothing.
func TestSwaggerShowsWhatItIsGiven(t *testing.T) {
	in := input()
	before, err := Swagger(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Privileges = func(cache.QualifiedName) Privileges { return Privileges{} }
	in.Schemas = []string{"harbour", "yard"}
	after, err := Swagger(in)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Error("privileges by column changed the document")
	}
	in.Tables, in.Routines = in.Tables[1:], nil
	d := decodeSwagger(t, in)
	if len(d.Paths) != 2 || len(d.Paths["/berths"]) != 1 || len(d.Definitions) != 1 {
		t.Errorf("the paths are %v, the definitions %v", d.Paths, d.Definitions)
	}
	if _, ok := d.Parameters["body.ships"]; ok {
		t.Error("a relation that is left out has parameters")
	}
}

// TestSwaggerVerbs shows that what can be written in one way is shown with all of them, as in the reference.
func TestSwaggerVerbs(t *testing.T) {
	for name, change := range map[string]func(*cache.Table){
		"insert": func(t *cache.Table) { t.Insertable = true },
		"update": func(t *cache.Table) { t.Updatable = true },
		"delete": func(t *cache.Table) { t.Deletable = true },
	} {
		in := input()
		change(in.Tables[1])
		var got []string
		for method := range decodeSwagger(t, in).Paths["/berths"] {
			got = append(got, method)
		}
		slices.Sort(got)
		if want := []string{"delete", "get", "patch", "post"}; !slices.Equal(got, want) {
			t.Errorf("with %s: %v, want %v", name, got, want)
		}
	}
}

func TestSwaggerTitles(t *testing.T) {
	for comment, want := range map[string][2]string{
		"":                       {defaultTitle, defaultDescription},
		"Title":                  {"Title", ""},
		"Title\n\nBody\n\nMore":  {"Title", "Body\n\nMore"},
		"\nBody without a title": {"", "Body without a title"},
	} {
		in := input()
		in.Comment = comment
		if got := decodeSwagger(t, in).Info; got.Title != want[0] || got.Description != want[1] {
			t.Errorf("%q gives %+v, want %v", comment, got, want)
		}
	}
}

func TestSwaggerSummaries(t *testing.T) {
	for comment, want := range map[string]string{
		"":                    `[null,null]`,
		"One":                 `["One",null]`,
		"One\n\n\nTwo\nThree": `["One","Two\nThree"]`,
		"\nTwo":               `["","Two"]`,
		"One\n":               `["One",null]`,
	} {
		d := decodeSwagger(t, &Input{
			Tables:        []*cache.Table{{Name: harbour("t"), Description: comment}},
			Routines:      []*cache.Routine{{Name: harbour("f"), Description: comment, Volatility: cache.Volatile}},
			Relationships: func(cache.QualifiedName) []*cache.Relationship { return nil },
		})
		for path, method := range map[string]string{"/t": "get", "/rpc/f": "post"} {
			operation := d.Paths[path][method]
			if got := asJSON(t, []*string{operation.Summary, operation.Description}); got != want {
				t.Errorf("%s with %q has %s, want %s", path, comment, got, want)
			}
		}
	}
}
