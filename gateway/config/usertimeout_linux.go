package config

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// setUserTimeout sets how long what was sent on a TCP socket may stay without an acknowledgement (tcp(7)).
func setUserTimeout(c syscall.RawConn, milliseconds int) error {
	var err error
	controlErr := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, milliseconds)
	})
	return errors.Join(controlErr, os.NewSyscallError("setsockopt TCP_USER_TIMEOUT", err))
}
