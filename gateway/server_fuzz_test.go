package gateway

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// memoryConn is a connection whose client has sent everything at once, and the listener that accepts it.
type memoryConn struct {
	in  *bytes.Reader
	out bytes.Buffer
}

func (c *memoryConn) Accept() (net.Conn, error)        { return c, nil }
func (c *memoryConn) Addr() net.Addr                   { return &net.TCPAddr{} }
func (c *memoryConn) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *memoryConn) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *memoryConn) Close() error                     { return nil }
func (c *memoryConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *memoryConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *memoryConn) SetDeadline(time.Time) error      { return nil }
func (c *memoryConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memoryConn) SetWriteDeadline(time.Time) error { return nil }

// FuzzServer sends anything to the server, which must answer or hang up, and go on.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{
		browserRequest, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
		"GET http://b?c HTTP/1.1\r\nHost: a\r\n\r\n", "GET //rpc//x HTTP/1.0\r\n\r\n" + browserRequest,
		"POST /rpc/%zz HTTP/1.1\r\nHost: [::1\r\nContent-Length: 3\r\n\r\nabc", "GET /%2F..%2f/../?%=& HTTP/1.1\r\nHost: a\r\n\r\n",
		"OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: b\r\nAccess-Control-Request-Method: GET\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	cfg := loadConfig(f, `server-trace-header = "X-Request-Id"`)
	server := NewServer(unloaded(f, cfg, io.Discard), cfg, discardLog())
	f.Fuzz(func(t *testing.T, stream []byte) {
		memory := &memoryConn{in: bytes.NewReader(stream)}
		conn, err := server.open.Listener(memory).Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = server.http.ServeConn(conn)
		answers := memory.out.String()
		if answers != "" && !strings.HasPrefix(answers, "HTTP/1.1 ") {
			t.Errorf("got %q", answers)
		}
		for status := range strings.SplitSeq(answers, "HTTP/1.1 ") {
			if strings.HasPrefix(status, "500 ") {
				t.Errorf("got %q", answers)
			}
		}
	})
}
