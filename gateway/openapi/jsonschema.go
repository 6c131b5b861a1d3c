package openapi

import (
	"encoding/json"
	"strings"

	"trunkline/cache"
)

// typeSchema returns the JSON Schema (draft 2020-12) for values of a type as PostgreSQL converts them to JSON. json,
// jsonb and types that are not built in can be anything: a composite type becomes an object, and extensions define
// casts to JSON. An array's elements may always be null.
func typeSchema(pgType string, nullable bool) object {
	if element, ok := strings.CutSuffix(pgType, "[]"); ok {
		return object{{"type", types("array", nullable)}, {"items", typeSchema(element, true)}}
	}
	kind, format := scalar(pgType)
	if kind == "" {
		return object{}
	}
	return object{{"type", types(kind, nullable)}, {"format", text(format)}}
}

// types returns the value of "type".
func types(kind string, nullable bool) any {
	if nullable {
		return []string{kind, "null"}
	}
	return kind
}

// scalar returns the JSON type of a type that is not an array, or "" for any, and its format, or "" if neither JSON
// Schema nor OpenAPI's registry of formats has one. Times with an abbreviated offset ("12:00:00+00") have no format.
func scalar(pgType string) (kind, format string) {
	switch pgType {
	case "boolean":
		return "boolean", ""
	case "smallint":
		return "integer", "int16"
	case "integer":
		return "integer", "int32"
	case "bigint":
		return "integer", "int64"
	case "numeric":
		return "number", ""
	case "real":
		return "number", "float"
	case "double precision":
		return "number", "double"
	case "json", "jsonb", "record":
		return "", ""
	case "uuid", "date":
		return "string", pgType
	case "timestamp with time zone":
		return "string", "date-time"
	case "timestamp without time zone":
		return "string", "date-time-local"
	case "time without time zone":
		return "string", "time-local"
	}
	if strings.Contains(pgType, ".") {
		return "", ""
	}
	return "string", ""
}

// columnSchema describes a column. Members that begin with "x-" hold what JSON Schema cannot express: the PostgreSQL
// type, keys, and a default that is an expression.
//
// For a column that may hold any JSON, "x-nullable" says whether it may also be NULL, which is shown as null. If write
// is set, a null in the body is NULL, so that the schema of a column that is not nullable excludes null.
func columnSchema(r *relation, c *cache.Column, write bool) object {
	schema := typeSchema(c.Type, c.Nullable)
	switch array := strings.HasSuffix(c.Type, "[]"); {
	case len(c.Enum) > 0 && array:
		schema = object{{"type", types("array", c.Nullable)}, {"items", enumSchema(c.Enum, true)}}
	case len(c.Enum) > 0:
		schema = enumSchema(c.Enum, c.Nullable)
	case jsonType(c.Type) == "" && write && !c.Nullable:
		schema = object{
			{"type", []string{"object", "array", "string", "number", "boolean"}}, {"items", object{}}, {"x-nullable", false},
		}
	case jsonType(c.Type) == "":
		schema = object{{"x-nullable", c.Nullable}}
	}
	schema = append(schema,
		member{"readOnly", onlyTrue(c.Generated)},
		member{"maxLength", maxLength(c.MaxLength)},
		member{"description", text(keyNotes(r, c))},
	)
	if value := constant(c.Type, c.Default, c.Enum); value != nil {
		schema = append(schema, member{"default", value})
	} else {
		schema = append(schema, member{"x-default", text(c.Default)})
	}
	if write {
		schema = append(schema, member{"examples", []any{columnExample(c)}})
	}
	return append(schema,
		member{"x-type", text(nominalType(c))},
		member{"x-base-type", text(baseType(c))},
		member{"x-primary-key", onlyTrue(isPrimary(r, c))},
		member{"x-foreign-key", foreignKeyNote(foreignKey(c.Name, r.relationships))},
	)
}

// enumSchema lists the values of an enum type.
func enumSchema(labels []string, nullable bool) object {
	values := make([]any, 0, len(labels)+1)
	for _, label := range labels {
		values = append(values, label)
	}
	if nullable {
		values = append(values, nil)
	}
	return object{{"type", types("string", nullable)}, {"enum", values}}
}

// nominalType returns the column's type as it was declared.
func nominalType(c *cache.Column) string {
	if c.NominalType == "" {
		return c.Type
	}
	return c.NominalType
}

// baseType returns the type that a column's domain is made of, "" if the type is no domain, or one of another schema's
// type.
func baseType(c *cache.Column) string {
	if !strings.Contains(nominalType(c), ".") || strings.Contains(c.Type, ".") {
		return ""
	}
	return c.Type
}

func onlyTrue(b bool) any {
	if !b {
		return nil
	}
	return true
}

// constant returns the value of a default expression that is a literal ("'a'::text", "7", "true") as PostgreSQL
// converts it to JSON. It returns nil for other expressions, and for types whose literals have several forms, such as
// times.
func constant(pgType, expression string, enum []string) any {
	literal, quoted := unquote(expression)
	kind, format := scalar(pgType)
	switch {
	case expression == "":
		return nil
	case strings.HasSuffix(pgType, "[]"):
		if quoted && literal == "{}" {
			return []any{}
		}
		return nil
	case len(enum) > 0 || pgType == "text" || strings.HasPrefix(pgType, "character"):
		return orNil(literal, quoted)
	case kind == "string":
		return orNil(literal, quoted && (format == "uuid" || format == "date"))
	case kind == "" && !(quoted && strings.HasPrefix(pgType, "json")):
		return nil
	}
	if !json.Valid([]byte(literal)) || !hasType(literal, kind) {
		return nil
	}
	return json.RawMessage(literal)
}

// unquote returns the text of a string literal with a cast, as written by pg_get_expr, or else the expression itself.
func unquote(expression string) (literal string, quoted bool) {
	end := strings.LastIndex(expression, "'::")
	if end <= 0 || expression[0] != '\'' || strings.Contains(expression[end:], "(") {
		return expression, false
	}
	literal = expression[1:end]
	if strings.Contains(strings.ReplaceAll(literal, "''", ""), "'") {
		return expression, false // several literals and an operator
	}
	return strings.ReplaceAll(literal, "''", "'"), true
}

func orNil(s string, ok bool) any {
	if !ok {
		return nil
	}
	return s
}

// hasType reports whether valid JSON has a type; "" matches any.
func hasType(document, kind string) bool {
	switch document {
	case "null":
		return kind == ""
	case "true", "false":
		return kind == "" || kind == "boolean"
	}
	numeric := strings.ContainsRune("-0123456789", rune(document[0]))
	switch kind {
	case "integer":
		return numeric && !strings.ContainsAny(document, ".eE")
	case "number":
		return numeric
	default:
		return kind == ""
	}
}
