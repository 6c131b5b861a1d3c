package openapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"trunkline/cache"
)

// The documentation page reads the description with docs/model.js, which only a browser runs. The tests here read it as
// that does, step by step, and take nothing for granted that it takes: whoever changes one of the two must change the
// other. unreadable returns what the page could not read.
func unreadable(t *testing.T, document []byte) (found []string) {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(document, &d); err != nil {
		t.Fatal(err)
	}
	m := &modelReader{schemas: at[map[string]any](d, "components", "schemas")}
	for _, text := range [][]string{{"info", "title"}, {"info", "version"}} {
		m.expect(at[string](d, text...) != "", strings.Join(text, "."))
	}
	servers := at[[]any](d, "servers")
	m.expect(len(servers) > 0 && at[string](servers[0], "url") != "", "servers[0].url")
	for path, operations := range at[map[string]any](d, "paths") {
		m.path = path
		switch {
		case strings.HasPrefix(path, "/rpc/"):
			m.routine(operations)
		case path != "/":
			m.relation(operations)
		}
	}
	return m.found
}

// at follows members, and returns the zero value if one is missing or is something else.
func at[T any](value any, members ...string) (found T) {
	for _, name := range members {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	found, _ = value.(T)
	return found
}

type modelReader struct {
	schemas map[string]any
	path    string
	found   []string
}

func (m *modelReader) expect(ok bool, what string) {
	if !ok {
		m.found = append(m.found, m.path+": "+what)
	}
}

// relation is model.js's function of that name.
func (m *modelReader) relation(operations any) {
	shown := at[map[string]any](operations, "get", "responses", "200", "content", rowsType, "schema", "items")
	if at[any](operations, "get") != nil {
		m.row(shown, "get")
	}
	for _, method := range []string{"post", "patch"} {
		if at[any](operations, method) != nil {
			m.row(at[map[string]any](operations, method, "requestBody", "content", rowsType, "schema"), method)
		}
	}
	for _, parameter := range at[[]any](operations, "put", "parameters") {
		if at[string](parameter, "in") == "query" {
			m.expect(at[any](parameter, "name") != nil && at[any](parameter, "example") != nil, "a key of put")
		}
	}
}

// row is target, and columns for what it finds.
func (m *modelReader) row(schema map[string]any, where string) {
	reference := schema
	forms := at[[]any](schema, "oneOf")
	for _, form := range forms {
		if at[string](form, "$ref") != "" {
			reference, _ = form.(map[string]any)
			break
		}
	}
	name, local := strings.CutPrefix(at[string](reference, "$ref"), "#/components/schemas/")
	row, ok := m.schemas[name].(map[string]any)
	properties, isObject := row["properties"].(map[string]any)
	m.expect(local && ok && isObject, where+" leads to no row")
	m.expect(row["x-kind"] != nil && row["title"] != nil, where+" has no kind or title")
	for _, related := range at[[]any](row, "x-relationships") {
		m.expect(at[string](related, "name") != "" && at[string](related, "relation") != "" && at[string](related, "cardinality") != "",
			where+": a relationship")
		for _, pair := range at[[]any](related, "columns") {
			m.expect(at[string](pair, "from") != "" && at[string](pair, "to") != "", where+": the columns of a relationship")
		}
	}
	for column, property := range properties {
		m.expect(m.typed(property), where+": the type of "+column)
		if key := at[map[string]any](property, "x-foreign-key"); key != nil {
			m.expect(key["relation"] != nil && key["column"] != nil, where+": the foreign key "+column)
		}
	}
}

// typed reports whether the page can show the type of a value: one, none for JSON, or one and null, and what an array
// has.
func (m *modelReader) typed(schema any) bool {
	kind := at[any](schema, "type")
	if several, ok := kind.([]any); ok && len(several) > 0 {
		kind = several[0]
	}
	switch kind {
	case nil, "boolean", "integer", "number", "string", "object":
		return true
	case "array":
		items := at[map[string]any](schema, "items")
		return items != nil && m.typed(items)
	default:
		return false
	}
}

// routine is model.js's function of that name.
func (m *modelReader) routine(operations any) {
	content := at[map[string]any](operations, "post", "requestBody", "content")
	m.expect(len(content) == 1, fmt.Sprintf("the body of a call has %d types, of which one is shown", len(content)))
	for _, media := range content {
		schema := at[map[string]any](media, "schema")
		m.expect(schema != nil, "the body has no schema")
		for name, argument := range at[map[string]any](schema, "properties") {
			m.expect(m.typed(argument) && at[string](argument, "x-type") != "", "the argument "+name)
		}
	}
	responses := at[map[string]any](operations, "post", "responses")
	m.expect(responses != nil, "no responses")
	if success := responses["200"]; success != nil {
		m.expect(at[map[string]any](success, "content") != nil, "a result without content")
		if media := at[map[string]any](success, "content", rowsType); media != nil {
			m.returned(at[map[string]any](media, "schema"))
		}
	}
}

// returned is typeName.
func (m *modelReader) returned(schema map[string]any) {
	m.expect(schema != nil, "the result has no schema")
	if at[string](schema, "type") == "array" {
		schema = at[map[string]any](schema, "items")
	}
	if reference := at[string](schema, "$ref"); reference != "" {
		name, _ := strings.CutPrefix(reference, "#/components/schemas/")
		m.expect(at[string](m.schemas[name], "title") != "", "the result "+reference)
		return
	}
	m.expect(m.typed(schema), "the type of the result")
}

// allInputs are descriptions of much, of odd names and of nothing, as each setting shows them.
func allInputs() []*Input {
	var all []*Input
	for i := range 16 {
		empty := &Input{Version: "1", Relationships: func(cache.QualifiedName) []*cache.Relationship { return nil }}
		for _, in := range []*Input{input(), odd(), empty} {
			in.Version = "1"
			in.Plans, in.Extensions, in.Security = i&1 > 0, i&2 > 0, i&4 > 0
			if i&8 > 0 {
				in.Schemas = []string{"harbour", "yard"}
			}
			all = append(all, in)
		}
	}
	return all
}

func TestPageReadsTheDescription(t *testing.T) {
	for _, in := range allInputs() {
		for _, what := range unreadable(t, describe31(t, in)) {
			t.Errorf("plans %t, extensions %t: the page cannot read %s", in.Plans, in.Extensions, what)
		}
	}
}

// TestUnreadableIsFound breaks the description in ways that docs/model.js could not read.
func TestUnreadableIsFound(t *testing.T) {
	document := string(describe31(t, input()))
	for name, change := range map[string][2]string{
		"rows of another type":  {`"application/json":{"schema":{"type":"array","items":{"$ref":"#/components/schemas/ships"}}}`, `"application/json":{"schema":{"$ref":"#/components/schemas/ships"}}`},
		"forms without a row":   {`{"oneOf":[{"$ref":"#/components/schemas/ships-update"},`, `{"oneOf":[`},
		"one of several others": {`{"oneOf":[{"$ref":"#/components/schemas/ships-update"},`, `{"anyOf":[{"$ref":"#/components/schemas/ships-update"},`},
		"reference elsewhere":   {`"#/components/schemas/ships-insert"`, `"#/components/rows/ships-insert"`},
		"no media type of rows": {`"application/json":{"schema":{"oneOf"`, `"text/json":{"schema":{"oneOf"`},
		"unknown type":          {`"type":"integer"`, `"type":"truth"`},
		"array of nothing":      {`"type":["array","null"],"items":`, `"type":["array","null"],"prefixItems":`},
		"half a foreign key":    {`"x-foreign-key":{"relation"`, `"x-foreign-key":{"table"`},
		"several bodies":        {`"content":{"application/json":{"schema":{"type":"object"`, `"content":{"text/csv":{},"application/json":{"schema":{"type":"object"`},
		"half a relationship":   {`"x-relationships":[{"name"`, `"x-relationships":[{"title"`},
		"no server":             {`"servers":[{"url"`, `"servers":[{"uri"`},
	} {
		broken := strings.ReplaceAll(document, change[0], change[1])
		if broken == document {
			t.Errorf("%s: nothing was changed", name)
		}
		if len(unreadable(t, []byte(broken))) == 0 {
			t.Errorf("%s: the page seems to read it", name)
		}
	}
}

// TestModelReadsWhatIsExamined fails if docs/model.js reads members that unreadable knows nothing of.
func TestModelReadsWhatIsExamined(t *testing.T) {
	script, _, _ := asset("model.js")
	known := []string{
		"$ref", "200", "206", "application/json", "x-kind", "x-nullable", "x-foreign-key", "x-primary-key",
		"x-relationships", "x-partial", "x-variadic", "accept-profile",
	}
	for _, m := range regexp.MustCompile(`\["([^"]+)"\]|\.(\$ref)|"(x-[a-z-]+)"`).FindAllStringSubmatch(string(script), -1) {
		if name := m[1] + m[2] + m[3]; !slices.Contains(known, name) {
			t.Errorf("model.js reads %s", name)
		}
	}
}
