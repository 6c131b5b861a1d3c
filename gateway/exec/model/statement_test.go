package model

import (
	"strconv"
	"strings"

	"trunkline/planner/pgsql"
)

// template is a kind of main statement, with the properties that it really has.
type template struct {
	name string
	// dimension is the one that it belongs to, for the flag -without; "" for none.
	dimension string
	weight    int
	// reads says that it can run read-only, writes that it does nothing useful then.
	reads, writes bool
	// pure says that it runs PostgreSQL's own code only, roleOnly that of the settings it sees the role at most.
	pure, roleOnly bool
	// acts says that it runs a job's action with dynamic SQL, leaves that it leaves something behind without.
	acts, leaves bool
	// rows and lines says that the answer is that of pgsql.Statement.Rows, or of EXPLAIN.
	rows  pgsql.Rows
	lines bool
	sql   func(s *spec) pgsql.Statement
}

// sqlOf returns a statement with text parameters.
func sqlOf(sql string, params ...string) pgsql.Statement {
	s := pgsql.Statement{SQL: sql}
	for _, p := range params {
		s.Params = append(s.Params, pgsql.Param{Value: []byte(p)})
	}
	return s
}

const (
	headersColumn = "nullif(current_setting('response.headers', true), '')"
	statusColumn  = "nullif(current_setting('response.status', true), '')"
)

// columns are the columns of a main statement.
type columns struct {
	with, total, pageTotal, location, inserted, body, from string
}

// text writes them. The column before the total is the role.
func (c columns) text() string {
	or := func(text, instead string) string {
		if text == "" {
			return instead
		}
		return text
	}
	return c.with + "select /* main */ " + strings.Repeat("current_user, ", pgsql.ColumnTotal) +
		or(c.total, "null::bigint") + ", " + or(c.pageTotal, "count(*)") + ", " + headersColumn + ", " + statusColumn + ", " +
		or(c.location, "null::text[]") + ", " + or(c.inserted, "null::int") + ", " + c.body + " from " + c.from
}

// forged is the main statement of an attacker.
func forged() string { return columns{body: "'EVIL'::text", from: "(values (1)) v"}.text() }

// main returns a main statement of one row, whose body is an expression and what the job sees of its session.
func (s *spec) main(c columns, params ...string) pgsql.Statement {
	if !s.RoleOnly {
		c.body = "concat_ws(' # ', " + c.body + ", " + s.probe() + ")"
	} else {
		c.body = "concat_ws(' # ', " + c.body + ", current_user)"
	}
	return sqlOf(c.text(), params...)
}

// nothing is a FROM item of one row.
const nothing = "(values (1)) v"

// seen are the expressions that show what a job's session is like.
var seen = []string{
	"current_user", "session_user", "current_setting('role')", "nullif(current_setting('request.jwt.claims', true), '')",
	headersColumn, statusColumn, "nullif(current_setting('model.left', true), '')",
	"nullif(current_setting('model.action', true), '')", "current_setting('search_path')",
	"current_setting('statement_timeout')", "current_setting('lock_timeout')", "current_setting('transaction_isolation')",
	"current_setting('transaction_read_only')", "current_setting('default_transaction_read_only')",
	"current_setting('default_transaction_isolation')", "current_setting('timezone')", "current_setting('datestyle')",
	"current_setting('client_encoding')", "current_setting('row_security')", "current_setting('work_mem')",
	"current_setting('log_min_messages')",
}

// deeplySeen are those that cost more.
var deeplySeen = []string{
	"(select count(*) from pg_catalog.pg_locks where locktype = 'advisory' and pid = pg_backend_pid())",
	"(select count(*) from pg_catalog.pg_listening_channels())",
	"(select count(*) from pg_catalog.pg_cursors where name <> '')",
	"(select count(*) from pg_catalog.pg_class where relnamespace = pg_my_temp_schema())",
}

// probe is an expression that shows what the job sees of its session.
func (s *spec) probe() string {
	list := strings.Join(seen, ", ")
	if s.Deep {
		list += ", " + strings.Join(deeplySeen, ", ")
		if !s.forges() {
			list += ", (select count(*) from pg_catalog.pg_prepared_statements where from_sql)"
		}
	}
	return "json_build_array(" + list + ")::text"
}

// settings is the statement that sets the transaction's settings.
func (s *spec) settings() pgsql.Statement {
	var calls, params []string
	set := func(name, value string) {
		params = append(params, value)
		calls = append(calls, "set_config('"+name+"', $"+strconv.Itoa(len(params))+", true)")
	}
	if s.AsLogin {
		set("log_min_messages", "panic")
	}
	if s.Settings != "bare" {
		set("search_path", "api")
	}
	set("role", s.Role)
	if s.Settings != "bare" {
		set("request.jwt.claims", `{"sub": "`+s.user()+`"}`)
		set("request.method", "GET")
	}
	if s.Action != "" {
		set("model.action", s.Action)
	}
	if s.Timezone != "" {
		set("timezone", s.Timezone)
	}
	if s.ReadOnly {
		calls = append(calls, "set_config('transaction_read_only', 'on', true)")
	}
	return sqlOf("select num_nulls("+strings.Join(calls, ", ")+")", params...)
}

// preRequest is the statement that calls the pre-request, empty if there is none.
func (s *spec) preRequest() (none pgsql.Statement) {
	if s.Pre == "" {
		return none
	}
	return sqlOf("select " + s.Pre + "()")
}

// planRows is the estimate that explain returns.
const planRows = 7

// explain is the statement that estimates the total. PostgreSQL knows the exact number of the rows that it estimates here.
func (s *spec) explain() (none pgsql.Statement) {
	if !s.Explain {
		return none
	}
	return sqlOf("explain (format json) select from generate_series(1, " + strconv.Itoa(planRows) + ")")
}

// statement is the main statement.
func (s *spec) statement() pgsql.Statement {
	t := s.template()
	main := t.sql(s)
	main.Rows, main.Once, main.BinaryBody = t.rows, s.Once, s.Binary && !t.lines
	return main
}
