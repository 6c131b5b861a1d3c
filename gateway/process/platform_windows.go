package process

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// The signals that reload the schema and the configuration do not exist on Windows.
const (
	schemaSignal = syscall.Signal(-1)
	configSignal = syscall.Signal(-2)
)

// connectedPair fails: a process cannot be given a connection.
func connectedPair() (*net.UnixConn, *os.File, error) { return nil, nil, errors.ErrUnsupported }

// unixConn fails, as [connectedPair] does.
func unixConn(int) (*net.UnixConn, error) { return nil, errors.ErrUnsupported }

// monotonic returns 0: there is no systemd on Windows.
func monotonic() int64 { return 0 }
