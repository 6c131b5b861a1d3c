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

// folderPrefix starts the names of throwaway directories.
const folderPrefix = "trunkline-pg-"

// folder is the directory of a cluster. It holds data/ for the server, the server's socket, and a lock.
type folder struct {
	path      string
	throwaway bool
	lock      *os.File
}

func (f folder) data() string { return filepath.Join(f.path, "data") }

// stopSignal returns the signal that ends the server: at once for a throwaway, after a checkpoint for a durable cluster
// (PostgreSQL manual, 19.5).
func (f folder) stopSignal() syscall.Signal {
	if f.throwaway {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

// openFolder opens the directory of a durable cluster, or creates that of a throwaway if dir is empty.
func openFolder(ctx context.Context, a account, dir string) (folder, error) {
	if dir == "" {
		return newThrowaway(a)
	}
	return openDurable(ctx, a, dir)
}

// newThrowaway creates a directory with a new name, and removes those that are not in use any more.
func newThrowaway(a account) (folder, error) {
	roots := tempRoots(a)
	for _, root := range roots {
		sweep(a, root)
	}
	path, err := os.MkdirTemp(roots[0], folderPrefix)
	if err != nil {
		return folder{}, fmt.Errorf("localpg: %w", err)
	}
	f := folder{path: path, throwaway: true}
	if f.lock, err = lock(path); err == nil {
		err = a.own(path)
	}
	if err != nil {
		return folder{}, errors.Join(fmt.Errorf("localpg: %w", err), f.close())
	}
	return f, nil
}

// memoryRoot is a file system in memory, where a new database takes milliseconds to create. It is used if enoughMemory
// bytes are free there.
const (
	memoryRoot   = "/dev/shm"
	enoughMemory = 2 << 30
)

// TempDir creates a new directory in which a durable cluster can be started. It is in the same place as throwaways, in
// memory if there is enough. The caller removes it.
func TempDir() (string, error) {
	a, err := unprivileged()
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(tempRoots(a)[0], "trunkline-")
}

// tempRoots lists the parents of throwaway directories, the preferred one first. The account can enter them, and their
// paths are short, because that of a unix socket is limited to about a hundred bytes.
func tempRoots(a account) []string {
	disk := os.TempDir()
	if a.lent || len(disk) > 60 {
		disk = "/tmp"
	}
	var memory syscall.Statfs_t
	if err := syscall.Statfs(memoryRoot, &memory); err != nil {
		return []string{disk}
	}
	if memory.Bavail*uint64(memory.Bsize) < enoughMemory {
		return []string{disk, memoryRoot}
	}
	return []string{memoryRoot, disk}
}

// openDurable opens or creates the directory of a durable cluster. If a cluster is being stopped there, it waits for a
// while.
func openDurable(ctx context.Context, a account, dir string) (folder, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return folder{}, fmt.Errorf("localpg: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return folder{}, fmt.Errorf("localpg: %w", err)
	}
	if err := a.own(path); err != nil {
		return folder{}, fmt.Errorf("localpg: %w", err)
	}
	if err := a.command("/", "/bin/sh", "-c", `cd -- "$1"`, "sh", path).Run(); err != nil {
		return folder{}, fmt.Errorf("localpg: user %s, which runs PostgreSQL, cannot enter %s: choose another directory", a.name, path)
	}
	f := folder{path: path}
	if f.lock, err = awaitLock(ctx, path); err != nil {
		return folder{}, err
	}
	return f, nil
}

// createData creates the data directory. fill is given a temporary name, so that data which a crash left unfinished is
// never used.
func (f folder) createData(fill func(path string) error) error {
	unfinished := f.data() + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	if err := fill(unfinished); err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	if err := os.Rename(unfinished, f.data()); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	return nil
}

// close releases the lock, and removes the directory if it is a throwaway's.
func (f folder) close() error {
	var err error
	if f.throwaway {
		err = os.RemoveAll(f.path)
	}
	if f.lock != nil {
		err = errors.Join(err, f.lock.Close())
	}
	if err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	return nil
}

// sweep removes the throwaway directories under root that no running process locks. It considers only those which the
// account owns and which are older than a minute: a newer one may not be locked yet. What cannot be removed is left for
// the next time.
func sweep(a account, root string) {
	paths, err := filepath.Glob(filepath.Join(root, folderPrefix+"*"))
	if err != nil {
		return
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() || !a.owns(info) || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if !locked(path) {
			os.RemoveAll(path)
		}
	}
}
