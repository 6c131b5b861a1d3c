package localpg

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestSweep(t *testing.T) {
	root := durableDir(t)
	a, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	abandoned := fakeFolder(t, a, root, "abandoned", time.Hour)
	withoutLock := fakeFolder(t, a, root, "without-lock", 0)
	if err := os.Remove(filepath.Join(withoutLock, "lock")); err != nil {
		t.Fatal(err)
	}
	makeOlder(t, withoutLock, time.Hour)
	young := fakeFolder(t, a, root, "young", 0)
	inUse := fakeFolder(t, a, root, "in-use", time.Hour)
	lock, err := os.Open(filepath.Join(inUse, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}

	sweep(a, root)

	for path, want := range map[string]bool{abandoned: false, withoutLock: false, young: true, inUse: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(path), err == nil, want)
		}
	}
}

func TestSweepLeavesOthersFolders(t *testing.T) {
	root := durableDir(t)
	a, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	path := fakeFolder(t, a, root, "mine", time.Hour)
	sweep(account{uid: a.uid + 1}, root)
	if _, err := os.Stat(path); err != nil {
		t.Errorf("another account's folder was removed: %v", err)
	}
}

// fakeFolder makes a throwaway folder, of that age, that nobody locks.
func fakeFolder(t *testing.T, a account, root, name string, age time.Duration) string {
	t.Helper()
	path := filepath.Join(root, folderPrefix+name)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.own(path); err != nil {
		t.Fatal(err)
	}
	makeOlder(t, path, age)
	return path
}

func makeOlder(t *testing.T, path string, age time.Duration) {
	t.Helper()
	then := time.Now().Add(-age)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}
