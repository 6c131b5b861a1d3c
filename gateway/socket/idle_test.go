package socket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// idleRig is an HTTP server whose connections become idle after a moment.
type idleRig struct {
	t    *testing.T
	set  *Set
	addr string
	http *fasthttp.Server
	// executed is the number of requests.
	executed atomic.Int64
}

func newIdleRig(t *testing.T, awake, idleTimeout time.Duration) *idleRig {
	t.Helper()
	r := &idleRig{t: t}
	r.http = &fasthttp.Server{
		Handler: func(ctx *fasthttp.RequestCtx) {
			r.executed.Add(1)
			ctx.SetBody(ctx.Path())
			if r.set.draining.Load() {
				ctx.Response.SetConnectionClose()
			}
		},
		ReadTimeout:       idleTimeout,
		IdleTimeout:       idleTimeout,
		ReduceMemoryUsage: true,
		Logger:            quiet{},
	}
	r.set = NewSet(Options{
		MaxConnections: 1000, MaxRequestLine: 1000, MaxHeaders: 1000, ReadTimeout: time.Hour, WriteTimeout: time.Minute,
		Serve: func(c net.Conn) { _ = r.http.ServeConn(c) },
	})
	r.set.idle.awake = awake
	r.start()
	return r
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}

func (r *idleRig) start() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.addr = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { r.set.Watch(ctx) })
	running.Go(func() { _ = r.http.Serve(r.set.Listener(ln)) })
	r.until("connections may become idle", r.set.idle.takes.Load)
	r.t.Cleanup(func() {
		cancel()
		if err := r.http.Shutdown(); err != nil {
			r.t.Error(err)
		}
		running.Wait()
		r.until("all are closed", func() bool { return r.set.Len() == 0 })
	})
}

func (r *idleRig) until(what string, reached func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); !reached(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("not in a minute: %s", what)
		}
	}
}

// idle returns how many connections have no goroutine.
func (r *idleRig) idle() int {
	r.set.idle.mu.Lock()
	defer r.set.idle.mu.Unlock()
	return len(r.set.idle.conns)
}

// httpClient is a client with one connection.
type httpClient struct {
	net.Conn
	r *bufio.Reader
}

func (r *idleRig) dial() *httpClient {
	r.t.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	return &httpClient{c, bufio.NewReader(c)}
}

func (c *httpClient) send(paths ...string) error {
	for _, path := range paths {
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path); err != nil {
			return err
		}
	}
	return nil
}

func (c *httpClient) expect(paths ...string) error {
	for _, path := range paths {
		response, err := http.ReadResponse(c.r, nil)
		if err != nil {
			return fmt.Errorf("no answer to %s: %w", path, err)
		}
		if body, err := io.ReadAll(response.Body); string(body) != path || err != nil {
			return fmt.Errorf("%s: %s, %w", path, body, err)
		}
	}
	return nil
}

func (c *httpClient) ask(paths ...string) error {
	return errors.Join(c.send(paths...), c.expect(paths...))
}

// TestIdleConnections has clients that have sent nothing, something, and the beginning of a request wait. The first two
// become idle; all of them are served when they go on.
func TestIdleConnections(t *testing.T) {
	r := newIdleRig(t, time.Millisecond, time.Hour)
	silent, used, half := r.dial(), r.dial(), r.dial()
	if err := errors.Join(used.ask("/1", "/2"), half.ask("/1")); err != nil {
		t.Fatal(err)
	}
	r.until("all three are idle", func() bool { return r.idle() == 3 })
	for _, part := range []string{"\r\n", "GET /3"} { // an empty line before a request is ignored
		if _, err := io.WriteString(half, part); err != nil {
			t.Fatal(err)
		}
		r.until("the one with half a head is served", func() bool { return r.idle() == 2 })
		time.Sleep(10 * r.set.idle.awake)
	}
	for range 3 {
		if err := errors.Join(silent.ask("/3"), used.ask("/4", "/5")); err != nil {
			t.Fatal(err)
		}
		r.until("two are idle again", func() bool { return r.idle() == 2 })
	}
	if _, err := io.WriteString(half, " HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := half.expect("/3"); err != nil {
		t.Error(err)
	}
	_, _ = silent.Close(), used.Close()
	r.until("one is left", func() bool { return r.set.Len() == 1 })
}

// TestIdleConnectionsEnd closes those whose time is over, and all of them on request. Others do not become
// idle any more.
func TestIdleConnectionsEnd(t *testing.T) {
	r := newIdleRig(t, time.Millisecond, 50*time.Millisecond)
	for range 10 {
		r.dial()
	}
	r.until("all have ended", func() bool { return r.set.Len() == 0 })

	r = newIdleRig(t, time.Millisecond, time.Hour)
	waiting := r.dial()
	r.until("it is idle", func() bool { return r.idle() == 1 })
	r.set.Drain()
	if _, err := waiting.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	late := r.dial()
	if err := late.ask("/1"); err != nil {
		t.Error(err)
	}
	if n := r.idle(); n > 0 {
		t.Errorf("%d are idle", n)
	}
	_ = late.Close()
}

// TestIdleConnectionsAtEveryMoment has clients send at about the time at which their connections become idle, pipelined
// or in pieces, and disconnect at any time. Nothing is lost.
func TestIdleConnectionsAtEveryMoment(t *testing.T) {
	const awake = 2 * time.Millisecond
	r := newIdleRig(t, awake, time.Hour)
	var clients sync.WaitGroup
	for n := range 20 {
		clients.Go(func() {
			random := rand.New(rand.NewPCG(uint64(n), 1))
			for range 10 {
				c := r.dial()
				if err := c.converse(random, awake); err != nil {
					t.Error(err)
				}
				_ = c.Close()
			}
		})
	}
	clients.Wait()
}

// converse sends some requests, with pauses of about the time after which a connection becomes idle.
func (c *httpClient) converse(random *rand.Rand, awake time.Duration) error {
	for n := range 20 {
		time.Sleep(awake + time.Duration(random.Int64N(int64(time.Millisecond))) - time.Millisecond/2)
		path := fmt.Sprintf("/%d", n)
		var err error
		switch random.IntN(3) {
		case 0:
			err = c.ask(path, path+"a", path+"b")
		case 1:
			err = c.ask(path)
		default:
			_, writeErr := io.WriteString(c, "G")
			time.Sleep(time.Duration(random.Int64N(int64(2 * awake))))
			_, restErr := fmt.Fprintf(c, "ET %s HTTP/1.1\r\nHost: a\r\n\r\n", path)
			err = errors.Join(writeErr, restErr, c.expect(path))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
