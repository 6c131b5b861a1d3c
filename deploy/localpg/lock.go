package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrInUse is returned if another process runs a cluster in the directory.
var ErrInUse = errors.New("localpg: another process runs a cluster in this directory")

// lock takes the lock of a directory, which is shared by the process that uses it and its guard. The error is
// [syscall.EWOULDBLOCK] if others hold it.
func lock(folder string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// awaitLock takes the lock of a directory. It waits up to ten seconds for a guard that may be stopping a cluster.
func awaitLock(ctx context.Context, folder string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		file, err := lock(folder)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("localpg: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %s", ErrInUse, folder)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// locked reports whether a process holds the lock of a directory. A missing lock counts as not held.
func locked(folder string) bool {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}
