//go:build unix && !linux

package socket

import (
	"errors"

	"golang.org/x/sys/unix"
)

// hungUp reports whether the peer of a socket has closed it or will not send any more. It neither waits nor reads.
// Behind bytes that wait to be read it sees nothing.
func hungUp(fd int) bool {
	var b [1]byte
	n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return false
	}
	return err != nil || n == 0
}

// unsent returns -1: how many bytes of a socket's send buffer the peer has not acknowledged is not known.
func unsent(int) int { return -1 }
