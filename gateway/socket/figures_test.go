package socket

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// TestFigures compares the figures of a set with what its clients have done: each state that a connection can be in,
// and the bytes of all of them as the clients count them.
func TestFigures(t *testing.T) {
	r := newFiguresRig(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	r.http.Handler = func(ctx *fasthttp.RequestCtx) {
		c := ctx.Conn().(*Conn)
		c.Begin()
		defer c.Finish()
		switch string(ctx.Path()) {
		case "/streaming":
			c.SetStreaming(true)
			defer c.SetStreaming(false)
		case "/receiving":
			if _, err := c.ReceiveBody(nil, 1<<20); err != nil {
				t.Error(err)
			}
		}
		entered <- struct{}{}
		<-leave
	}
	r.start()
	sent, received := 0, 0
	send := func(text string) *httpClient {
		c := r.dial()
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		sent += len(text)
		return c
	}
	send("GET /half") // a head that does not end
	receiving := send("POST /receiving HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n0123456789")
	running := send("GET /running HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	<-entered
	streaming := send("GET /streaming HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	<-entered
	r.dial()
	expect := func(what string, want Figures) {
		t.Helper()
		want.MaxConnections, want.MaxBodyMemory, want.Received, want.Sent = 1000, 1<<20, uint64(sent), uint64(received)
		r.until(fmt.Sprintf("%s: %+v, want %+v", what, r.set.Figures(), want), func() bool { return r.set.Figures() == want })
	}
	expect("all states", Figures{
		Totals: Totals{Accepted: 5}, Idle: 1, Receiving: 2, Running: 1, Streaming: 1, Requests: 3, BodyMemory: 32 << 10,
	})

	close(leave)
	for _, c := range []*httpClient{running, streaming} {
		answer, err := io.ReadAll(c)
		if err != nil {
			t.Fatal(err)
		}
		received += len(answer)
	}
	expect("two have ended", Figures{Totals: Totals{Accepted: 5}, Idle: 1, Receiving: 2, Requests: 1, BodyMemory: 32 << 10})

	rest := strings.Repeat("x", 100000-10)
	go func() { _, _ = io.WriteString(receiving, rest) }()
	sent += len(rest)
	<-entered
	buffer := make([]byte, 1000)
	n, err := receiving.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	received += n
	// The body is released by the gateway's handler, not by this one.
	expect("all have ended", Figures{Totals: Totals{Accepted: 5}, Idle: 2, Receiving: 1, BodyMemory: 100000})
}

// newFiguresRig returns a rig that has not been started, whose server leaves bodies to the handler.
func newFiguresRig(t *testing.T) *idleRig {
	r := &idleRig{t: t, http: &fasthttp.Server{
		Handler:     func(ctx *fasthttp.RequestCtx) { ctx.SetBody(ctx.Path()) },
		ReadTimeout: time.Hour, IdleTimeout: time.Hour, ReduceMemoryUsage: true, Logger: quiet{},
	}}
	r.http.HeaderReceived = func(h *fasthttp.RequestHeader) (unchanged fasthttp.RequestConfig) {
		h.SetContentLength(0)
		return unchanged
	}
	r.set = NewSet(Options{
		MaxConnections: 1000, MaxRequestLine: 1000, MaxHeaders: 1000, ReadTimeout: time.Hour, WriteTimeout: time.Minute,
		Bodies: NewBudget(1 << 20), MaxBody: 1 << 20, Serve: func(c net.Conn) { _ = r.http.ServeConn(c) },
	})
	return r
}

// TestRefusedConnectionsCount has clients beyond the limit.
func TestRefusedConnectionsCount(t *testing.T) {
	r := newFiguresRig(t)
	r.set.o.MaxConnections, r.set.o.TooMany = 2, []byte("full")
	r.start()
	for i := range uint64(5) {
		c := r.dial()
		if i >= 2 {
			if text, err := io.ReadAll(c.Conn); string(text) != "full" || err != nil {
				t.Fatalf("%q, %v", text, err)
			}
		}
		want := Totals{Accepted: min(i+1, 2), Refused: i + 1 - min(i+1, 2), Sent: 4 * (i + 1 - min(i+1, 2))}
		r.until(fmt.Sprintf("%+v, want %+v", r.set.Figures().Totals, want), func() bool { return r.set.Figures().Totals == want })
	}
}

// TestTotalsNeverFall looks at the totals while connections come and go: counters that fall would be taken for a
// restart.
func TestTotalsNeverFall(t *testing.T) {
	r := newFiguresRig(t)
	r.set.idle.awake = time.Millisecond
	r.start()
	done := make(chan error)
	for range 8 {
		go func() {
			done <- func() error {
				for range 50 {
					conn, err := net.Dial("tcp", r.addr)
					if err != nil {
						return err
					}
					c := &httpClient{conn, bufio.NewReader(conn)}
					if err := c.ask("/a", "/b"); err != nil {
						return err
					}
					_ = conn.Close()
				}
				return nil
			}()
		}()
	}
	var last Totals
	for ended := 0; ended < 8; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			ended++
		default:
		}
		now := r.set.Figures().Totals
		if now.Accepted < last.Accepted || now.Received < last.Received || now.Sent < last.Sent {
			t.Fatalf("%+v after %+v", now, last)
		}
		last = now
	}
	r.until("all are closed", func() bool { return r.set.Len() == 0 })
	want := uint64(8 * 50 * len("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n"))
	if f := r.set.Figures(); f.Accepted != 400 || f.Received != want {
		t.Errorf("%+v, want 400 connections and %d bytes", f, want)
	}
}
