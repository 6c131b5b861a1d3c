package gateway

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trunkline/gateway/socket"
)

// TestShutdown ends a server whose clients are in every state.
func TestShutdown(t *testing.T) {
	cfg := loadConfig(t)
	ln, err := (&socket.Address{Host: "127.0.0.1"}).Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, NewServer(unloaded(t, cfg, io.Discard), cfg, discardLog()), ln)
	fresh, idle, stuck := dial(t, ln.Addr().String()), dial(t, ln.Addr().String()), dial(t, ln.Addr().String())
	idle.send(getRoot)
	idle.expectStatus(503)
	stuck.beginBody()
	sending := dial(t, ln.Addr().String())
	finish := sending.keepSending()
	half, halfAgain := dial(t, ln.Addr().String()), dial(t, ln.Addr().String())
	half.send("GET / HT")
	halfAgain.send(getRoot + "GET / HTTP/1.1\r\nHost: a\r\n")
	halfAgain.expectStatus(503)

	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	fresh.expectClosed()
	idle.expectClosed()
	half.expectClosed()
	halfAgain.expectClosed()
	if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Error("the server still accepts connections")
	}
	stuck.expectRefusalCode(408, "TRUNK400")
	finish()
	response, _ := sending.receive(http.MethodPost)
	if response.StatusCode != 503 || !response.Close {
		t.Errorf("status %d, closing: %t", response.StatusCode, response.Close)
	}
	if err := <-stopped; err != nil { // as it is if the time was up
		t.Error(err)
	}
}

// beginBody begins a request with a body of two bytes, sends one of them, and returns when the handler waits for them.
func (c *client) beginBody() {
	c.t.Helper()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
	const goOn = "HTTP/1.1 100 Continue\r\n\r\n"
	got := make([]byte, len(goOn))
	if _, err := io.ReadFull(c.r, got); err != nil || string(got) != goOn {
		c.t.Fatalf("%q, %v", got, err)
	}
	c.send("a")
}

// keepSending sends the body of a request, without a pause, until the function that it returns is called, which ends
// the body.
func (c *client) keepSending() (finish func()) {
	c.t.Helper()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	part := "1;" + strings.Repeat("x", 100) + "\r\na\r\n"
	var sending sync.WaitGroup
	var enough atomic.Bool
	sending.Go(func() {
		for !enough.Load() {
			if _, err := io.WriteString(c.conn, part); err != nil {
				return // the server has cut it off
			}
			time.Sleep(time.Millisecond)
		}
	})
	return func() {
		enough.Store(true)
		sending.Wait()
		_, _ = io.WriteString(c.conn, "0\r\n\r\n")
	}
}

// TestShutdownAtOnce ends a server that has hardly begun.
func TestShutdownAtOnce(t *testing.T) {
	t.Parallel()
	cfg := loadConfig(t)
	h := unloaded(t, cfg, io.Discard)
	for range 200 {
		ln, err := (&socket.Address{Host: "127.0.0.1"}).Listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := run(t, NewServer(h, cfg, discardLog()), ln)(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestShutdownIsBounded ends a server whose client never ends its request.
func TestShutdownIsBounded(t *testing.T) {
	cfg := loadConfig(t, "server-shutdown-timeout = 1")
	ln, err := (&socket.Address{Host: "127.0.0.1"}).Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(unloaded(t, cfg, io.Discard), cfg, discardLog())
	stop := run(t, s, ln)
	c := dial(t, ln.Addr().String())
	defer c.keepSending()()
	for s.open.Len() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := stop(); err == nil || !strings.Contains(err.Error(), "cutting off 1 connections") {
		t.Errorf("error %v", err)
	}
	c.expectGone()
}

// expectGone fails unless the connection ends, however.
func (c *client) expectGone() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); len(rest) > 0 {
		c.t.Fatalf("want the end of the connection, got %q, %v", rest, err)
	}
}
