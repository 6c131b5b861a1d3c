package planner

import (
	"slices"
	"strings"

	"trunkline/cache"
)

// Cells of CSV are texts. Where PostgreSQL makes values of the texts in a JSON object, that of a json or jsonb column
// would be a JSON string, and an empty one an error for most types. So the payload's column is read as text and cast to
// its type then: JSON is JSON, as for COPY, and nothing between two commas is NULL unless the type has a value for it, as
// all types of text have.

// cast makes the field a cell if its type has no value for an empty text. A representation makes what it will of the text.
func (f *Field) cast(c *cache.Column) {
	enum := len(c.Enum) > 0 && !slices.Contains(c.Enum, "")
	f.Cell = f.Transform.Name == "" && (enum || c.Structured && !limited(c.Type) || refusesEmpty(c.Type))
}

// limited reports whether a type is an array of texts or bits, which may have a limit of length: a cast would cut the
// elements where PostgreSQL's input function refuses them.
func limited(name string) bool {
	return strings.HasPrefix(name, "character") || strings.HasPrefix(name, "bit")
}

// refusesEmpty reports whether no value of a type, as format_type writes it, has the empty text. Only types are among them
// to which a cast is what their input function is.
func refusesEmpty(name string) bool {
	name, _, _ = strings.Cut(name, "(")
	if element, isArray := strings.CutSuffix(name, "[]"); isArray {
		return element == "text" || refusesEmpty(element)
	}
	switch name {
	case "smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "money", "oid", "uuid", "json",
		"jsonb", "date", "interval", "inet", "cidr", "macaddr", "macaddr8", "pg_lsn",
		"time without time zone", "time with time zone", "timestamp without time zone", "timestamp with time zone",
		"int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
		"int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange",
		"point", "line", "lseg", "box", "path", "polygon", "circle":
		return true
	default:
		return false
	}
}
