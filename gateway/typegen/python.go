package typegen

import (
	"regexp"
	"slices"
	"strings"

	"trunkline/cache"
)

const pythonHead = `# Types of rows, as JSON, of what may be written, of functions and of enum types: for Python 3.11 or later.
# Written by "trunkline types --lang python". Changes are lost when it runs again.

from typing import Any, Literal, Never, NotRequired, TypedDict

Json = Any
`

// pythonReserved are the names that a module of types cannot give to a type of its own.
var pythonReserved = []string{"Any", "Literal", "Never", "NotRequired", "TypedDict", "Json", "None", "True", "False"}

// python returns a module of typed dictionaries.
func (m *model) python() string {
	w := &pyWriter{model: m, declarations: m.declare(pythonReserved...), text: text{unit: "    "}}
	w.WriteString(pythonHead)
	for _, t := range w.order {
		switch t := t.(type) {
		case *cache.NamedType:
			w.named(t)
		case *relation:
			w.relation(t)
		}
	}
	for _, s := range m.schemas {
		for _, f := range s.functions {
			w.function(f)
		}
	}
	return w.String()
}

// pyWriter writes Python.
type pyWriter struct {
	text
	*declarations
	model *model
}

func (w *pyWriter) named(t *cache.NamedType) {
	name := w.declarations.named[t]
	if t.Kind != cache.EnumType {
		w.dictionary(name, "", w.model.fields(t.Fields))
		return
	}
	w.line("")
	labels := make([]string, len(t.Labels))
	for i, label := range t.Labels {
		labels[i] = pyString(label)
	}
	if len(labels) == 0 {
		w.line("%s = Never", name)
		return
	}
	w.line("%s = Literal[%s]", name, strings.Join(labels, ", "))
}

func (w *pyWriter) relation(r *relation) {
	name := w.relations[r]
	if r.readable {
		w.dictionary(name+"Row", r.table.Description, r.rowFields())
	}
	if r.insertable {
		w.dictionary(name+"Insert", "", r.insertFields())
	}
	if r.updatable {
		w.dictionary(name+"Update", "", r.updateFields())
	}
}

func (w *pyWriter) function(f *function) {
	name := w.functions[f]
	if len(f.params) > 0 && f.params[0].name != "" {
		w.dictionary(name+"Args", f.description, f.params)
	}
	if f.returns.kind == kindVoid {
		return
	}
	one := w.typed(f.returns, !f.set)
	if len(f.columns) > 0 {
		one = name + "Result"
		if f.set {
			one = w.used.take(name + "ResultRow")
		}
		w.dictionary(one, "", f.columns)
	} else {
		w.line("")
	}
	switch {
	case f.set:
		w.line("%sResult = list[%s]", name, one)
	case len(f.columns) == 0:
		w.line("%sResult = %s", name, one)
	}
}

// dictionary writes a typed dictionary: as a class if Python can name its keys there.
func (w *pyWriter) dictionary(name, description string, fields []field) {
	w.line("")
	for _, line := range commentLines(description) {
		w.line("# %s", line)
	}
	if len(fields) == 0 || slices.ContainsFunc(fields, func(f field) bool { return !w.member(f.name) }) {
		w.block(name+" = TypedDict("+pyString(name)+", {", "})", func() {
			for _, f := range fields {
				w.line("%s: %s,", pyString(f.name), w.entry(f))
			}
		})
		return
	}
	w.line("class %s(TypedDict):", name)
	w.depth++
	for _, f := range fields {
		for _, line := range commentLines(f.description) {
			w.line("# %s", line)
		}
		w.line("%s: %s", f.name, w.entry(f))
	}
	w.depth--
}

// entry returns the type of a key.
func (w *pyWriter) entry(f field) string {
	written := w.typed(f.valueType, f.nullable)
	if f.optional {
		return "NotRequired[" + written + "]"
	}
	return written
}

// typed returns a Python type, with None if that is possible.
func (w *pyWriter) typed(t valueType, nullable bool) string {
	written := w.value(t)
	if t.array {
		written = "list[" + written + "]"
	}
	if nullable && (t.array || t.kind != kindAny) { // Any includes None
		written += " | None"
	}
	return written
}

// value returns the type of one value.
func (w *pyWriter) value(t valueType) string {
	switch t.kind {
	case kindBoolean:
		return "bool"
	case kindInt16, kindInt32, kindInt64:
		return "int"
	case kindFloat32, kindFloat64, kindNumeric:
		return "float"
	case kindAny:
		return "Json"
	case kindVoid:
		return "None"
	case kindRecord:
		return "dict[str, Json]"
	case kindEnum, kindComposite:
		return w.declarations.named[t.named]
	case kindRow:
		if !t.relation.readable {
			return "dict[str, Json]"
		}
		return w.relations[t.relation] + "Row"
	default:
		return "str"
	}
}

var pyIdentifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// pyKeywords are the words that cannot be names (Python Language Reference, Keywords).
var pyKeywords = strings.Fields(`False None True and as assert async await break class continue def del elif else except
	finally for from global if import in is lambda nonlocal not or pass raise return try while with yield`)

// pyBuiltins are the types of Python that are used.
var pyBuiltins = []string{"bool", "dict", "float", "int", "list", "str"}

// member reports whether a class can have a member of this name. Names that begin with two underscores are changed
// there, and one of a type would hide the type from the members below.
func (w *pyWriter) member(name string) bool {
	return pyIdentifier.MatchString(name) && !strings.HasPrefix(name, "__") && !w.used[name] &&
		!slices.Contains(pyKeywords, name) && !slices.Contains(pyBuiltins, name)
}

// pyString returns a string literal. What JSON escapes, Python reads in the same way.
func pyString(s string) string { return tsString(s) }
