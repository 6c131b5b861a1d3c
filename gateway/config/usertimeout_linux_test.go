package config

import (
	"context"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestUserTimeout reads the option of sockets that were opened by connection strings.
func TestUserTimeout(t *testing.T) {
	clearPG(t, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for uri, want := range map[string]int{
		"host=db tcp_user_timeout=7500":                                       7500,
		"postgresql://db/?tcp_user_timeout=7500&connect_timeout=5":            7500,
		"host=db tcp_user_timeout=7500 keepalives_idle=30 keepalives_count=2": 7500,
		"host=db keepalives_idle=30":                                          0,
		"host=db tcp_user_timeout=0":                                          0,
		"host=db tcp_user_timeout=-1":                                         0,
		"host=db tcp_user_timeout=":                                           0,
		"host=db":                                                             0,
	} {
		c := &Config{DBURI: newSecret(uri)}
		cc, err := c.Connection()
		if err != nil {
			t.Errorf("%s: %v", uri, err)
			continue
		}
		listening, err := c.listenerConnection()
		if err != nil {
			t.Fatal(err)
		}
		if got := timeoutOf(t, cc.DialFunc, ln.Addr()); got != want {
			t.Errorf("%s: %d ms, want %d", uri, got, want)
		}
		if got := timeoutOf(t, listening.DialFunc, ln.Addr()); got != want {
			t.Errorf("%s: %d ms to listen, want %d", uri, got, want)
		}
	}
}

// TestUserTimeoutOfUnixSockets shows that connections without the option can be opened.
func TestUserTimeoutOfUnixSockets(t *testing.T) {
	clearPG(t, nil)
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	cc, err := (&Config{DBURI: newSecret("host=/run tcp_user_timeout=7500")}).Connection()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := cc.DialFunc(t.Context(), "unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

// timeoutOf opens a connection and returns its TCP_USER_TIMEOUT.
func timeoutOf(t *testing.T, dial func(context.Context, string, string) (net.Conn, error), to net.Addr) (milliseconds int) {
	t.Helper()
	conn, err := dial(t.Context(), "tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	controlErr := raw.Control(func(fd uintptr) {
		milliseconds, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
	})
	if controlErr != nil || err != nil {
		t.Fatal(controlErr, err)
	}
	return milliseconds
}
