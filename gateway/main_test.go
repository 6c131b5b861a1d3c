package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/metrics"
	"trunkline/gateway/socket"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	// The HTTP library's clock never ends, and its janitors only after their next round.
	clock := goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1")
	janitor := goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2")
	if err := goleak.Find(clock, janitor); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func discardLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// loadConfig returns the configuration that the lines of a file make, the last of a key counting.
func loadConfig(t testing.TB, lines ...string) *config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trunkline.conf")
	text := strings.Join(append([]string{`db-anon-role = "nobody"`}, lines...), "\n")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.NewLoader(config.Options{File: file, Version: "1.2.3"}).Load()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// newAuthenticator returns what cfg says of authentication, for a shared secret.
func newAuthenticator(t testing.TB, cfg *config.Config) *auth.Authenticator {
	t.Helper()
	path, err := auth.ParseRolePath(cfg.JWTRoleClaimKey)
	if err != nil {
		t.Fatal(err)
	}
	o := auth.Options{Secret: cfg.KeyMaterial(), Role: path, AnonymousRole: cfg.DBAnonRole, CacheSize: cfg.JWTCacheMaxEntries}
	for _, c := range cfg.DBRoleRate.Claims {
		selected, err := auth.ParseRolePath(c.Path)
		if err != nil {
			t.Fatal(err)
		}
		o.Selected = append(o.Selected, selected)
	}
	a, err := auth.New(&o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// unloaded is a handler without a schema: what gets as far as the schema is answered with 503.
func unloaded(t testing.TB, cfg *config.Config, accessLog io.Writer) *Handler {
	t.Helper()
	return NewHandler(Dependencies{
		Snapshot:      func() *cache.Snapshot { return nil },
		Log:           discardLog(),
		AccessLog:     accessLog,
		Metrics:       metrics.New(func() metrics.Pool { return metrics.Pool{} }),
		RetryAfter:    func() int { return 3 },
		OnUnavailable: func() {},
	}, cfg, newAuthenticator(t, cfg))
}

// start runs a server for h until the test ends, and returns its address.
func start(t testing.TB, h *Handler, cfg *config.Config) string {
	t.Helper()
	return startServer(t, NewServer(h, cfg, discardLog()))
}

// startServer runs a server until the test ends, and returns its address.
func startServer(t testing.TB, s *Server) string {
	t.Helper()
	ln, err := (&socket.Address{Host: "127.0.0.1"}).Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, s, ln)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

// run runs a server and returns what stops it.
func run(t testing.TB, s *Server, ln net.Listener) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, ln) }()
	return sync.OnceValue(func() error {
		cancel()
		return <-done
	})
}

// patience is how long a test waits for what has to happen: it keeps one that hangs from hanging for ever.
const patience = 3 * time.Minute

// client is a raw connection to a server.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{t, conn, bufio.NewReader(conn)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatal(err)
	}
}

// receive reads an answer to a request of a method, with its body.
func (c *client) receive(method string) (*http.Response, string) {
	c.t.Helper()
	response, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("reading an answer: %v", err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatalf("reading a body: %v", err)
	}
	return response, string(body)
}

// expectStatus reads an answer, which must have a status.
func (c *client) expectStatus(want int) {
	c.t.Helper()
	if response, body := c.receive(http.MethodGet); response.StatusCode != want {
		c.t.Fatalf("status %d, want %d; body %s", response.StatusCode, want, body)
	}
}

// expectClosed fails unless the server has closed the connection without a further byte.
func (c *client) expectClosed() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); err != nil && !errors.Is(err, net.ErrClosed) || len(rest) > 0 {
		c.t.Fatalf("want the end of the connection, got %q, %v", rest, err)
	}
}

// lines is a writer that tests read lines from.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
