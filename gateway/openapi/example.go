package openapi

import (
	"encoding/json"
	"fmt"
	"strings"

	"trunkline/cache"
)

// columnExample returns a value that a column takes, as JSON. It satisfies the type, not constraints: those are not
// known. It is nil for a type of which nothing is known, if the column is nullable.
func columnExample(c *cache.Column) any {
	switch {
	case len(c.Enum) > 0 && strings.HasSuffix(c.Type, "[]"):
		return []any{c.Enum[0]}
	case len(c.Enum) > 0:
		return c.Enum[0]
	case strings.HasPrefix(c.Type, "bit") && c.MaxLength > 0:
		return strings.Repeat("1", int(c.MaxLength))
	}
	if value, ok := typeExample(c.Type); ok {
		return shortened(value, c.MaxLength)
	}
	if c.Nullable {
		return nil
	}
	if c.Structured {
		return object{}
	}
	return exampleWord
}

const exampleWord = "text"

// shortened cuts text to a column's length limit, 0 for none.
func shortened(value any, limit int32) any {
	if s, ok := value.(string); ok && limit > 0 && len(s) > int(limit) {
		return s[:limit]
	}
	return value
}

// typeExample returns a value of a type, which format_type has named, as JSON. It returns false for one that is not known.
func typeExample(pgType string) (any, bool) {
	if element, ok := strings.CutSuffix(pgType, "[]"); ok {
		value, ok := typeExample(element)
		if !ok {
			return []any{}, true
		}
		return []any{value}, true
	}
	switch kind, _ := scalar(pgType); kind {
	case "boolean":
		return true, true
	case "integer", "number":
		return 1, true
	}
	if pgType == "json" || pgType == "jsonb" {
		return object{{"key", "value"}}, true
	}
	if i := strings.LastIndexByte(pgType, '.'); i >= 0 {
		return extensionExample(strings.Trim(pgType[i+1:], `"`))
	}
	if text := exampleLiteral(pgType); text != "" {
		return text, true
	}
	return extensionExample(pgType)
}

// extensionExample returns a value of a type of one of PostgreSQL's own extensions.
func extensionExample(name string) (any, bool) {
	switch name {
	case "citext":
		return exampleWord, true
	case "hstore":
		return "key=>value", true
	case "ltree":
		return "top.part", true
	default:
		return nil, false
	}
}

// exampleLiteral returns a literal of a type of PostgreSQL that is a string in JSON, or "".
func exampleLiteral(pgType string) string {
	if text := exampleTime(pgType); text != "" {
		return text
	}
	if text := exampleRange(pgType); text != "" {
		return text
	}
	switch pgType {
	case "text", "character varying", "name", "tsvector", "tsquery", "refcursor":
		return exampleWord
	case `"char"`, "character": // which is one long if it does not say how long
		return "t"
	case "bytea":
		return `\x00ff`
	case "money", "oid", "xid", "xid8", "cid", "bit", "bit varying", "int2vector", "oidvector":
		return "1"
	case "uuid":
		return "6f1c0c9e-4b7a-4c55-8f0f-0a4f1d8a2b11"
	case "xml":
		return "<a/>"
	case "jsonpath":
		return "$.key"
	case "pg_lsn":
		return "0/1"
	case "tid":
		return "(0,1)"
	case "pg_snapshot", "txid_snapshot":
		return "10:20:10"
	case "regclass":
		return "pg_class"
	case "regtype":
		return "integer"
	case "regnamespace":
		return "pg_catalog"
	case "regproc":
		return "now"
	case "regprocedure":
		return "now()"
	case "regconfig", "regdictionary":
		return "simple"
	}
	return examplePlace(pgType)
}

// exampleTime returns a literal of a type for times, or "".
func exampleTime(pgType string) string {
	switch pgType {
	case "date":
		return "2024-02-29"
	case "timestamp with time zone":
		return "2024-02-29T12:00:00Z"
	case "timestamp without time zone":
		return "2024-02-29T12:00:00"
	case "time without time zone":
		return "12:00:00"
	case "time with time zone":
		return "12:00:00+00"
	case "interval":
		return "1 day"
	default:
		return ""
	}
}

// exampleRange returns a literal of a range or multirange type, or "".
func exampleRange(pgType string) string {
	if name, ok := strings.CutSuffix(pgType, "multirange"); ok {
		if r := exampleRange(name + "range"); r != "" {
			return "{" + r + "}"
		}
		return ""
	}
	switch pgType {
	case "int4range", "int8range", "numrange":
		return "[1,10)"
	case "daterange":
		return "[2024-02-29,2024-03-02)"
	case "tsrange":
		return `["2024-02-29 12:00:00","2024-02-29 14:00:00")`
	case "tstzrange":
		return `["2024-02-29 12:00:00+00","2024-02-29 14:00:00+00")`
	default:
		return ""
	}
}

// examplePlace returns a literal of an address or geometric type, or "".
func examplePlace(pgType string) string {
	switch pgType {
	case "inet":
		return "192.0.2.1"
	case "cidr":
		return "192.0.2.0/24"
	case "macaddr":
		return "08:00:2b:01:02:03"
	case "macaddr8":
		return "08:00:2b:01:02:03:04:05"
	case "point":
		return "(1,2)"
	case "line":
		return "{1,-1,0}"
	case "lseg":
		return "[(0,0),(1,1)]"
	case "box":
		return "(1,1),(0,0)"
	case "path", "polygon":
		return "((0,0),(1,1),(1,0))"
	case "circle":
		return "<(0,0),1>"
	default:
		return ""
	}
}

// exampleText returns an example as it is written in a query string.
func exampleText(value any) string {
	switch value := value.(type) {
	case nil:
		return exampleWord
	case string:
		return value
	case []any:
		return arrayLiteral(value)
	case object:
		text, err := value.appendJSON(nil)
		if err != nil {
			return "{}" // BUG: examples are JSON
		}
		return string(text)
	default:
		return fmt.Sprint(value)
	}
}

// arrayLiteral returns an array as PostgreSQL reads it (PostgreSQL manual, Arrays). Elements that are words or numbers
// need no quotes.
func arrayLiteral(elements []any) string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	texts := make([]string, len(elements))
	for i, element := range elements {
		text := exampleText(element)
		if number := json.Number(text); !isPlain(text) || strings.EqualFold(text, "null") {
			if _, err := number.Float64(); err != nil {
				text = `"` + quote.Replace(text) + `"`
			}
		}
		texts[i] = text
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// exampleCondition returns an operator and a value for a column. Types that nothing can be compared with are only tested
// for null.
func exampleCondition(c *cache.Column) string {
	const known = "not.is.null"
	example := exampleText(columnExample(c))
	element, array := strings.CutSuffix(c.Type, "[]")
	enum := len(c.Enum) > 0
	switch {
	case array && (enum || comparable(element)):
		return "cs." + example
	case array:
		return known
	case enum || comparable(c.Type):
		return "eq." + example
	case exampleRange(c.Type) != "":
		return "ov." + example
	case c.Type == "tsvector":
		return "fts." + example
	default:
		return known
	}
}

// comparable reports whether values of a type can be tested for equality with a literal.
func comparable(pgType string) bool {
	switch pgType {
	case "text", "character varying", "character", "name", `"char"`, "bytea", "money", "oid", "bit", "bit varying", "inet",
		"cidr", "macaddr", "macaddr8", "uuid", "pg_lsn":
		return true
	}
	kind, _ := scalar(pgType)
	return kind == "boolean" || kind == "integer" || kind == "number" || exampleTime(pgType) != "" ||
		strings.HasSuffix(pgType, ".citext")
}

// typedColumns are columns of the described relations by the types that they were declared with, under their whole name
// and without its schema: parameters of these types have the same enum's labels, or the same domain's base type.
type typedColumns map[string]*cache.Column

func typesOf(relations []*relation) typedColumns {
	types := make(typedColumns)
	for _, r := range relations {
		for _, columns := range [][]*cache.Column{r.rows, r.inserts, r.updates} {
			for _, c := range columns {
				types.add(c)
			}
		}
	}
	return types
}

func (t typedColumns) add(c *cache.Column) {
	name := nominalType(c)
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return
	}
	for _, name := range []string{name, name[i+1:]} {
		if t[name] == nil {
			t[name] = c
		}
	}
}

// argumentSchema describes a parameter. It is known of an enum what its labels are, and of a domain what it is made of, if
// a column has the type.
func (t typedColumns) argumentSchema(p *cache.Param, nullable bool) object {
	element, array := strings.CutSuffix(p.Type, "[]")
	c := t[element]
	switch {
	case c == nil:
		return typeSchema(p.Type, nullable)
	case array && len(c.Enum) > 0:
		return object{{"type", types("array", nullable)}, {"items", enumSchema(c.Enum, true)}}
	case array:
		return object{{"type", types("array", nullable)}, {"items", typeSchema(c.Type, true)}}
	case len(c.Enum) > 0 && !strings.HasSuffix(c.Type, "[]"):
		return enumSchema(c.Enum, nullable)
	default:
		return typeSchema(c.Type, nullable)
	}
}

// argumentExample returns a value that a parameter takes, as JSON, nil for a type of which nothing is known.
func (t typedColumns) argumentExample(p *cache.Param) any {
	if c := t[p.Type]; c != nil {
		return columnExample(c)
	}
	if element, ok := strings.CutSuffix(p.Type, "[]"); ok && t[element] != nil {
		return []any{columnExample(t[element])}
	}
	value, _ := typeExample(p.Type)
	return value
}
