package socket

import (
	"errors"
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

// accepts reports whether a listener accepts connections to an address.
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
		t.Errorf("a file that is not a socket was removed: %v", err)
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

// TestUnixSocketOfASuccessor starts a process while the previous one still listens, as in a rolling restart: when the
// previous one ends, the socket of the next one stays. The last one removes it.
func TestUnixSocketOfASuccessor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	a := &Address{Unix: path, Mode: 0o640}
	previous, err := a.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		next, err := a.Listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // servers close their listeners more than once
			_ = previous.Close()
		}
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatalf("the socket of the next process is gone: %v", err)
		}
		_ = c.Close()
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 || next.Addr().String() != path {
			t.Errorf("%v, %v, %v", info, err, next.Addr())
		}
		previous = next
	}
	if err := previous.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the last process does not remove its socket: %v", err)
	}
}
