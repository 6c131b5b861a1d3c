package socket

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// poller tells which of many sockets can be read (epoll(7)). The runtime's poller cannot: it wakes a goroutine for
// each. It watches this one, though, so that no thread waits.
type poller struct {
	file   *os.File
	raw    syscall.RawConn
	fd     int
	events [128]unix.EpollEvent
	ready  []int
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	// Only what does not block is given to the runtime's poller.
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(os.NewSyscallError("fcntl", err), unix.Close(fd))
	}
	file := os.NewFile(uintptr(fd), "epoll")
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &poller{file: file, raw: raw, fd: fd}, nil
}

// watch has wait return a socket, once, when there is something to read or its peer has gone. A socket that is closed
// is forgotten. It must not be called after close.
func (p *poller) watch(fd int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(fd)}
	err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, fd, &event)
	if errors.Is(err, unix.ENOENT) {
		err = unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &event)
	}
	return os.NewSyscallError("epoll_ctl", err)
}

// wait waits until some sockets can be read, and returns their file descriptors, which are valid until the next call.
// It fails when the poller is closed.
func (p *poller) wait() ([]int, error) {
	var n int
	var err error
	readErr := p.raw.Read(func(uintptr) bool {
		n, err = unix.EpollWait(p.fd, p.events[:], 0)
		return n != 0 || err != nil && !errors.Is(err, unix.EINTR)
	})
	if err := errors.Join(readErr, os.NewSyscallError("epoll_wait", err)); err != nil {
		return nil, err
	}
	p.ready = p.ready[:0]
	for _, event := range p.events[:n] {
		p.ready = append(p.ready, int(event.Fd))
	}
	return p.ready, nil
}

func (p *poller) close() { _ = p.file.Close() }
