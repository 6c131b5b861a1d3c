package localpg

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// Options configure a cluster. The zero value is a throwaway cluster of any version.
type Options struct {
	// Dir is the directory of a durable cluster. It is created if it does not exist. If it is empty, the cluster is a
	// throwaway.
	Dir string
	// Major is the major version of PostgreSQL. Zero means the version of the data in Dir, or else of the environment
	// variable PG, or else the newest one found.
	Major int
	// Settings are server settings (postgresql.conf). They override the package's own.
	Settings map[string]string
	// Log receives the server's log and the package's messages about slow steps. If it is nil, they are discarded.
	Log io.Writer
}

// major returns the requested version, or 0 for any. data is the data directory, or "" if there is none.
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
		return 0, fmt.Errorf("localpg: %q is not a PostgreSQL version from %d on", s, oldestMajor)
	}
	return n, nil
}
