package typegen

import (
	"strings"

	"trunkline/cache"
)

// typed returns a type, with null if that is possible.
func (w *tsWriter) typed(t valueType, nullable bool) string {
	written := w.value(t)
	if t.array {
		written = arrayOf(written)
	}
	if nullable && written != "unknown" && written != "Json" { // both include null
		written += " | null"
	}
	return written
}

// value returns the type of one value.
func (w *tsWriter) value(t valueType) string {
	switch t.kind {
	case kindBoolean:
		return "boolean"
	case kindInt16, kindInt32, kindInt64, kindFloat32, kindFloat64, kindNumeric:
		return "number"
	case kindAny:
		return "Json"
	case kindVoid:
		return "undefined"
	case kindRecord:
		return "Record<string, unknown>"
	case kindEnum:
		if !w.listed[t.named] {
			return tsUnion(t.named.Labels)
		}
		return tsMember(t.named.Name.Schema, "Enums", t.named.Name.Name)
	case kindComposite:
		return w.composite(t.named)
	case kindRow:
		return tsRow(t.relation)
	default:
		return "string"
	}
}

// composite returns a reference to a composite type, or its fields if it is not described in its place.
func (w *tsWriter) composite(t *cache.NamedType) string {
	if w.listed[t] {
		return tsMember(t.Name.Schema, "CompositeTypes", t.Name.Name)
	}
	fields := make([]string, 0, len(t.Fields))
	for _, f := range w.compositeFields(t) {
		fields = append(fields, tsKey(f.name)+": "+w.typed(f.valueType, f.nullable))
	}
	return "{ " + strings.Join(fields, "; ") + " }"
}

// compositeFields returns the fields of a composite type.
func (w *tsWriter) compositeFields(t *cache.NamedType) []field { return w.model.fields(t.Fields) }

// tsRow returns the type of a relation's row.
func tsRow(r *relation) string {
	list := "Tables"
	if r.isView() {
		list = "Views"
	}
	return tsMember(r.table.Name.Schema, list, r.table.Name.Name) + `["Row"]`
}

// tsMember returns a reference to a member of a list of a schema.
func tsMember(schema, list, name string) string {
	return "Database[" + tsString(schema) + `]["` + list + `"][` + tsString(name) + "]"
}

// arrayOf returns the type of an array.
func arrayOf(written string) string {
	if strings.Contains(written, " | ") && !strings.HasPrefix(written, "{") {
		return "(" + written + ")[]"
	}
	return written + "[]"
}
