package openapi

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// faults returns what is wrong with a description: it does not follow the schema of OpenAPI 3.1 documents
// (testdata/README.md), a reference leads nowhere, or a component is not a JSON Schema.
func faults(t *testing.T, document []byte) (found []error) {
	t.Helper()
	parsed := parseJSON(t, document)
	metaSchema, err := os.ReadFile("testdata/openapi31.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := compile(parseJSON(t, metaSchema), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(parsed); err != nil {
		found = append(found, err)
	}
	root := parsed.(map[string]any)
	walk(parsed, func(reference string) {
		if _, ok := resolve(root, reference); !ok {
			found = append(found, fmt.Errorf("%s leads nowhere", reference))
		}
	})
	schemas, _ := resolve(root, "#/components/schemas")
	components, _ := schemas.(map[string]any)
	for name := range components {
		if _, err := compile(parsed, "#/components/schemas/"+name); err != nil {
			found = append(found, err)
		}
	}
	return found
}

// compile makes a schema of a part of a document, and asserts formats too.
func compile(document any, part string) (*jsonschema.Schema, error) {
	const name = "test:///document.json"
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	return compiler.Compile(name + part)
}

func parseJSON(t *testing.T, text []byte) any {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("no JSON: %v\n%s", err, text)
	}
	return parsed
}

// walk calls do for each reference in a document.
func walk(value any, do func(reference string)) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			walk(v, do)
		}
	case map[string]any:
		if reference, ok := value["$ref"].(string); ok {
			do(reference)
		}
		for _, v := range value {
			walk(v, do)
		}
	}
}

// resolve finds what a reference within a document leads to (RFC 6901).
func resolve(root map[string]any, reference string) (value any, ok bool) {
	path, ok := strings.CutPrefix(reference, "#/")
	value = root
	for part := range strings.SplitSeq(path, "/") {
		object, isObject := value.(map[string]any)
		if !ok || !isObject {
			return nil, false
		}
		value, ok = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	return value, ok
}

// TestFaultsAreFound shows that what the other tests rely on is not blind.
func TestFaultsAreFound(t *testing.T) {
	document := string(describe31(t, input()))
	for name, broken := range map[string]string{
		"unknown member":    strings.Replace(document, `"operationId"`, `"operationID"`, 1),
		"missing member":    strings.Replace(document, `"openapi"`, `"x-openapi"`, 1),
		"reference":         strings.Replace(document, `"$ref":"#/components/schemas/`, `"$ref":"#/components/schemas/no-`, 1),
		"schema's type":     strings.Replace(document, `"type":"integer"`, `"type":"whole"`, 1),
		"place of argument": strings.Replace(document, `"in":"query"`, `"in":"body"`, 1),
	} {
		if broken == document {
			t.Errorf("%s: nothing was changed", name)
		} else if len(faults(t, []byte(broken))) == 0 {
			t.Errorf("%s: no fault is found", name)
		}
	}
}
