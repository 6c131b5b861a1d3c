package openapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"trunkline/cache"
)

// describe31 returns the description of an input, in which no fault was found.
func describe31(t *testing.T, in *Input) []byte {
	t.Helper()
	document, err := OpenAPI31(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults(t, document) {
		t.Error(fault)
	}
	return document
}

// decoded is a document as a client sees it.
type decoded struct {
	Servers []struct{ URL string }
	Tags    []struct{ Name string }
	Paths   map[string]map[string]struct {
		OperationID string
		Parameters  []struct {
			Ref      string `json:"$ref"`
			Name     string
			In       string
			Required bool
			Schema   map[string]any
		}
		RequestBody *struct {
			Required bool
			Content  map[string]any
		}
		Responses map[string]struct{ Content map[string]any }
	}
	Components struct {
		Schemas         map[string]rowOf
		Parameters      map[string]struct{ Name, In string }
		SecuritySchemes map[string]struct{ Type, Scheme, BearerFormat string }
	}
}

type rowOf struct {
	Required   []string
	Properties map[string]map[string]any
}

func decode31(t *testing.T, in *Input) *decoded {
	t.Helper()
	d := new(decoded)
	if err := json.Unmarshal(describe31(t, in), d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOpenAPI31(t *testing.T) {
	compare(t, "testdata/openapi31.golden.json", describe31(t, input()))
}

// TestOpenAPI31Extended has execution plans, and extensions of URLs.
func TestOpenAPI31Extended(t *testing.T) {
	in := input()
	in.Plans, in.Extensions, in.Batches, in.ETags, in.Keys = true, true, 100, true, true
	compare(t, "testdata/openapi31_extended.golden.json", describe31(t, in))
}

func TestOpenAPI31OfNothing(t *testing.T) {
	compare(t, "testdata/openapi31_empty.golden.json", describe31(t, &Input{
		Server:        Server{Scheme: "http", Host: "!4", Port: 3000, BasePath: "/"},
		Relationships: func(cache.QualifiedName) []*cache.Relationship { return nil },
	}))
}

func TestOrderOfInputDoesNotMatter(t *testing.T) {
	in, turned := input(), input()
	slices.Reverse(turned.Tables)
	slices.Reverse(turned.Routines)
	if !bytes.Equal(describe31(t, in), describe31(t, turned)) {
		t.Error("the same relations in another order give another document")
	}
}

// odd describes relations and routines whose names are no identifiers, or look like parts of the gateway's own names.
func odd() *Input {
	in := &Input{Relationships: func(cache.QualifiedName) []*cache.Relationship { return nil }}
	for _, name := range []string{
		"a b", "a.20b", "a", "a-insert", "a-update", "ä/ö", "{x}", "pgrst-error", "rpc", "(rpc) f", "Introspection", "~0%",
	} {
		in.Tables = append(in.Tables, &cache.Table{
			Name: harbour(name), Kind: cache.KindTable, Insertable: true, Updatable: true, Deletable: true,
			PrimaryKey: []string{"k y"},
			Columns: []cache.Column{
				{Name: "k y", Type: "integer"},
				{Name: "select", Type: "text"},
				{Name: "a/b~c", Type: "text"},
				{Name: "20b", Type: "text"},
				{Name: "äö", Type: "text"},
				{Name: "and", Type: "text"},
			},
		})
	}
	for _, name := range []string{"f", "select", "a b", "{x}"} {
		in.Routines = append(in.Routines, &cache.Routine{
			Name: harbour(name), Volatility: cache.Stable,
			Params: []cache.Param{{Name: "limit", Type: "integer"}, {Name: "a b", Type: "text", Required: true}},
			Return: cache.ReturnType{SetOf: true, Composite: true, Type: harbour("a b")},
		})
	}
	return in
}

func TestOddNames(t *testing.T) {
	in := odd()
	d := decode31(t, in)
	if got, want := len(d.Paths), len(in.Tables)+len(in.Routines)+1; got != want {
		t.Errorf("%d paths, want %d", got, want)
	}
	if got, want := len(d.Components.Schemas), 3*len(in.Tables)+1; got != want {
		t.Errorf("%d schemas, want %d", got, want)
	}
	seen := make(map[string]bool)
	for path, operations := range d.Paths {
		for method, operation := range operations {
			if id := operation.OperationID; id == "" || seen[id] {
				t.Errorf("%s %s has the operationId %q, which is not its own", method, path, id)
			}
			seen[operation.OperationID] = true
		}
	}
}

// TestParametersAreDistinct looks for two parameters of one name in an operation: a column may be called limit.
func TestParametersAreDistinct(t *testing.T) {
	for _, in := range []*Input{input(), odd()} {
		d := decode31(t, in)
		for path, operations := range d.Paths {
			for method, operation := range operations {
				seen := make(map[string]bool)
				for _, p := range operation.Parameters {
					key := p.In + " " + p.Name
					if p.Ref != "" {
						c := d.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
						key = c.In + " " + c.Name
					}
					if seen[key] {
						t.Errorf("%s %s has two parameters %s", method, path, key)
					}
					seen[key] = true
				}
			}
		}
	}
}

func TestServerURL(t *testing.T) {
	for want, s := range map[string]Server{
		"https://api.example.org/v1":     {Scheme: "https", Host: "api.example.org", Port: 443, BasePath: "/v1"},
		"http://api.example.org":         {Scheme: "http", Host: "api.example.org", Port: 80, BasePath: "/"},
		"http://api.example.org:443":     {Scheme: "http", Host: "api.example.org", Port: 443},
		"https://[2001:db8::1]:8443/a/b": {Scheme: "https", Host: "2001:db8::1", Port: 8443, BasePath: "/a/b/"},
		"https://[2001:db8::1]":          {Scheme: "https", Host: "2001:db8::1", Port: 443},
		"/":                              {Scheme: "http", Host: "!4", Port: 3000, BasePath: "/"},
		"/v1":                            {Scheme: "http", Host: "*", Port: 3000, BasePath: "/v1"},
	} {
		if got := serverURL(s); got != want {
			t.Errorf("%+v gives %s, want %s", s, got, want)
		}
	}
}

func TestSchemasAreChosenByHeader(t *testing.T) {
	in := input()
	in.Schemas = []string{"harbour"}
	if d := decode31(t, in); d.Components.Parameters["accept-profile"].Name != "" {
		t.Error("one schema needs no header to choose it")
	}
	in.Schemas = append(in.Schemas, "yard")
	d := decode31(t, in)
	for operation, want := range map[string]string{
		"/ships get": "accept-profile", "/ships post": "content-profile", "/ships delete": "content-profile",
		"/rpc/tide get": "accept-profile", "/rpc/tide post": "content-profile",
	} {
		path, method, _ := strings.Cut(operation, " ")
		var got []string
		for _, p := range d.Paths[path][method].Parameters {
			if strings.HasSuffix(p.Ref, "-profile") {
				got = append(got, strings.TrimPrefix(p.Ref, "#/components/parameters/"))
			}
		}
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%s has %v, want %s", operation, got, want)
		}
	}
}

func TestSecurity(t *testing.T) {
	in := input()
	scheme := decode31(t, in).Components.SecuritySchemes[securityName]
	if scheme.Type != "http" || scheme.Scheme != "bearer" || scheme.BearerFormat != "JWT" {
		t.Errorf("the scheme is %+v", scheme)
	}
	in.Security = false
	document := describe31(t, in)
	if bytes.Contains(document, []byte(`"securitySchemes"`)) || !bytes.Contains(document, []byte(`"security":[]`)) {
		t.Error("security is described though it is off")
	}
}
