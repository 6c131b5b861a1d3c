package gateway

import (
	"fmt"
	"log/slog"

	"golang.org/x/sys/unix"

	"trunkline/gateway/config"
)

// reservedFiles is how many files the process may have open beside connections: sockets that it listens on, the
// listener's connection and those that load the schema or are canceling, those of the admin server, and what the
// libraries need.
const reservedFiles = 64 + adminConnections

// maxConnections returns how many clients may be connected: as many as configured, if the process may open so many files.
func maxConnections(cfg *config.Config, log *slog.Logger) int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return cfg.ServerMaxConnections
	}
	n := boundedConnections(cfg.ServerMaxConnections, cfg.DBPool, limit.Cur)
	if n < cfg.ServerMaxConnections {
		log.Warn(fmt.Sprintf("The process may open %d files (RLIMIT_NOFILE), so that at most %d clients can be connected, "+
			"not %d as server-max-connections says.", limit.Cur, n, cfg.ServerMaxConnections))
	}
	return n
}

// boundedConnections returns how many clients files suffice for, at most the number that is wanted.
func boundedConnections(wanted, pool int, files uint64) int {
	needed := uint64(pool) + reservedFiles
	if files <= needed {
		return 1
	}
	return int(min(uint64(wanted), files-needed))
}
