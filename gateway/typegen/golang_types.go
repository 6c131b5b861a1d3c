package typegen

import "go/token"

func goKeyword(name string) bool { return token.IsKeyword(name) }

// typed returns a Go type: a pointer if the value may be null, unless the type has a value for that.
func (w *goWriter) typed(t valueType, nullable bool) string {
	written := w.value(t)
	switch {
	case t.array:
		return "[]" + written // nil is null
	case nullable && t.kind != kindAny && t.kind != kindRecord:
		return "*" + written
	default:
		return written
	}
}

// goScalars are the types of values that have no name.
var goScalars = map[kind]string{
	kindString: "string", kindAny: "json.RawMessage", kindBoolean: "bool", kindInt16: "int16", kindInt32: "int32",
	kindInt64: "int64", kindFloat32: "float32", kindFloat64: "float64", kindNumeric: "json.Number", kindTime: "time.Time",
	kindRecord: "map[string]json.RawMessage", kindVoid: "struct{}",
}

// value returns the type of one value.
func (w *goWriter) value(t valueType) string {
	switch t.kind {
	case kindEnum, kindComposite:
		return w.declarations.named[t.named]
	case kindRow:
		if !t.relation.readable {
			return "json.RawMessage"
		}
		return w.relations[t.relation] + "Row"
	case kindTime:
		w.usesTime = true
	}
	return goScalars[t.kind]
}
