package localpg

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// cacheDir returns the folder, made if need be, in which binaries and templates are kept between runs: in the user's
// cache; for root in /var/cache, because the account that runs the server cannot enter root's home.
func cacheDir(a account) (string, error) {
	root := "/var/cache"
	if !a.lent {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("localpg: no cache folder: %w", err)
		}
		root = dir
	}
	dir := filepath.Join(root, "trunkline")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("localpg: cache folder: %w", err)
	}
	return dir, nil
}

// scratchPrefix starts the names of folders in the cache that are not finished.
const scratchPrefix = "unfinished-"

// scratch makes a folder in the cache for something that [publish] moves to its place, and removes those that a
// process left behind when it was killed.
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

// publish moves a finished folder to its final name in the cache. If another process was quicker, its folder stays.
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
