//go:build unix

package socket

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Send passes listening sockets to the process at the other end of a unix socket (unix(7), SCM_RIGHTS), which accepts
// from them as this one does. It is not done by way of [os.File], which would make them block here.
func Send(to *net.UnixConn, listeners []net.Listener) error {
	var numbers []int
	var send func(rest []net.Listener) error
	send = func(rest []net.Listener) error { // the numbers are valid inside of all calls of Control only
		if len(rest) == 0 {
			var rights []byte
			if len(numbers) > 0 {
				rights = unix.UnixRights(numbers...)
			}
			_, _, err := to.WriteMsgUnix([]byte{1}, rights, nil)
			return err
		}
		s, ok := rest[0].(syscall.Conn)
		if !ok {
			return fmt.Errorf("a %T has no socket", rest[0])
		}
		raw, err := s.SyscallConn()
		if err != nil {
			return err
		}
		controlErr := raw.Control(func(fd uintptr) {
			numbers = append(numbers, int(fd))
			err = send(rest[1:])
		})
		return errors.Join(controlErr, err)
	}
	if err := send(listeners); err != nil {
		return fmt.Errorf("passing the sockets on: %w", err)
	}
	return nil
}

// Receive returns the listening sockets that [Send] has passed, at the other end.
func Receive(from *net.UnixConn, addresses []Address) ([]net.Listener, error) {
	numbers, err := receiveRights(from, len(addresses))
	if err != nil {
		return nil, fmt.Errorf("taking over the sockets: %w", err)
	}
	listeners := make([]net.Listener, 0, len(numbers))
	for i, number := range numbers {
		file := os.NewFile(uintptr(number), "listener")
		ln, err := net.FileListener(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("taking over the sockets: %w", err)
		}
		if u, ok := ln.(*net.UnixListener); ok {
			if ln, err = keepOther(u, addresses[i].Unix); err != nil {
				return nil, fmt.Errorf("taking over the sockets: %w", err)
			}
		}
		listeners = append(listeners, ln)
	}
	return listeners, nil
}

// receiveRights receives file descriptors.
func receiveRights(from *net.UnixConn, want int) ([]int, error) {
	rights := make([]byte, unix.CmsgSpace(4*want))
	_, size, _, _, err := from.ReadMsgUnix(make([]byte, 1), rights)
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the other process has gone, or does not wait any more")
	case err != nil:
		return nil, err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:size])
	switch {
	case err != nil:
		return nil, err
	case len(messages) != 1:
		return nil, errors.New("no sockets were sent")
	}
	numbers, err := unix.ParseUnixRights(&messages[0])
	if err == nil && len(numbers) != want {
		err = fmt.Errorf("%d sockets instead of %d", len(numbers), want)
	}
	return numbers, err
}
