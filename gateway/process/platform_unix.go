//go:build unix

package process

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The signals that reload the schema and the configuration.
const (
	schemaSignal = syscall.SIGUSR1
	configSignal = syscall.SIGUSR2
)

// connectedPair returns two ends of a connection.
func connectedPair() (*net.UnixConn, *os.File, error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	for _, end := range ends {
		unix.CloseOnExec(end)
	}
	ours, err := unixConn(ends[0])
	theirs := os.NewFile(uintptr(ends[1]), "successor")
	if err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return ours, theirs, nil
}

// unixConn returns the connection of a file descriptor, which is closed.
func unixConn(fd int) (*net.UnixConn, error) {
	file := os.NewFile(uintptr(fd), "pair")
	conn, err := net.FileConn(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("connecting two processes: %w", err)
	}
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a %T cannot pass sockets on", conn), conn.Close())
	}
	return u, nil
}

// monotonic returns the time of CLOCK_MONOTONIC in microseconds.
func monotonic() int64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return 0
	}
	return now.Nano() / int64(time.Microsecond)
}
