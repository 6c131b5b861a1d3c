package gateway

import (
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trunkline/gateway/socket"
)

const getRoot = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// TestRefusals sends what is not valid HTTP, with a second request behind it that must never be read.
func TestRefusals(t *testing.T) {
	cfg := loadConfig(t)
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	const get, post = "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\n"
	const chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
	for name, test := range map[string]struct {
		request string
		status  int
	}{
		"missing host":             {"GET / HTTP/1.1\r\n\r\n", 400},
		"doubled host":             {get + "Host: a\r\n\r\n", 400},
		"doubled authorization":    {get + "Authorization: Bearer a\r\nauthorization: Bearer a\r\n\r\n", 400},
		"space before colon":       {get + "X : y\r\n\r\n", 400},
		"folded header":            {get + "X: y\r\n z\r\n\r\n", 400},
		"bare LF":                  {"GET / HTTP/1.1\nHost: a\n\n", 400},
		"bare LF behind a header":  {get + "X: y\n\r\n", 400},
		"bare CR":                  {get + "X: y\rz\r\n\r\n", 400},
		"NUL in a header":          {get + "X: \x00\r\n\r\n", 400},
		"NUL in the URL":           {"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"broken UTF-8 in a header": {get + "X: \xff\r\n\r\n", 400},
		"broken UTF-8 in the URL":  {"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"bad header name":          {get + "X[]: y\r\n\r\n", 400},
		"unknown coding":           {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
		"identity":                 {post + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\na", 501},
		"length and chunks":        {post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"two lengths":              {post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
		"conflicting lengths":      {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\na", 400},
		"bad length":               {post + "Content-Length: 1x\r\n\r\na", 400},
		"bad chunk size":           {chunked + "zz\r\n", 400},
		"chunk longer than said":   {chunked + "1\r\nab\r\n0\r\n\r\n", 400},
		"long request line":        {"GET /" + strings.Repeat("x", 40<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
		"large headers":            {get + "X: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", 431},
		"no HTTP at all":           {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400},
		"HTTP/2":                   {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("first", func(t *testing.T) {
				c := dial(t, addr)
				c.send(test.request + getRoot)
				c.expectRefusal(test.status)
			})
			t.Run("second in one packet", func(t *testing.T) {
				c := dial(t, addr)
				c.send(getRoot + test.request + getRoot)
				c.expectStatus(503)
				c.expectRefusal(test.status)
			})
			t.Run("second", func(t *testing.T) {
				c := dial(t, addr)
				c.send(getRoot)
				c.expectStatus(503)
				c.send(test.request + getRoot)
				c.expectRefusal(test.status)
			})
		})
	}
}

// expectRefusal reads an error of the HTTP layer, behind which the connection ends.
func (c *client) expectRefusal(status int) {
	c.t.Helper()
	response, body := c.receive(http.MethodGet)
	code := fmt.Sprintf(`{"code":"TRUNK%d",`, status)
	if response.StatusCode != status || !strings.HasPrefix(body, code) || !response.Close {
		c.t.Fatalf("status %d, want %d; closing: %t; body %s", response.StatusCode, status, response.Close, body)
	}
	c.expectClosed()
}

// TestLimitsAreGenerous sends what must be served.
func TestLimitsAreGenerous(t *testing.T) {
	cfg := loadConfig(t)
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	body := strings.Repeat("x", 20<<20)
	for name, request := range map[string]string{
		"request line of 32 KB": "GET /" + strings.Repeat("x", 32<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n",
		"headers of 16 KB":      "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: "+strings.Repeat("x", 1019)+"\r\n", 16) + "\r\n",
		"both": "GET /" + strings.Repeat("x", 32<<10) + " HTTP/1.1\r\nHost: a\r\n" +
			"X: " + strings.Repeat("x", 16<<10) + "\r\n\r\n",
		"body of 20 MB":      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 20971520\r\n\r\n" + body,
		"chunks of 20 MB":    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1400000\r\n" + body + "\r\n0\r\n\r\n",
		"body of a GET":      "GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
		"body of an unusual": "XYZ /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, addr)
			c.send(request)
			c.expectStatus(503)
			if len(request) > len(body) { // It was not received, as it was of no use.
				c.expectClosed()
				return
			}
			c.send(getRoot)
			c.expectStatus(503)
		})
	}
}

func TestBodyTooLarge(t *testing.T) {
	cfg := loadConfig(t, "server-max-body-size = 1000")
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	const head = "POST /x HTTP/1.1\r\nHost: a\r\n"
	for name, request := range map[string]string{
		"before it is sent": head + "Content-Length: 1001\r\n\r\n",
		"while it is sent":  head + "Content-Length: 1001\r\n\r\n" + strings.Repeat("x", 500),
		"in chunks":         head + "Transfer-Encoding: chunked\r\n\r\n3E8\r\n" + strings.Repeat("x", 1000) + "\r\n1\r\n",
		"instead of 100":    head + "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n",
		"huge":              head + "Content-Length: 999999999999999999\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, addr)
			c.send(request)
			c.expectRefusal(413)
		})
	}
	t.Run("just not", func(t *testing.T) {
		c := dial(t, addr)
		c.send(head + "Content-Length: 1000\r\n\r\n" + strings.Repeat("x", 1000))
		c.expectStatus(503)
	})
}

// TestRefusalArrives sends a large body that is refused at once: the answer must not be lost although the client goes
// on sending.
func TestRefusalArrives(t *testing.T) {
	cfg := loadConfig(t, "server-max-body-size = 1000")
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	c := dial(t, addr)
	c.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n")
	c.send(strings.Repeat("x", 8<<20))
	c.expectRefusal(413)
}

func TestExpectContinue(t *testing.T) {
	cfg := loadConfig(t)
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	c := dial(t, addr)
	c.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nexpect: 100-continue\r\n\r\n")
	c.expectStatus(100)
	c.send("ab" + getRoot)
	c.expectStatus(503)
	c.expectStatus(503)
}

// TestPipelining sends several requests at once. Their answers come in order, and the connection goes on.
func TestPipelining(t *testing.T) {
	cfg := loadConfig(t, `server-trace-header = "X-Request-Id"`)
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	c := dial(t, addr)
	for round := range 3 {
		var batch strings.Builder
		for i := range 20 {
			body := strings.Repeat("x", i*i)
			fmt.Fprintf(&batch, "POST / HTTP/1.1\r\nHost: a\r\nx-request-id: %d.%d\r\nContent-Length: %d\r\n\r\n%s",
				round, i, len(body), body)
		}
		c.send(batch.String())
		for i := range 20 {
			response, _ := c.receive(http.MethodPost)
			if got, want := response.Header.Get("X-Request-Id"), fmt.Sprintf("%d.%d", round, i); got != want {
				t.Fatalf("answer to %s, want %s", got, want)
			}
		}
	}
}

func TestKeepAlive(t *testing.T) {
	cfg := loadConfig(t)
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	for name, test := range map[string]struct {
		request string
		kept    bool
	}{
		"1.1":                     {getRoot, true},
		"1.1 with close":          {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
		"1.0":                     {"GET / HTTP/1.0\r\n\r\n", false},
		"1.0 with keep-alive":     {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
		"HEAD":                    {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", true},
		"HEAD with close":         {"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
		"absolute form":           {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", true},
		"trailing line break":     {getRoot + "\r\n", true},
		"chunks without a length": {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, addr)
			c.send(test.request)
			method, _, _ := strings.Cut(test.request, " ")
			if response, _ := c.receive(method); response.StatusCode != 503 {
				t.Fatalf("status %d", response.StatusCode)
			}
			if !test.kept {
				c.expectClosed()
				return
			}
			c.send(getRoot)
			c.expectStatus(503)
		})
	}
}

func TestUsualHeaders(t *testing.T) {
	cfg := loadConfig(t)
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	c := dial(t, addr)
	c.send(getRoot)
	response, body := c.receive(http.MethodGet)
	if got := response.Header.Get("Server"); got != "trunkline/1.2.3" {
		t.Errorf("Server: %s", got)
	}
	if _, err := http.ParseTime(response.Header.Get("Date")); err != nil {
		t.Errorf("Date: %v", err)
	}
	for name, want := range map[string]string{
		"Content-Type":   "application/json; charset=utf-8",
		"Content-Length": fmt.Sprint(len(body)),
		"Proxy-Status":   "PostgREST; error=PGRST002",
		"Retry-After":    "3",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	const want = `{"code":"PGRST002","details":null,"hint":null,` +
		`"message":"Could not query the database for the schema cache. Retrying."}`
	if body != want {
		t.Errorf("body %s", body)
	}
}

func TestTooManyConnections(t *testing.T) {
	cfg := loadConfig(t, "server-max-connections = 2")
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	first, second := dial(t, addr), dial(t, addr)
	for _, c := range []*client{first, second} {
		c.send(getRoot)
		c.expectStatus(503)
	}
	third := dial(t, addr)
	response, body := third.receive(http.MethodGet)
	if response.StatusCode != 503 || !strings.HasPrefix(body, `{"code":"TRUNK503"`) || response.Header.Get("Retry-After") != "1" {
		t.Errorf("status %d, headers %v, body %s", response.StatusCode, response.Header, body)
	}
	third.expectClosed()
	first.send(getRoot)
	first.expectStatus(503)
}

func TestSlowRequest(t *testing.T) {
	cfg := loadConfig(t, "server-read-timeout = 1")
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	silent, slow := dial(t, addr), dial(t, addr)
	slow.send("GET / HTTP/1.1\r\n")
	slow.expectRefusalCode(408, "TRUNK400")
	silent.expectClosed()
}

func (c *client) expectRefusalCode(status int, code string) {
	c.t.Helper()
	response, body := c.receive(http.MethodGet)
	if response.StatusCode != status || !strings.HasPrefix(body, `{"code":"`+code+`"`) {
		c.t.Fatalf("status %d, body %s", response.StatusCode, body)
	}
	c.expectClosed()
}

func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "gateway") // short, because paths of sockets are
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	address := socket.Address{Unix: filepath.Join(dir, "socket"), Mode: 0o640}
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: address.Unix})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
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
