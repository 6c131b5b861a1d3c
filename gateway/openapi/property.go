package openapi

import (
	"encoding/json"
	"slices"
	"strings"

	"trunkline/cache"
)

// jsonType returns the JSON type of values of a PostgreSQL type, or "" for json and jsonb, which can be anything.
func jsonType(pgType string) string {
	switch pgType {
	case "boolean":
		return "boolean"
	case "smallint", "integer", "bigint":
		return "integer"
	case "numeric", "real", "double precision":
		return "number"
	case "json", "jsonb":
		return ""
	}
	if strings.HasSuffix(pgType, "[]") {
		return "array"
	}
	return "string"
}

// format returns the format of a PostgreSQL type: the size of integers, otherwise its name.
func format(pgType string) string {
	switch pgType {
	case "smallint", "integer":
		return "int32"
	case "bigint":
		return "int64"
	}
	return pgType
}

// items returns the schema of an array's elements, or nil for other types.
func items(pgType string) object {
	if jsonType(pgType) != "array" {
		return nil
	}
	return object{{"type", text(jsonType(strings.TrimSuffix(pgType, "[]")))}}
}

// defaultValue returns a default expression as JSON if PostgREST shows it, or nil. For a type that is a string in JSON
// it is the text of a constant or, for other expressions, the expression itself unless it contains characters that JSON
// would escape. For other types it must be a constant.
func defaultValue(pgType, expression string) any {
	if expression == "" {
		return nil
	}
	if jsonType(pgType) == "string" {
		value, ok := strings.CutSuffix(expression, "::"+pgType)
		if ok {
			value = strings.ReplaceAll(strings.Trim(value, "'"), "''", "'")
		}
		if !json.Valid([]byte(`"` + value + `"`)) {
			return nil
		}
		return value
	}
	if !json.Valid([]byte(expression)) {
		return nil
	}
	return json.RawMessage(expression)
}

// columnDescription returns a column's comment with notes on the keys that it is part of.
func columnDescription(t *cache.Table, c *cache.Column, relationships []*cache.Relationship) string {
	var notes []string
	if slices.Contains(t.PrimaryKey, c.Name) {
		notes = append(notes, "This is a Primary Key.<pk/>")
	}
	if r := foreignKey(c.Name, relationships); r != nil {
		table, column := r.Foreign.Name, r.Columns[0].To
		notes = append(notes, "This is a Foreign Key to `"+table+"."+column+"`.<fk table='"+table+
			"' column='"+column+"'/>")
	}
	if len(notes) == 0 {
		return c.Description
	}
	description := "Note:\n" + strings.Join(notes, "\n")
	if c.Description != "" {
		description = c.Description + "\n\n" + description
	}
	return description
}

// foreignKey returns the foreign key of this single column, preferring one that references a table to one that
// references a view.
func foreignKey(column string, relationships []*cache.Relationship) *cache.Relationship {
	var found *cache.Relationship
	for _, r := range relationships {
		toOne := r.Cardinality == cache.ManyToOne || r.Cardinality == cache.OneToOne && !r.Referenced
		if !toOne || len(r.Columns) != 1 || r.Columns[0].From != column {
			continue
		}
		if !r.ForeignIsView {
			return r
		}
		if found == nil {
			found = r
		}
	}
	return found
}

// maxLength returns a length limit, or nil if there is none.
func maxLength(n int32) any {
	if n == 0 {
		return nil
	}
	return n
}
