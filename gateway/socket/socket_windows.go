package socket

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// rawConn returns nil: sockets are not looked at on Windows. So clients are not watched, a buffer is held while a
// connection waits, and an idle one keeps its goroutine.
func rawConn(net.Conn) syscall.RawConn { return nil }

// reusePort fails.
func reusePort(string, string, syscall.RawConn) error {
	return fmt.Errorf("server-reuseport: %w on Windows", errors.ErrUnsupported)
}

// readSocket, arrivedOrShutDown, hungUp and unsent are never called, because there is no socket to call them with.
func readSocket(int, []byte) (int, error) { return 0, errors.ErrUnsupported }
func arrivedOrShutDown(int) bool          { return false }
func hungUp(int) bool                     { return false }
func unsent(int) int                      { return 0 }

// Send fails: sockets cannot be passed on to another process.
func Send(*net.UnixConn, []net.Listener) error { return errors.ErrUnsupported }

// Receive fails, as [Send] does.
func Receive(*net.UnixConn, []Address) ([]net.Listener, error) { return nil, errors.ErrUnsupported }
