package localpg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindTakesPGBin(t *testing.T) {
	dir := fakeBinaries(t, "postgres (PostgreSQL) 17.4 (Debian 17.4-1)")
	t.Setenv("PG_BIN", dir)
	b, err := find(0)
	if err != nil {
		t.Fatal(err)
	}
	if b.dir != dir || b.major != 17 {
		t.Errorf("found %+v, want version 17 in %s", b, dir)
	}
}

func TestFindRefusesPGBinOfAnotherVersion(t *testing.T) {
	dir := fakeBinaries(t, "postgres (PostgreSQL) 17.4")
	t.Setenv("PG_BIN", dir)
	_, err := find(16)
	if err == nil {
		t.Fatal("took version 17 for 16")
	}
	requireContains(t, err.Error(), dir+" holds PostgreSQL 17, not 16")
}

func TestFindTakesPath(t *testing.T) {
	dir := fakeBinaries(t, "postgres (PostgreSQL) 98beta1")
	t.Setenv("PG_BIN", "")
	t.Setenv("PATH", dir)
	b, err := find(98)
	if err != nil {
		t.Fatal(err)
	}
	if b.dir != dir {
		t.Errorf("found %s, want %s", b.dir, dir)
	}
	if _, err := find(97); !errors.Is(err, errNotFound) {
		t.Errorf("find(97) = %v, want %v", err, errNotFound)
	}
}

func TestFindFollowsLinks(t *testing.T) {
	dir, links := fakeBinaries(t, "postgres (PostgreSQL) 98.1"), t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PG_BIN", "")
	t.Setenv("PATH", links)
	b, err := find(98)
	if err != nil {
		t.Fatal(err)
	}
	if real, err := filepath.EvalSymlinks(dir); err != nil || b.dir != real {
		t.Errorf("found %s, want %s (%v)", b.dir, real, err)
	}
}

func TestInspectRefuses(t *testing.T) {
	for version, want := range map[string]string{
		"postgres (PostgreSQL) 9.6.24": "is not a PostgreSQL version from 14 on",
		"postgres (PostgreSQL) 13.20":  "is not a PostgreSQL version from 14 on",
		"something else":               "is not a PostgreSQL version from 14 on",
	} {
		_, err := inspect(fakeBinaries(t, version), 0)
		if err == nil {
			t.Errorf("%q was taken for PostgreSQL", version)
			continue
		}
		requireContains(t, err.Error(), want)
	}
	if _, err := inspect(t.TempDir(), 0); err == nil {
		t.Error("an empty folder was taken for PostgreSQL's")
	}
}

func TestMajor(t *testing.T) {
	data := t.TempDir()
	t.Setenv("PG", "16")
	requireMajor(t, Options{Major: 17}, data, 17)
	requireMajor(t, Options{}, data, 16)
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	requireMajor(t, Options{}, data, 15)
	t.Setenv("PG", "")
	requireMajor(t, Options{}, t.TempDir(), 0)
	t.Setenv("PG", "new")
	if _, err := (Options{}).major(t.TempDir()); err == nil {
		t.Error("PG=new was taken for a version")
	}
}

func requireMajor(t *testing.T, o Options, data string, want int) {
	t.Helper()
	if got, err := o.major(data); got != want || err != nil {
		t.Errorf("major() = %d, %v; want %d", got, err, want)
	}
}

// fakeBinaries makes a folder of programs that only tell their version.
func fakeBinaries(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho '" + strings.ReplaceAll(version, "'", "") + "'\n"
	for _, name := range []string{"postgres", "initdb"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
