// Package gatewaytest builds the gateway for tests that run its executable.
package gatewaytest

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// Version is the version that the executable reports.
const Version = "1.2.3-test"

// Build builds the gateway in a directory and returns the executable's path. Flags are passed on to "go build".
func Build(dir string, flags ...string) (path string, err error) {
	path = filepath.Join(dir, "trunkline")
	arguments := append([]string{"build", "-ldflags", "-X main.version=" + Version, "-o", path}, flags...)
	if out, err := exec.Command("go", append(arguments, "trunkline")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}
