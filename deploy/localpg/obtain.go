package localpg

import (
	"context"
	"fmt"
	"io"
	"os"
)

// Obtain returns the folder that holds the server programs of a major version (0 for that of the environment
// variable PG, or else any). It fetches them if the machine has none; what takes time is told to log.
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

// obtain returns the binaries of a major version (0 for any): those of the machine, else fetched ones.
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

// MissingError says that the machine has no PostgreSQL of the version asked for, that none could be fetched, and
// what the user can do.
type MissingError struct {
	Major int // 0 for any
	cause error
}

// Error tells what to install.
func (e *MissingError) Error() string {
	number := ""
	if e.Major != 0 {
		number = fmt.Sprintf("-%d", e.Major)
	}
	return fmt.Sprintf(`%s is not on this machine and cannot be fetched (%v).
Install it, or set PG_BIN to the folder of its programs:
  Debian, Ubuntu   apt-get install postgresql%s
  Fedora, Red Hat  dnf install postgresql-server
  Alpine           apk add postgresql
  macOS            brew install postgresql`, wanted(e.Major), e.cause, number)
}

// Unwrap returns why nothing could be fetched.
func (e *MissingError) Unwrap() error { return e.cause }
