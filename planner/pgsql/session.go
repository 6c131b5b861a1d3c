package pgsql

import (
	"strconv"

	"trunkline/cache"
)

// Session holds the settings of one request's transaction, which one statement sets before all others. The fields are
// in the order of that statement: settings that require the authenticator's privileges come before the role.
//
// Nil or empty fields, and ReadOnly if it is false, are not set; Role is always set. Callers fill in what the following
// statements may read.
type Session struct {
	// SearchPath is the request's schema and db-extra-search-path. If it is empty but not nil, the search path is set
	// to nothing.
	SearchPath []string
	// RoleSettings are those of ALTER ROLE … SET for Role.
	RoleSettings []cache.Setting
	Role         string
	Claims       []byte // request.jwt.claims: a JSON object
	Method, Path string // request.method and request.path
	Headers      []byte // request.headers: a JSON object
	Cookies      []byte // request.cookies: a JSON object
	Timezone     string // if HasTimezone; "" is refused by PostgreSQL
	HasTimezone  bool
	// RoutineSettings are the called routine's, AppSettings the configuration's app.settings.*.
	RoutineSettings, AppSettings []cache.Setting
	// Timeout is the statement timeout in seconds, 0 if it is not set. It replaces that of roles and routines.
	Timeout  int64
	ReadOnly bool
	// ApplicationName is application_name, or "" to leave it.
	ApplicationName string
}

// SetSession returns the statement that sets the settings until the end of the transaction. Its result is meaningless:
// the values are only counted, so that they are not sent back.
func SetSession(s *Session) Statement {
	w := newWriter()
	w.session(s)
	return w.statement()
}

func (w *writer) session(s *Session) {
	w.text("SELECT ")
	l := settings{w: w}
	if s.SearchPath != nil {
		l.begin()
		w.text("'search_path', ")
		w.searchPath(s.SearchPath)
		l.end()
	}
	l.variable(s.RoleSettings)
	l.set("'role', ", s.Role)
	l.json("'request.jwt.claims', ", s.Claims)
	if s.Method != "" {
		l.set("'request.method', ", s.Method)
	}
	if s.Path != "" {
		l.set("'request.path', ", s.Path)
	}
	l.json("'request.headers', ", s.Headers)
	l.json("'request.cookies', ", s.Cookies)
	if s.HasTimezone {
		l.set("'timezone', ", s.Timezone)
	}
	l.variable(s.RoutineSettings)
	l.variable(s.AppSettings)
	if s.Timeout > 0 {
		l.set("'statement_timeout', ", strconv.FormatInt(s.Timeout, 10)+"s")
	}
	if s.ApplicationName != "" {
		l.set("'application_name', ", s.ApplicationName)
	}
	if s.ReadOnly {
		l.begin()
		w.text("'transaction_read_only', 'on'")
		l.end()
	}
	w.text(")")
}

// SetRole returns the statement that sets the role at session level, until another is set or the connection is cleaned.
// It returns the name of the role.
func SetRole(role string) Statement {
	w := newWriter()
	w.text("SELECT pg_catalog.set_config('role', ")
	w.value(role)
	w.text(", false)")
	return w.statement()
}

// SetParameter returns the text of a statement that sets a parameter at session level.
func SetParameter(name, value string) string {
	w := newWriter()
	w.text("SET ")
	w.ident(name)
	w.text(" = ")
	w.literal(value)
	return w.statement().SQL
}

// settings writes calls of set_config as arguments of num_nulls.
type settings struct {
	w *writer
	n int
}

// maxSettings is the maximum number of settings in a call of num_nulls: functions have at most 100 arguments.
const maxSettings = 100

// begin begins a call of set_config; end ends it.
func (l *settings) begin() {
	switch {
	case l.n == 0:
		l.w.text("pg_catalog.num_nulls(pg_catalog.set_config(")
	case l.n%maxSettings == 0:
		l.w.text("), pg_catalog.num_nulls(pg_catalog.set_config(")
	default:
		l.w.text(", pg_catalog.set_config(")
	}
	l.n++
}

func (l *settings) end() { l.w.text(", true)") }

func (l *settings) set(name constant, value string) {
	l.begin()
	l.w.text(name)
	l.w.value(value)
	l.end()
}

// json sets a setting, unless value is nil.
func (l *settings) json(name constant, value []byte) {
	if value == nil {
		return
	}
	l.begin()
	l.w.text(name)
	l.w.bytes(value, false)
	l.end()
}

// variable sets settings with variable names, which are therefore parameters too.
func (l *settings) variable(settings []cache.Setting) {
	for i := range settings {
		l.begin()
		l.w.value(settings[i].Name)
		l.w.text(", ")
		l.w.value(settings[i].Value)
		l.end()
	}
}

// searchPath appends a parameter that is a list of schemas.
func (w *writer) searchPath(schemas []string) {
	from := len(w.values)
	for i, schema := range schemas {
		if i > 0 {
			w.values = append(w.values, ", "...)
		}
		w.values = appendIdent(w.values, schema)
	}
	w.held(from)
}

// PreRequest returns the statement that calls db-pre-request.
func PreRequest(routine cache.QualifiedName) Statement {
	w := newWriter()
	w.text("SELECT ")
	w.name(routine)
	w.text("()")
	return w.statement()
}
