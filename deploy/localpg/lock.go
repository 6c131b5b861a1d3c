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

// ErrInUse says that another process runs a cluster in the folder.
var ErrInUse = errors.New("localpg: another process runs a cluster in this folder")

// lock takes the lock of a folder, which the process that uses it and its guard hold. The error is
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

// awaitLock takes the lock of a folder. It gives a guard, which may be stopping a cluster, ten seconds.
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

// locked reports whether a process holds the lock of a folder. A lock that is missing is held by nobody.
func locked(folder string) bool {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}
