package socket

import (
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// dropSYN is a filter of a listening socket (socket(7), SO_ATTACH_FILTER) that drops segments which would begin a
// connection. It sees the header of TCP first, whose byte 13 has the flags (RFC 9293, section 3.1).
var dropSYN = [...]unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},
	{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jt: 0, Jf: 1, K: 0x02},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
}

// keepAway keeps new connections from arriving at a socket. Connecting to a unix socket fails from then on; a client
// that uses TCP tries again, after a second at first.
func keepAway(s stoppableListener) {
	raw, err := s.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		if s.Addr().Network() == "unix" {
			_ = unix.Shutdown(int(fd), unix.SHUT_RD)
			return
		}
		filter := dropSYN
		_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	})
}

// acceptWaiting returns a connection of the backlog, or nil if that is empty.
func acceptWaiting(s stoppableListener) net.Conn {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	accepted := -1
	_ = raw.Control(func(fd uintptr) {
		for {
			var err error
			accepted, _, err = unix.Accept4(int(fd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.ECONNABORTED) {
				return
			}
		}
	})
	if accepted < 0 {
		return nil
	}
	file := os.NewFile(uintptr(accepted), "client")
	defer func() { _ = file.Close() }()
	c, err := net.FileConn(file)
	if err != nil {
		return nil
	}
	return c
}
