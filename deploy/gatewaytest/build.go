// Package gatewaytest builds the gateway for tests that run its executable.
package gatewaytest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Version is the version that the executable reports.
const Version = "1.2.3-test"

// Build builds the gateway in a directory and returns the executable's path. Flags are passed on to "go build". The
// packages' tests share what is linked, which takes seconds, in the module's folder .cache.
func Build(dir string, flags ...string) (path string, err error) {
	folder, err := sharedFolder()
	if err != nil {
		return "", err
	}
	unlock, err := lock(folder)
	if err != nil {
		return "", err
	}
	defer unlock()
	shared := filepath.Join(folder, fmt.Sprintf("trunkline-%x", sha256.Sum256([]byte(strings.Join(flags, " "))))[:18])
	arguments := append([]string{"build", "-ldflags", "-s -w -X main.version=" + Version, "-o", shared}, flags...)
	if out, err := exec.Command("go", append(arguments, "trunkline")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	path = filepath.Join(dir, "trunkline")
	return path, copyExecutable(shared, path) // a later build must not replace what a test runs
}

// sharedFolder returns the folder of what tests share. It is made without looking at its parent, whose changes do not
// concern the cached results of tests.
func sharedFolder() (string, error) {
	file, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	folder := filepath.Dir(string(file))
	for _, name := range []string{".cache", "tested"} {
		folder = filepath.Join(folder, name)
		if err := os.Mkdir(folder, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return folder, nil
}

// lock waits until no other process builds, and returns what lets the next one build.
func lock(folder string) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", file.Name(), err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

// copyExecutable makes a second name of a file, or a copy if the folders are on different file systems.
func copyExecutable(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	out, err := exec.Command("cp", from, to).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cp: %w\n%s", err, out)
	}
	return nil
}
