package localpg

import (
	"context"
	"fmt"
	"io"
	"os"
)

// Obtain returns the directory of the server programs of a major version (0 for that of the environment variable PG, or
// any if it is not set). It downloads them if they are not installed, and reports that to log.
func Obtain(ctx context.Context, major int, log io.Writer) (dir string, err error) {
	a, err := unprivileged()
	if err != nil {
		return "", err
	}
	if major, err = (Options{Major: major}).major(""); err != nil {
		return "", err
	}
	b, err := obtain(ctx, a, major, logger{log})
	return b.dir, err
}

// obtain returns the binaries of a major version (0 for any), installed or downloaded.
func obtain(ctx context.Context, a account, major int, log logger) (binaries, error) {
	b, err := find(major)
	if err == nil || os.Getenv("PG_BIN") != "" {
		return b, err
	}
	b, err = fetchBinaries(ctx, a, major, log)
	if err != nil {
		return binaries{}, &MissingError{Major: major, cause: err}
	}
	return b, nil
}

func fetchBinaries(ctx context.Context, a account, major int, log logger) (binaries, error) {
	r, err := releaseFor(major)
	if err != nil {
		return binaries{}, err
	}
	cache, err := cacheDir(a)
	if err != nil {
		return binaries{}, err
	}
	dir, err := fetch(ctx, r, registryURL(), cache, log)
	if err != nil {
		return binaries{}, err
	}
	return inspect(dir, major)
}

// MissingError is returned if PostgreSQL is neither installed in the requested version nor could be downloaded. Its
// text says what the user can do.
type MissingError struct {
	Major int // 0 for any
	cause error
}

// Error says what to install.
func (e *MissingError) Error() string {
	number := ""
	if e.Major != 0 {
		number = fmt.Sprintf("-%d", e.Major)
	}
	return fmt.Sprintf(`%s is not installed and cannot be downloaded (%v).
Install it, or set PG_BIN to the directory of its programs:
  Debian, Ubuntu   apt-get install postgresql%s
  Fedora, Red Hat  dnf install postgresql-server
  Alpine           apk add postgresql
  macOS            brew install postgresql`, wanted(e.Major), e.cause, number)
}

// Unwrap returns why the download failed.
func (e *MissingError) Unwrap() error { return e.cause }
