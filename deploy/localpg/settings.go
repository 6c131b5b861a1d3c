package localpg

import (
	"maps"
	"slices"
	"strconv"
)

// serverArgs returns the server's command line: the package's settings, overridden by given.
func serverArgs(f folder, port int, given map[string]string) []string {
	settings := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(port),
		"unix_socket_directories": f.path,
		"unix_socket_permissions": "0700",
		"max_connections":         "200",
		"shared_buffers":          "64MB",
		"lc_messages":             "C",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"logging_collector":       "off",
	}
	if f.throwaway {
		maps.Copy(settings, throwawaySettings())
	}
	maps.Copy(settings, given)
	args := []string{"-D", f.data()}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// throwawaySettings turn off durability for speed, and background work for stable query plans.
func throwawaySettings() map[string]string {
	return map[string]string{
		"fsync":              "off",
		"full_page_writes":   "off",
		"synchronous_commit": "off",
		"wal_level":          "minimal",
		"max_wal_senders":    "0",
		"autovacuum":         "off",
		"checkpoint_timeout": "1h",
		"min_wal_size":       "8MB",
		"max_wal_size":       "128MB",
		"jit":                "off",
		// This is inside the directory, so that it is removed with it even if the server is killed.
		"dynamic_shared_memory_type": "mmap",
	}
}
