package gateway

import (
	"fmt"
	"log/slog"

	"trunkline/gateway/config"
)

// reservedFiles is the number of files that the process may open besides client connections: listening sockets, the
// listener's connection and those that load the schema or cancel statements, those of the admin server, and those of
// the libraries.
const reservedFiles = 64 + adminConnections

// maxConnections returns the maximum number of client connections: the configured one, or fewer if the limit of open
// files requires it.
func maxConnections(cfg *config.Config, log *slog.Logger) int {
	files, limited := maxFiles()
	if !limited {
		return cfg.ServerMaxConnections
	}
	n := boundedConnections(cfg.ServerMaxConnections, cfg.DBPool, files)
	if n < cfg.ServerMaxConnections {
		log.Warn(fmt.Sprintf("The process may open %d files (RLIMIT_NOFILE), so that at most %d clients can be connected, "+
			"not %d as server-max-connections says.", files, n, cfg.ServerMaxConnections))
	}
	return n
}

// boundedConnections returns the number of clients, at most wanted, for which files suffice.
func boundedConnections(wanted, pool int, files uint64) int {
	needed := uint64(pool) + reservedFiles
	if files <= needed {
		return 1
	}
	return int(min(uint64(wanted), files-needed))
}
