package gateway

import (
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestListen(t *testing.T) {
	for host, want := range map[string]string{
		"!4":        "0.0.0.0:",
		"!6":        "[::]:",
		"*":         "[::]:",
		"*4":        "[::]:",
		"*6":        "[::]:",
		"127.0.0.1": "127.0.0.1:",
		"::1":       "[::1]:",
		"[::1]":     "[::1]:",
		"localhost": "127.0.0.1:",
	} {
		t.Run(host, func(t *testing.T) {
			if strings.Contains(want, "[") && !hasIPv6() {
				t.Skip("the machine has no IPv6")
			}
			ln, err := (&Address{Host: host}).Listen(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			if got := ln.Addr().String(); !strings.HasPrefix(got, want) || strings.HasSuffix(got, ":0") {
				t.Errorf("listening on %s, want %s and a port", got, want)
			}
			if got := accepts(ln, "127.0.0.1"); got != (host != "!6" && !strings.Contains(host, "::1")) {
				t.Errorf("reachable by IPv4: %t", got)
			}
		})
	}
}

func hasIPv6() bool {
	ln, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	return ln.Close() == nil
}

// accepts tells whether a listener accepts connections to an address.
func accepts(ln net.Listener, address string) bool {
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	c, err := net.Dial("tcp", net.JoinHostPort(address, port))
	if err != nil {
		return false
	}
	return c.Close() == nil
}

func TestListenFails(t *testing.T) {
	taken, err := (&Address{Host: "127.0.0.1"}).Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	for name, a := range map[string]Address{
		"port taken":    {Host: "127.0.0.1", Port: port},
		"unknown host":  {Host: "nowhere.invalid"},
		"no directory":  {Unix: filepath.Join(t.TempDir(), "missing", "socket")},
		"a file itself": {Unix: os.Args[0], Mode: 0o600},
	} {
		if ln, err := a.Listen(t.Context()); err == nil {
			t.Errorf("%s: listening on %s", name, ln.Addr())
			_ = ln.Close()
		}
	}
	if _, err := os.Stat(os.Args[0]); err != nil {
		t.Errorf("a file that is no socket was removed: %v", err)
	}
}

func TestReusePort(t *testing.T) {
	first, err := (&Address{Host: "127.0.0.1", ReusePort: true}).Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	port := first.Addr().(*net.TCPAddr).Port
	second, err := (&Address{Host: "127.0.0.1", Port: port, ReusePort: true}).Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
}

func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "gateway") // short, because paths of sockets are
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	address := Address{Unix: filepath.Join(dir, "socket"), Mode: 0o640}
	left, err := address.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}

	ln, err := address.Listen(t.Context())
	if err != nil {
		t.Fatalf("replacing a socket that was left behind: %v", err)
	}
	if info, err := os.Stat(address.Unix); err != nil || info.Mode() != fs.ModeSocket|0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	cfg := loadConfig(t)
	access := new(lines)
	stop := run(t, NewServer(unloaded(t, cfg, access), cfg, discardLog()), ln)
	c, err := net.Dial("unix", address.Unix)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") {
		t.Errorf("answer %q, %v", answer, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(address.Unix); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
	if !strings.HasPrefix(access.String(), "- - nobody [") {
		t.Errorf("access log %s", access)
	}
}
