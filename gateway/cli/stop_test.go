package cli_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
)

// TestHalfSentRequestsEnd stops the gateway while clients have sent a part of a head, or of a body: nobody waits for
// the rest.
func TestHalfSentRequestsEnd(t *testing.T) {
	g := start(t, []string{"PGRST_DB_URI=" + loginURI(t), "PGRST_SERVER_SHUTDOWN_TIMEOUT=3600", "PGRST_SERVER_READ_TIMEOUT=3600"})
	address := strings.TrimPrefix(g.url(), "http://")
	const post = "POST /items HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	answers := map[string]string{
		"GET / HT":                                     "",
		post + "Content-Length: 20\r\n\r\n{":           "HTTP/1.1 408 ",
		post + "Content-Length: 200000\r\n\r\n{":       "HTTP/1.1 408 ",
		post + "Transfer-Encoding: chunked\r\n\r\n1\r": "HTTP/1.1 408 ",
	}
	readers := make(map[string]*bufio.Reader, len(answers))
	for request := range answers {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		readers[request] = bufio.NewReader(conn)
		if strings.HasPrefix(request, post) { // then the body is waited for
			if line, err := readers[request].ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
				t.Fatalf("%q, %v", line, err)
			}
			_, _ = readers[request].ReadString('\n')
		}
	}
	g.signal(syscall.SIGTERM)
	for request, want := range answers {
		if got, err := io.ReadAll(readers[request]); err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("%q: %q, %v", request, got, err)
		}
	}
	if code := g.exitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
