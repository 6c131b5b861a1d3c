package localpg

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// Options tell [Start] which cluster to run. The zero value is a throwaway cluster of any version.
type Options struct {
	// Dir is the folder of a durable cluster, made if it does not exist. Empty means a throwaway cluster.
	Dir string
	// Major is the major version of PostgreSQL. Zero means that of Dir's data, else that of the environment
	// variable PG, else the newest one found.
	Major int
	// Settings are server settings (postgresql.conf), which override the package's own.
	Settings map[string]string
	// Log receives what the server logs and what the package does that takes time. Nil discards it.
	Log io.Writer
}

// major returns the version asked for, or 0 for any. data is the data directory, or "" if there is none.
func (o Options) major(data string) (int, error) {
	if o.Major != 0 {
		return o.Major, nil
	}
	if v, err := os.ReadFile(filepath.Join(data, "PG_VERSION")); err == nil && data != "" {
		return parseMajor(string(v))
	}
	if v := os.Getenv("PG"); v != "" {
		return parseMajor(v)
	}
	return 0, nil
}

func parseMajor(s string) (int, error) {
	for i, r := range s {
		if r < '0' || r > '9' {
			s = s[:i]
			break
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < oldestMajor {
		return 0, fmt.Errorf("localpg: %q is no PostgreSQL version from %d on", s, oldestMajor)
	}
	return n, nil
}
