package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// upstream is a server behind a proxy that counts what it receives.
type upstream struct {
	address string
	// drops makes it receive requests whose path contains the text and end their connections without an answer.
	drops string

	mu                    sync.Mutex
	connections, requests int
}

// startUpstream starts an upstream, until the end of the test.
func startUpstream(t *testing.T, drops string) *upstream {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{address: ln.Addr().String(), drops: drops}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { u.serve(c) })
		}
	})
	t.Cleanup(func() { // after the proxy has ended
		_ = ln.Close()
		serving.Wait()
	})
	return u
}

// serve answers the requests on a connection.
func (u *upstream) serve(c net.Conn) {
	defer c.Close()
	counted := false
	for r := bufio.NewReader(c); ; {
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		if request.URL.Path != "/ready" { // of a health check
			u.mu.Lock()
			u.requests++
			if !counted {
				u.connections++
			}
			u.mu.Unlock()
			counted = true
		}
		if u.drops != "" && strings.Contains(request.URL.Path, u.drops) {
			return
		}
		answer := "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nMethod: " + request.Method + "\r\n\r\n"
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}

// received returns how many requests and connections have come, and counts anew.
func (u *upstream) received() (requests, connections int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	requests, connections = u.requests, u.connections
	u.requests, u.connections = 0, 0
	return requests, connections
}
