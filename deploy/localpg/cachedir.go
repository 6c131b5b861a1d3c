package localpg

import (
	"fmt"
	"os"
	"path/filepath"
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

// publish moves a finished folder to its final name in the cache. If another process was quicker, its folder stays.
func publish(tmp, final string) error {
	err := os.Rename(tmp, final)
	if err == nil {
		return nil
	}
	defer os.RemoveAll(tmp)
	if _, statErr := os.Stat(final); statErr == nil {
		return nil
	}
	return fmt.Errorf("localpg: cache: %w", err)
}
