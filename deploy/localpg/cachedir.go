package localpg

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// cacheDir returns the directory in which binaries and templates are kept between runs, and creates it if it is
// missing. It is in the user's cache directory, or in /var/cache for root, because the account that runs the server
// cannot enter root's home.
func cacheDir(a account) (string, error) {
	root := "/var/cache"
	if !a.lent {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("localpg: no cache directory: %w", err)
		}
		root = dir
	}
	dir := filepath.Join(root, "trunkline")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("localpg: cache directory: %w", err)
	}
	return dir, nil
}

// scratchPrefix starts the names of unfinished directories in the cache.
const scratchPrefix = "unfinished-"

// scratch creates a directory in the cache whose content [publish] later moves into place, and removes those left
// behind by killed processes.
func scratch(cache string) (string, error) {
	old, err := filepath.Glob(filepath.Join(cache, scratchPrefix+"*"))
	if err != nil {
		return "", fmt.Errorf("localpg: cache: %w", err)
	}
	for _, path := range old {
		if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > time.Hour {
			os.RemoveAll(path)
		}
	}
	tmp, err := os.MkdirTemp(cache, scratchPrefix)
	if err != nil {
		return "", fmt.Errorf("localpg: cache: %w", err)
	}
	return tmp, nil
}

// publish renames a finished directory to its final name in the cache. If another process was faster, its directory is
// kept.
func publish(tmp, final string) error {
	err := os.Rename(tmp, final)
	if err == nil {
		return nil
	}
	if _, statErr := os.Stat(final); statErr == nil {
		return nil
	}
	return fmt.Errorf("localpg: cache: %w", err)
}
