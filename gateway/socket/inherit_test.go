//go:build unix

package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// connectedPair returns two ends of a connection.
func connectedPair(t *testing.T) (a, b *net.UnixConn) {
	t.Helper()
	numbers, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*net.UnixConn
	for i, number := range numbers {
		file := os.NewFile(uintptr(number), "pair")
		c, err := net.FileConn(file)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		ends[i] = c.(*net.UnixConn)
	}
	return ends[0], ends[1]
}

// TestSocketsArePassedOn passes sockets on, one of which has connections in its backlog, and leaves them: the receiver
// accepts all, and removes the file at its end.
func TestSocketsArePassedOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	addresses := []Address{{Host: "127.0.0.1"}, {Unix: path, Mode: 0o600}}
	var given []net.Listener
	for _, address := range addresses {
		ln, err := address.Listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		given = append(given, ln)
	}
	var waiting []net.Conn
	dial := func() {
		t.Helper()
		for _, ln := range given {
			c, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			waiting = append(waiting, c)
		}
	}
	dial()
	from, to := connectedPair(t)
	if err := Send(from, given); err != nil {
		t.Fatal(err)
	}
	taken, err := Receive(to, addresses)
	if err != nil {
		t.Fatal(err)
	}
	for _, ln := range given {
		if err := Leave(ln); err != nil {
			t.Error(err)
		}
	}
	dial()
	for range 2 {
		for _, ln := range taken {
			c, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
		}
	}
	for _, c := range waiting {
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		_ = c.Close()
	}
	for _, ln := range taken {
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

// TestNoSocketsAreReceived ends the connection before anything was sent, or sends too little.
func TestNoSocketsAreReceived(t *testing.T) {
	from, to := connectedPair(t)
	_ = from.Close()
	if _, err := Receive(to, make([]Address, 1)); err == nil || !strings.Contains(err.Error(), "has gone") {
		t.Error(err)
	}
	from, to = connectedPair(t)
	if err := Send(from, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Receive(to, make([]Address, 1)); err == nil {
		t.Error("no socket was sent, and none is missed")
	}
}
