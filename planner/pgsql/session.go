package pgsql

// Session are the settings of one request's transaction, set by one statement before all others. Their order is
// that of the statement: settings that need the authenticator's privileges come before the role.
type Session struct {
	// SearchPath is the request's schema and db-extra-search-path.
	SearchPath []string
	// RoleSettings are those of ALTER ROLE … SET for Role.
	RoleSettings []Setting
	Role         string
	Claims       []byte // request.jwt.claims: a JSON object
	Method, Path string
	Headers      []byte // request.headers: a JSON object
	Cookies      []byte // request.cookies: a JSON object
	Timezone     string // "" is for PostgreSQL to refuse
	HasTimezone  bool
	// RoutineSettings are the called routine's, AppSettings the configuration's app.settings.*.
	RoutineSettings, AppSettings []Setting
	ReadOnly                     bool
}

// Setting is a configuration parameter (GUC) and its value.
type Setting struct{ Name, Value string }
