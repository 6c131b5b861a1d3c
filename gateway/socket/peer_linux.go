package socket

import "golang.org/x/sys/unix"

// hungUp reports whether the peer of a socket has closed it or will not send any more (poll(2)). It neither waits nor
// reads: bytes that wait to be read make no difference.
func hungUp(fd int) bool {
	const ended = unix.POLLRDHUP | unix.POLLHUP | unix.POLLERR
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}} // file descriptors are small
	n, err := unix.Poll(fds[:], 0)
	return err == nil && n > 0 && fds[0].Revents&ended != 0
}

// unsent returns how many bytes of a socket's send buffer the peer has not acknowledged (tcp(7), unix(7), SIOCOUTQ),
// -1 if that cannot be told.
func unsent(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	if err != nil {
		return -1
	}
	return n
}
