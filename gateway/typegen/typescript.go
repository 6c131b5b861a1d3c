package typegen

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"trunkline/cache"
)

const typeScriptHead = `// Types for @supabase/postgrest-js, written by "trunkline types --lang ts". Changes are lost when it runs again.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  // The features that postgrest-js may use. It knows none of a version above 14, and takes it for an old one.
  __InternalSupabase: {
    PostgrestVersion: "14"
  }
`

const typeScriptTail = `
type Schemas = Omit<Database, "__InternalSupabase">
type Relations<S extends keyof Schemas> = Schemas[S]["Tables"] & Schemas[S]["Views"]

/** A row of a table or view: Row<"api", "films">. */
export type Row<S extends keyof Schemas, R extends keyof Relations<S>> =
  Relations<S>[R] extends { Row: infer T } ? T : never

/** What can be inserted into a table or view. */
export type Insert<S extends keyof Schemas, R extends keyof Relations<S>> =
  Relations<S>[R] extends { Insert: infer T } ? T : never

/** What of a row of a table or view can be changed. */
export type Update<S extends keyof Schemas, R extends keyof Relations<S>> =
  Relations<S>[R] extends { Update: infer T } ? T : never

/** A value of an enum type. */
export type Enum<S extends keyof Schemas, E extends keyof Schemas[S]["Enums"]> = Schemas[S]["Enums"][E]
`

// typeScript returns a module that exports the type Database, as createClient and PostgrestClient take it.
func (m *model) typeScript() string {
	w := &tsWriter{text: text{unit: "  "}, model: m, listed: make(map[*cache.NamedType]bool)}
	for _, s := range m.schemas {
		for _, t := range slices.Concat(s.enums, s.composites) {
			w.listed[t] = true
		}
	}
	w.WriteString(typeScriptHead)
	w.depth++
	for _, s := range m.schemas {
		w.block(tsKey(s.name)+": {", "}", func() { w.schema(s) })
	}
	w.depth--
	w.line("}")
	w.WriteString(typeScriptTail)
	w.constants(m.schemas)
	return w.String()
}

// tsWriter writes TypeScript.
type tsWriter struct {
	text
	model  *model
	listed map[*cache.NamedType]bool // as types of schemas that are described
}

func (w *tsWriter) schema(s *schema) {
	w.members("Tables", func() bool {
		return w.each(s.relations, func(r *relation) bool { return !r.isView() })
	})
	w.members("Views", func() bool { return w.each(s.relations, (*relation).isView) })
	w.members("Functions", func() bool { return w.functions(s) })
	w.members("Enums", func() bool {
		for _, e := range s.enums {
			w.line("%s: %s", tsKey(e.Name.Name), tsUnion(e.Labels))
		}
		return len(s.enums) > 0
	})
	w.members("CompositeTypes", func() bool {
		for _, c := range s.composites {
			w.block(tsKey(c.Name.Name)+": {", "}", func() { w.fields(w.compositeFields(c)) })
		}
		return len(s.composites) > 0
	})
}

// members writes an object type, which has no members if inner returns false.
func (w *tsWriter) members(name string, inner func() bool) {
	w.block(name+": {", "}", func() {
		if !inner() {
			w.line("[_ in never]: never")
		}
	})
}

// each writes the wanted relations.
func (w *tsWriter) each(relations []*relation, wanted func(*relation) bool) bool {
	found := false
	for _, r := range relations {
		if wanted(r) {
			found = true
			w.comment(r.table.Description)
			w.block(tsKey(r.table.Name.Name)+": {", "}", func() { w.relation(r) })
		}
	}
	return found
}

// relation writes a relation. What cannot be done with a table is never, since postgrest-js expects all members there;
// of a view they are missing.
func (w *tsWriter) relation(r *relation) {
	w.block("Row: {", "}", func() { w.row(r) })
	if r.insertable {
		w.block("Insert: {", "}", func() {
			w.written(r, func(c *column) bool { return c.insert }, (*column).required)
		})
	} else if !r.isView() {
		w.line("Insert: never")
	}
	if r.updatable {
		w.block("Update: {", "}", func() {
			w.written(r, func(c *column) bool { return c.update }, func(*column) bool { return false })
		})
	} else if !r.isView() {
		w.line("Update: never")
	}
	w.relationships(r.relationships)
}

func (w *tsWriter) row(r *relation) {
	for i := range r.columns {
		if c := &r.columns[i]; c.read {
			w.comment(c.Description)
			w.line("%s: %s", tsKey(c.Name), w.typed(c.valueType, c.Nullable))
		}
	}
	for _, f := range r.computed {
		w.line("%s: %s", tsKey(f.name), w.typed(f.valueType, f.nullable))
	}
}

// written writes what an insert or update takes. Columns that it must not have are optional and never: so an object
// that has them is refused even if it comes from a variable.
func (w *tsWriter) written(r *relation, may func(*column) bool, required func(*column) bool) {
	for i := range r.columns {
		switch c := &r.columns[i]; {
		case !may(c):
			w.line("%s?: never", tsKey(c.Name))
		case required(c):
			w.line("%s: %s", tsKey(c.Name), w.typed(c.valueType, c.Nullable))
		default:
			w.line("%s?: %s", tsKey(c.Name), w.typed(c.valueType, c.Nullable))
		}
	}
}

func (w *tsWriter) relationships(links []*cache.Relationship) {
	if len(links) == 0 {
		w.line("Relationships: []")
		return
	}
	w.block("Relationships: [", "]", func() {
		for _, link := range links {
			w.block("{", "},", func() { w.relationship(link) })
		}
	})
}

func (w *tsWriter) relationship(link *cache.Relationship) {
	var columns, referenced []string
	for _, pair := range link.Columns {
		columns, referenced = append(columns, pair.From), append(referenced, pair.To)
	}
	w.line("foreignKeyName: %s", tsString(link.Constraint))
	w.line("columns: [%s]", tsStrings(columns, ", "))
	w.line("isOneToOne: %t", link.Cardinality == cache.OneToOne)
	w.line("referencedRelation: %s", tsString(link.Foreign.Name))
	w.line("referencedColumns: [%s]", tsStrings(referenced, ", "))
}

func (w *tsWriter) fields(fields []field) {
	for _, f := range fields {
		optional := ""
		if f.optional {
			optional = "?"
		}
		w.line("%s%s: %s", tsKey(f.name), optional, w.typed(f.valueType, f.nullable))
	}
}

// constants writes the labels of enum types as values, in their order.
func (w *tsWriter) constants(schemas []*schema) {
	w.line("\n/** The values of enum types, in their order. */")
	w.block("export const Constants = {", "} as const", func() {
		for _, s := range schemas {
			w.block(tsValueKey(s.name)+": {", "},", func() {
				w.block("Enums: {", "},", func() {
					for _, e := range s.enums {
						w.line("%s: [%s],", tsValueKey(e.Name.Name), tsStrings(e.Labels, ", "))
					}
				})
			})
		}
	})
}

// comment writes a comment that editors show.
func (w *tsWriter) comment(comment string) {
	lines := commentLines(comment)
	for i, line := range lines { // when nothing is removed from them any more
		lines[i] = strings.ReplaceAll(line, "*/", "* /")
	}
	switch len(lines) {
	case 0:
	case 1:
		w.line("/** %s */", lines[0])
	default:
		w.line("/**")
		for _, line := range lines {
			w.line(" * %s", line)
		}
		w.line(" */")
	}
}

var tsIdentifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

// tsKey returns the name of a member of a type.
func tsKey(name string) string {
	if tsIdentifier.MatchString(name) {
		return name
	}
	return tsString(name)
}

// tsValueKey returns the name of a member of an object, where __proto__ would set the prototype.
func tsValueKey(name string) string {
	if name == "__proto__" {
		return `["__proto__"]`
	}
	return tsKey(name)
}

// tsString returns a string literal.
func tsString(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic("BUG: " + err.Error()) // a string always has an encoding
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func tsStrings(all []string, separator string) string {
	literals := make([]string, len(all))
	for i, s := range all {
		literals[i] = tsString(s)
	}
	return strings.Join(literals, separator)
}

// tsUnion returns the type of one of some strings.
func tsUnion(labels []string) string {
	if len(labels) == 0 {
		return "never"
	}
	return tsStrings(labels, " | ")
}
