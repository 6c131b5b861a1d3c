package localpg

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// folderPrefix starts the names of throwaway folders.
const folderPrefix = "trunkline-pg-"

// folder is where a cluster lives: data/ for the server, the socket, and for a throwaway a lock that tells sweep
// that the cluster is in use.
type folder struct {
	path      string
	throwaway bool
	lock      *os.File
}

func (f folder) data() string { return filepath.Join(f.path, "data") }

// newThrowaway makes a folder of a new name and sweeps away those that no process uses any more.
func newThrowaway(a account) (folder, error) {
	root := a.tempRoot()
	sweep(a, root)
	path, err := os.MkdirTemp(root, folderPrefix)
	if err != nil {
		return folder{}, fmt.Errorf("localpg: %w", err)
	}
	f := folder{path: path, throwaway: true}
	if f.lock, err = os.Create(filepath.Join(path, "lock")); err == nil {
		err = syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX)
	}
	if err == nil {
		err = a.own(path)
	}
	if err != nil {
		f.discard()
		return folder{}, fmt.Errorf("localpg: %w", err)
	}
	return f, nil
}

// openDurable opens or makes the folder of a durable cluster. PostgreSQL's own lock keeps two servers apart.
func openDurable(a account, dir string) (folder, error) {
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
		return folder{}, fmt.Errorf("localpg: user %s, who runs PostgreSQL, cannot enter %s: choose another folder", a.name, path)
	}
	return folder{path: path}, nil
}

// discard removes a throwaway folder and forgets its lock.
func (f folder) discard() {
	if f.throwaway {
		os.RemoveAll(f.path)
	}
	if f.lock != nil {
		f.lock.Close()
	}
}

// sweep removes the throwaway folders under root that no living process locks. It minds only the account's own, and
// none younger than a minute, which may not be locked yet. What cannot be removed stays for the next time.
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
		if !locked(filepath.Join(path, "lock")) {
			os.RemoveAll(path)
		}
	}
}

// locked tells whether a process holds the lock. A lock that is missing is held by nobody.
func locked(path string) bool {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return !os.IsNotExist(err)
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}
