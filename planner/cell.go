package planner

import (
	"slices"
	"strings"

	"trunkline/cache"
)

// The cells of CSV are text. If PostgreSQL converted them from strings in a JSON object, the value of a json or jsonb
// column would be a JSON string, and empty text would be an error for most types. So columns of the payload are read as
// text and then cast to their types. JSON is then parsed as JSON, as in COPY, and an empty cell is NULL unless the type
// accepts empty text, as all text types do.

// cast makes the field a cell if its type does not accept empty text. A representation converts the text itself.
func (f *Field) cast(c *cache.Column) {
	enum := len(c.Enum) > 0 && !slices.Contains(c.Enum, "")
	f.Cell = f.Transform.Name == "" && (enum || c.Structured && !limited(c.Type) || refusesEmpty(c.Type))
}

// limited reports whether a type is an array of text or bits, which may have a length limit: a cast would truncate the
// elements, whereas PostgreSQL's input function refuses them.
func limited(name string) bool {
	return strings.HasPrefix(name, "character") || strings.HasPrefix(name, "bit")
}

// refusesEmpty reports whether a type, as named by format_type, does not accept empty text. It includes only types for
// which a cast from text is equivalent to the input function.
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
