package pgsql

import (
	"strings"

	"trunkline/cache"
)

// SetSession sets the transaction's settings, each until the transaction's end. The result has one row that says
// nothing.
func SetSession(s *Session) Statement {
	w := &writer{}
	w.raw("SELECT ")
	first := true
	set := func(name string, value string) {
		if !first {
			w.raw(", ")
		}
		first = false
		w.raw("set_config('" + name + "', ")
		w.value(value)
		w.raw(", true)")
	}
	dynamic := func(settings []Setting) {
		for _, x := range settings {
			w.raw(", set_config(")
			w.value(x.Name)
			w.raw(", ")
			w.value(x.Value)
			w.raw(", true)")
		}
	}
	set("search_path", searchPath(s.SearchPath))
	dynamic(s.RoleSettings)
	set("role", s.Role)
	set("request.jwt.claims", string(s.Claims))
	set("request.method", s.Method)
	set("request.path", s.Path)
	set("request.headers", string(s.Headers))
	set("request.cookies", string(s.Cookies))
	if s.HasTimezone {
		set("timezone", s.Timezone)
	}
	dynamic(s.RoutineSettings)
	dynamic(s.AppSettings)
	if s.ReadOnly {
		w.raw(", set_config('transaction_read_only', 'on', true)")
	}
	return w.statement()
}

func searchPath(schemas []string) string {
	w := &writer{}
	for i, schema := range schemas {
		if i > 0 {
			w.raw(", ")
		}
		w.ident(schema)
	}
	return string(w.text)
}

// PreRequest calls db-pre-request.
func PreRequest(routine cache.QualifiedName) Statement {
	w := &writer{}
	w.raw("SELECT ")
	w.name(routine)
	w.raw("()")
	return w.statement()
}

// arrayLiteral is the text of an array (PostgreSQL manual, Array Input Syntax) with every element quoted.
func arrayLiteral(elements []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, e := range elements {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		for j := range len(e) {
			if e[j] == '"' || e[j] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(e[j])
		}
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}
