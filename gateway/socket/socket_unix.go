//go:build unix

package socket

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// rawConn returns the socket of a connection, or nil if it has none: then its client is not watched.
func rawConn(c net.Conn) syscall.RawConn {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// reusePort sets SO_REUSEPORT before the socket is bound.
func reusePort(_, _ string, c syscall.RawConn) error {
	var err error
	controlErr := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	return errors.Join(controlErr, err)
}

// readSocket reads from a socket without waiting. The error is syscall.EAGAIN if there is nothing to read.
func readSocket(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Read(fd, p)
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// arrivedOrShutDown reports whether there is something to read. If not, it shuts the socket down at once.
func arrivedOrShutDown(fd int) bool {
	var first [1]byte
	n, _, err := unix.Recvfrom(fd, first[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	arrived := err == nil && n > 0
	if !arrived {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR)
	}
	return arrived
}
