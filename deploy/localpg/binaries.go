package localpg

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// oldestMajor is the oldest supported major version.
const oldestMajor = 14

// binaries is a directory that holds PostgreSQL's server programs.
type binaries struct {
	dir     string
	version string // as "postgres --version" prints it
	major   int
}

// places are the directories in which packages install PostgreSQL's server programs.
var places = [...]string{
	"/usr/lib/postgresql/*/bin",                            // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                     // PostgreSQL's own packages for Red Hat
	"/usr/libexec/postgresql*",                             // Alpine
	"/usr/bin",                                             // Fedora, Arch
	"/opt/homebrew/opt/postgresql@*/bin",                   // Homebrew on Apple silicon
	"/usr/local/opt/postgresql@*/bin",                      // Homebrew on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",      // Homebrew on Linux
	"/Applications/Postgres.app/Contents/Versions/*/bin",   // Postgres.app
	"/usr/local/pgsql/bin", "/usr/local/bin", "/opt/pgsql", // built from source
}

// find returns the binaries of a major version (0 for any). If $PG_BIN is set, only that directory is considered. PATH
// takes precedence over places unless places have a newer version. It returns errNotFound if there are none.
func find(major int) (binaries, error) {
	if dir := os.Getenv("PG_BIN"); dir != "" {
		return inspect(dir, major)
	}
	var found []binaries
	for _, dir := range candidates() {
		if b, err := inspect(dir, major); err == nil {
			found = append(found, b)
		}
	}
	if len(found) == 0 {
		return binaries{}, errNotFound
	}
	slices.SortStableFunc(found, func(a, b binaries) int { return cmp.Compare(b.major, a.major) })
	return found[0], nil
}

var errNotFound = errors.New("localpg: no PostgreSQL found")

// candidates lists the directories that may hold binaries, those on PATH first.
func candidates() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil { // the link's target has the other programs beside it
			dirs = append(dirs, filepath.Dir(real))
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range places {
		if match, err := filepath.Glob(pattern); err == nil {
			dirs = append(dirs, match...)
		}
	}
	return dirs
}

// inspect checks that dir holds what a cluster needs, in the requested major version.
func inspect(dir string, major int) (binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, fmt.Errorf("localpg: %w", err)
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, fmt.Errorf("localpg: %s/postgres --version: %w", dir, err)
	}
	version := strings.TrimSpace(string(out)) // such as "postgres (PostgreSQL) 15.4"
	_, number, _ := strings.Cut(version, ") ")
	b := binaries{dir: dir, version: version}
	if b.major, err = parseMajor(number); err != nil {
		return binaries{}, err
	}
	if major != 0 && b.major != major {
		return binaries{}, fmt.Errorf("localpg: %s holds PostgreSQL %d, not %d", dir, b.major, major)
	}
	return b, nil
}

// program returns the path of a server program.
func (b binaries) program(name string) string { return filepath.Join(b.dir, name) }
