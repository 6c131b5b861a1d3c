package socket

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// patient is a listener that waits while connections cannot be accepted for lack of resources.
type patient struct {
	net.Listener
	onFailure func(error)
	// failing is set from the first failure until a connection is accepted again.
	failing bool
}

// Patient returns a listener that accepts from ln, and waits while the process or the system has no file descriptors or
// buffers left. OnFailure is called with the error when that begins.
func Patient(ln net.Listener, onFailure func(error)) net.Listener {
	return &patient{Listener: ln, onFailure: onFailure}
}

// The pauses between two attempts to accept.
const (
	firstPause = 5 * time.Millisecond
	maxPause   = 250 * time.Millisecond
)

// Accept waits for the next connection.
func (p *patient) Accept() (net.Conn, error) {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		c, err := p.Listener.Accept()
		switch {
		case err == nil:
			p.failing = false
			return c, nil
		case errors.Is(err, syscall.ECONNABORTED): // by the client, before it was accepted
			continue
		case !passes(err):
			return nil, err
		case !p.failing:
			p.failing = true
			p.onFailure(err)
		}
		time.Sleep(pause)
	}
}

// Numbers of errors on Windows, which mean nothing elsewhere.
const (
	wsaTooManyFiles syscall.Errno = 10024 // WSAEMFILE
	wsaNoBuffers    syscall.Errno = 10055 // WSAENOBUFS
)

// passes reports whether an error of accept(2) is one of too few resources, which others may give back.
func passes(err error) bool {
	for _, number := range [...]syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, wsaTooManyFiles, wsaNoBuffers,
	} {
		if errors.Is(err, number) {
			return true
		}
	}
	return false
}
