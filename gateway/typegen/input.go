package typegen

import (
	"fmt"
	"slices"
	"strings"

	"trunkline/cache"
)

// Input is what is described.
type Input struct {
	Snapshot *cache.Snapshot
	Typing   *cache.Typing
	// Schemas are those that are described; all are exposed.
	Schemas []string
}

// Languages are the names of the languages that [Write] knows.
func Languages() []string { return []string{"ts", "go", "python"} }

// Write returns the types in a language. It returns an error if a schema is not exposed, or the language is not known.
func Write(language string, in *Input) (string, error) {
	for _, schema := range in.Schemas {
		if !slices.Contains(in.Snapshot.Schemas, schema) {
			return "", fmt.Errorf("the schema %q is not exposed: db-schemas has %s", schema, strings.Join(in.Snapshot.Schemas, ", "))
		}
	}
	m := newModel(in)
	switch language {
	case "ts":
		return m.typeScript(), nil
	case "go":
		return m.golang()
	case "python":
		return m.python(), nil
	default:
		return "", fmt.Errorf("no types in %q: the languages are %s", language, strings.Join(Languages(), ", "))
	}
}
