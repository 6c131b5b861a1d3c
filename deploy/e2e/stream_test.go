package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
)

// Sizes of answers, in bytes. The large ones do not fit into the buffers of a socket.
const (
	large = 8 << 20
	huge  = 32 << 20
)

// letters returns the path of an answer of the given size: a JSON string, which includes two quotes.
func letters(size int) string { return fmt.Sprint("/rpc/letters?count=", size-2) }

// peak returns the peak resident memory of the process, in bytes.
func (g *gateway) peak() int { return g.memory("VmHWM:") }

// memory returns a field of proc_pid_status(5), in bytes.
func (g *gateway) memory(field string) int {
	g.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.cmd.Process.Pid))
	if err != nil {
		g.t.Skip("no memory of processes in /proc")
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); fields[0] == field {
			kilobytes, err := strconv.Atoi(fields[1])
			if err != nil {
				g.t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	g.t.Fatalf("no %s", field)
	return 0
}

func TestHugeAnswerNeedsLittleMemory(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture))
	g.settle()
	g.wants("/films?id=eq.1", http.StatusOK, `[{"id":1,"title":"Film 1"}]`)
	before := g.peak()
	for _, encoding := range []string{"application/json", "*/*"} {
		request, err := http.NewRequest(http.MethodGet, g.url+letters(huge), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", encoding)
		response, err := g.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		count := counter{}
		_, err = io.Copy(count, response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || response.ContentLength != huge {
			t.Errorf("status %d, length %d, %v", response.StatusCode, response.ContentLength, err)
		}
		if count['x'] != huge-2 || count['"'] != 2 {
			t.Errorf("the answer holds %v", count)
		}
	}
	grown := g.peak() - before
	t.Logf("memory grew by %.1f MB, from %.1f MB", float64(grown)/1e6, float64(before)/1e6)
	if grown > huge/2 {
		t.Errorf("memory grew by %d bytes", grown)
	}
}

// counter counts the bytes written to it.
type counter map[byte]int

func (c counter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n] == rest[0] {
			n++
		}
		c[rest[0]] += n
		rest = rest[n:]
	}
	return len(p), nil
}

// readSlowly requests a large answer and reads only its beginning.
func (g *gateway) readSlowly() net.Conn {
	g.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { conn.Close() })
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		g.t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		g.t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", letters(large))
	status, err := bufio.NewReaderSize(conn, 64).ReadString('\n')
	if err != nil || status != "HTTP/1.1 200 OK\r\n" {
		g.t.Fatalf("%q, %v", status, err)
	}
	return conn
}

// TestSlowReadersDoNotBlockOthers starts clients that do not read their answers and occupy all connections but one.
func TestSlowReadersDoNotBlockOthers(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture), "PGRST_DB_POOL=4")
	g.settle()
	for range 3 {
		g.readSlowly()
	}
	l := g.loadWith(4, 0, nil)
	g.eventually("load", func() bool { return l.served.Load() > 500 })
	l.end()
}

// TestStalledClientsMakeWay starts more such clients than there are connections: those that block others are
// disconnected.
func TestStalledClientsMakeWay(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture), "PGRST_DB_POOL=4", "PGRST_DB_POOL_MAX_STALLED=1")
	g.settle()
	for range 8 {
		g.readSlowly()
	}
	l := g.loadWith(4, 0, nil)
	g.eventually("load", func() bool { return l.served.Load() > 500 })
	l.end()
	if g.logged("Disconnected a client that did not read its response") == "" {
		t.Error("the log does not tell")
	}
}

// TestClientThatGoesAway checks that the connection of a client that disconnects midway serves others.
func TestClientThatGoesAway(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture), "PGRST_DB_POOL=1")
	g.settle()
	for range 3 {
		g.readSlowly().Close()
		took := g.eventually("served", func() bool { return g.get("/rpc/add?a=1&b=2").body == "3" })
		t.Logf("%v until another was served", took.Round(1e6))
	}
}

// TestClientThatStalls checks that a client cannot keep a connection by not reading.
func TestClientThatStalls(t *testing.T) {
	t.Parallel()
	g := start(t, pgtest.Database(t, fixture), "PGRST_DB_POOL=1", "PGRST_SERVER_WRITE_TIMEOUT=1")
	g.settle()
	g.readSlowly()
	took := g.eventually("served", func() bool { return g.get("/rpc/add?a=1&b=2").body == "3" })
	t.Logf("%v until another was served", took.Round(1e6))
}
