package check

import (
	"context"
	_ "embed" // the queries
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/gateway/journal"
)

//go:embed queries/server.sql
var serverSQL string

// connectTimeout bounds the time to connect.
const connectTimeout = 15 * time.Second

// server is what the database says of itself.
type server struct {
	Version, Login         string
	Standby, Superuser     bool
	Process                uint32
	Connections, Available int // max_connections, and those of the role
}

// connect connects to the database and looks at the server. It reports whether that worked.
func (x *examination) connect(ctx context.Context) bool {
	g := x.group("Database")
	if !x.config.DatabaseGiven() {
		g.note("db-uri is not set: libpq's environment variables and defaults are used")
	}
	cc, err := x.config.Connection()
	if err != nil {
		g.add(Error, err.Error(), "")
		return false
	}
	connecting, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	x.conn, err = pgx.ConnectConfig(connecting, cc)
	if err != nil {
		g.add(Error, journal.ErrorText(err), journal.Advice(err))
		return false
	}
	rows, _ := x.conn.Query(ctx, serverSQL, pgx.QueryExecModeExec) // the error comes with the rows
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[server])
	if err != nil {
		g.add(Error, looked("the server", err), "")
		cache.CloseConn(x.conn)
		return false
	}
	x.describe(g, &s)
	return true
}

// describe reports what the server says.
func (x *examination) describe(g *group, s *server) {
	version, _, _ := strings.Cut(s.Version, " on ")
	g.ok("connected to the database %q as %q: %s", x.conn.Config().Database, s.Login, version)
	if s.Standby {
		g.note("it is a standby: writes fail, and schema changes on the primary are noticed only if db-channel-uri leads to it")
	} else {
		g.ok("it is a primary")
	}
	if s.Process != x.conn.PgConn().PID() {
		g.note("there is a connection pooler in between; in transaction mode, it does not pass on notifications")
	} else {
		g.ok("there is no connection pooler in between")
	}
	if s.Superuser {
		g.add(Warning, fmt.Sprintf("the role %q is a superuser: a flaw in any function would expose the whole server", s.Login),
			"Log in as a role that can only switch to other roles: CREATE ROLE authenticator LOGIN NOINHERIT; "+
				"GRANT "+pgx.Identifier{x.anonymous()}.Sanitize()+" TO authenticator;")
	}
	if x.config.DBPool > s.Available {
		g.add(Warning, fmt.Sprintf("db-pool is %d, but this role can have only %d connections to the server", x.config.DBPool, s.Available),
			"Lower db-pool, or raise max_connections or the role's CONNECTION LIMIT.")
	}
	x.checkListener(g)
}

// anonymous returns the name of a role to show.
func (x *examination) anonymous() string {
	if x.config.DBAnonRole != "" {
		return x.config.DBAnonRole
	}
	return "web_anon"
}

// checkListener looks at the connection to listen on.
func (x *examination) checkListener(g *group) {
	if !x.config.DBChannelEnabled {
		g.note("db-channel-enabled is off: the schema is reloaded only by signals and audits")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	conn, err := x.config.ConnectListener(ctx)
	if err != nil {
		g.add(Warning, "the connection to listen on: "+journal.ErrorText(err), journal.Advice(err))
		return
	}
	defer cache.CloseConn(conn)
	var process uint32
	if err := conn.QueryRow(ctx, "SELECT pg_catalog.pg_backend_pid()", pgx.QueryExecModeExec).Scan(&process); err != nil {
		g.add(Warning, looked("the connection to listen on", err), "")
		return
	}
	if process != conn.PgConn().PID() {
		g.add(Warning, "the connection to listen on leads through a pooler: in transaction mode, no notifications arrive",
			"Set db-channel-uri to a connection string that bypasses the pooler.")
	}
}

// checkRoles looks at the anonymous role.
func (x *examination) checkRoles(ctx context.Context) {
	g := x.group("Roles")
	if x.config.DBAnonRole == "" {
		g.note("db-anon-role is not set: requests without a token are rejected")
		return
	}
	trouble, err := x.config.AnonymousTrouble(ctx, x.conn)
	switch {
	case err != nil:
		g.add(Warning, looked("db-anon-role", err), "")
	case trouble != "":
		g.add(Warning, strings.TrimPrefix(trouble, "WARNING: "), "")
	default:
		g.ok("the login role can switch to the anonymous role %q", x.config.DBAnonRole)
	}
}
