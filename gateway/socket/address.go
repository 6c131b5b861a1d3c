package socket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Address is the address of a server: a unix socket if Unix is set, otherwise a TCP port.
type Address struct {
	// Host is a name, an address, or one of PostgREST's special values: "!4" and "!6" stand for all addresses of IPv4
	// or IPv6, "*", "*4" and "*6" for all addresses of both.
	Host string
	// Port is the TCP port, 0 for any free one.
	Port int
	// ReusePort shares the port with other processes (SO_REUSEPORT).
	ReusePort bool

	// Unix is the path of a unix socket, Mode its permissions.
	Unix string
	Mode uint32
}

// Listen opens the socket. The caller closes it; a unix socket's file is removed then, unless another process has
// replaced it.
func (a *Address) Listen(ctx context.Context) (net.Listener, error) {
	if a.Unix != "" {
		return a.listenUnix(ctx)
	}
	network, host := "tcp", a.Host
	switch a.Host {
	case "!4":
		network, host = "tcp4", "0.0.0.0"
	case "!6":
		network, host = "tcp6", "::"
	case "*", "*4", "*6":
		host = ""
	}
	var lc net.ListenConfig
	// What keeps new connections from arriving before the socket is closed does not exist for Multipath TCP, which Go
	// would use where the system supports it.
	lc.SetMultipathTCP(false)
	if a.ReusePort {
		lc.Control = reusePort
	}
	ln, err := lc.Listen(ctx, network, net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(a.Port)))
	if err != nil {
		return nil, fmt.Errorf("opening the socket: %w", err)
	}
	return ln, nil
}

// listenUnix opens a unix socket. It replaces one that another process has left behind.
func (a *Address) listenUnix(ctx context.Context) (net.Listener, error) {
	if info, err := os.Lstat(a.Unix); err == nil && info.Mode().Type() == fs.ModeSocket {
		if err := os.Remove(a.Unix); err != nil {
			return nil, fmt.Errorf("replacing the socket: %w", err)
		}
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "unix", a.Unix)
	if err != nil {
		return nil, fmt.Errorf("opening the socket: %w", err)
	}
	own, err := keepOther(ln.(*net.UnixListener), a.Unix)
	if err == nil {
		err = os.Chmod(a.Unix, fs.FileMode(a.Mode))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("setting the socket's permissions: %w", err), ln.Close())
	}
	return own, nil
}

// unixListener removes its file when it is closed, but not the one that another process has put in its place: after a
// rolling restart, the next process listens there.
type unixListener struct {
	*net.UnixListener
	path   string
	file   fs.FileInfo
	remove sync.Once
}

// keepOther makes a listener remove its own file only.
func keepOther(ln *net.UnixListener, path string) (*unixListener, error) {
	file, err := os.Lstat(path)
	if err == nil {
		ln.SetUnlinkOnClose(false)
	}
	return &unixListener{UnixListener: ln, path: path, file: file}, err
}

// Close removes the file and closes the socket. While the socket is open, no other file can have its inode; afterwards
// one can, so that a second call removes nothing.
func (l *unixListener) Close() error {
	l.remove.Do(func() {
		if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.file) {
			_ = os.Remove(l.path)
		}
	})
	return l.UnixListener.Close()
}

// keepFile makes Close leave the file where it is.
func (l *unixListener) keepFile() { l.remove.Do(func() {}) }

// Reachable returns an address at which a socket bound to every interface can be reached.
func Reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	loopback := *tcp
	loopback.IP = net.IPv4(127, 0, 0, 1)
	if tcp.IP.To4() == nil {
		loopback.IP = net.IPv6loopback
	}
	return loopback.String()
}
