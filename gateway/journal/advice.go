package journal

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// Advice returns what to do about an error of connecting to the database, or "" if that is not known.
func Advice(err error) string {
	var connect *pgconn.ConnectError
	if !errors.As(err, &connect) {
		return ""
	}
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		return adviceOnRefusal(refusal, connect.Config.User, connect.Config.Database)
	}
	var lookup *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &lookup):
		return "Correct the host in db-uri (PGRST_DB_URI)."
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return "Start PostgreSQL there, or correct host and port in db-uri (PGRST_DB_URI)."
	case errors.Is(err, os.ErrPermission):
		return "Give the gateway's user access to the folder of PostgreSQL's unix socket, or connect with TCP."
	case errors.As(err, &timeout) && timeout.Timeout():
		return "Check whether a firewall drops the packets, or correct the host in db-uri (PGRST_DB_URI)."
	default:
		return ""
	}
}

// adviceOnRefusal returns what to do if PostgreSQL, or a pooler, refuses a connection of a user to a database.
func adviceOnRefusal(refusal *pgconn.PgError, user, database string) string {
	switch refusal.Code {
	case "28P01": // invalid_password
		return fmt.Sprintf("Correct the password in db-uri (PGRST_DB_URI), or set it in PostgreSQL: \\password %s in psql.", user)
	case "28000": // invalid_authorization_specification
		return fmt.Sprintf("Create the role %s with LOGIN, correct it in db-uri (PGRST_DB_URI), or allow it in pg_hba.conf.", user)
	case "3D000": // invalid_catalog_name
		return fmt.Sprintf("Create the database %s, or correct its name in db-uri (PGRST_DB_URI).", database)
	case "42501": // insufficient_privilege
		return fmt.Sprintf("Grant CONNECT on the database %s to the role %s.", database, user)
	case "53300": // too_many_connections
		return "Raise max_connections in PostgreSQL, or lower db-pool in the gateways."
	case "57P03": // cannot_connect_now
		return "Wait until PostgreSQL has started."
	default:
		return ""
	}
}
