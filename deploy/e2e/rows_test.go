package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
)

// TestManyRowsNeedLittleMemory reads a quarter of a gigabyte of rows, the first of which arrives long before the last
// is computed.
func TestManyRowsNeedLittleMemory(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture))
	g.settle()
	g.wants("/films?id=eq.1", http.StatusOK, `[{"id":1,"title":"Film 1"}]`)
	before := g.peak()
	for accept, lines := range map[string]int{"application/x-ndjson": 150_000, "text/csv": 100_000} {
		began := time.Now()
		response := g.letterRows(accept, lines)
		first := time.Since(began)
		count := counter{}
		_, err := io.Copy(count, response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || response.ContentLength != -1 {
			t.Errorf("%s: status %d, length %d, %v", accept, response.StatusCode, response.ContentLength, err)
		}
		if count['x'] != 1000*lines || count['\n'] != lines {
			t.Errorf("%s: the answer holds %v", accept, count)
		}
		t.Logf("%s: the head after %v, all after %v", accept, first.Round(1e6), time.Since(began).Round(1e6))
	}
	grown := g.peak() - before
	t.Logf("memory grew by %.1f MB, from %.1f MB", float64(grown)/1e6, float64(before)/1e6)
	if grown > 64<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
}

// letterRows requests rows.
func (g *gateway) letterRows(accept string, lines int) *http.Response {
	g.t.Helper()
	request, err := http.NewRequest(http.MethodGet, fmt.Sprint(g.url, "/rpc/letter_rows?lines=", lines), nil)
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	response, err := g.client.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	return response
}

// TestSlowReadersOfRows reads only the beginning of endless rows: the gateway must not buffer more, and the connection
// must serve others once the client has gone.
func TestSlowReadersOfRows(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture), "PGRST_DB_POOL=1")
	g.settle()
	g.wants("/films?id=eq.1", http.StatusOK, `[{"id":1,"title":"Film 1"}]`)
	before := g.peak()
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /rpc/letter_rows?lines=2000000000 HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n\r\n")
	if _, err := io.ReadFull(conn, make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // long enough to produce hundreds of megabytes
	if grown := g.peak() - before; grown > 32<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	took := g.eventually("served", func() bool { return g.get("/rpc/add?a=1&b=2").body == "3" })
	t.Logf("%v until another was served", took.Round(1e6))
}
