package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"trunkline/deploy/localpg/pgtest"
)

const (
	// idleCost is the most that a connection may cost that has sent a request and is idle again, in bytes.
	idleCost = 5 << 10
	// settleTime is how long memory may take to be returned. Go's runtime returns some two minutes after the last
	// request.
	settleTime = time.Minute
)

// TestMemoryAfterStorms has 10,000 clients send a request at once and keep their connections, and some send large
// bodies. Neither makes the process any larger for long.
func TestMemoryAfterStorms(t *testing.T) {
	g := start(t, pgtest.Database(t, fixture), "PGRST_LOG_LEVEL=crit")
	g.settle()
	g.wants("/films?id=eq.1", http.StatusOK, `[{"id":1,"title":"Film 1"}]`)
	idle := g.memory("VmRSS:")
	t.Run("idle connections", func(t *testing.T) {
		clients := connectAll(t, g, mostConnections(t))
		for range 2 {
			took := askAll(t, clients, "GET /films HTTP/1.1\r\nHost: a\r\n\r\n")
			g.shrinks(t, idle+len(clients)*idleCost, took)
		}
	})
	t.Run("bodies", func(t *testing.T) {
		body := strings.Repeat(" ", 9<<20)
		request := fmt.Sprintf("POST /journal HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		took := askAll(t, connectAll(t, g, 20), request)
		g.shrinks(t, 2*idle, took)
	})
}

// shrinks waits until the process holds no more than most bytes of memory. It waits the longer, the longer the storm took:
// that shows how busy the machine is.
func (g *gateway) shrinks(t *testing.T, most int, storm time.Duration) {
	t.Helper()
	begin, peak := time.Now(), g.memory("VmRSS:")
	limit := time.Duration(max(1, storm.Seconds()) * float64(settleTime))
	for g.memory("VmRSS:") > most {
		if time.Since(begin) > limit {
			t.Fatalf("after the storm the process holds %d kB, and %d kB %v later; at most %d kB are allowed", peak>>10,
				g.memory("VmRSS:")>>10, limit, most>>10)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("the process holds %d kB, after %v %d kB, and may hold %d kB", peak>>10, time.Since(begin), g.memory("VmRSS:")>>10, most>>10)
}

// mostConnections returns 10,000, or as many as this process may open.
func mostConnections(t *testing.T) int {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return int(min(limit.Cur-100, 10_000))
}

// connectAll opens connections. They are closed at the end of the test.
func connectAll(t *testing.T, g *gateway, n int) []net.Conn {
	t.Helper()
	clients := make([]net.Conn, n)
	for i := range clients {
		c, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		clients[i] = c
	}
	return clients
}

// askAll has all clients send a request at once, and read the answer, which may be that there are too many of them. It
// returns how long that took.
func askAll(t *testing.T, clients []net.Conn, request string) time.Duration {
	t.Helper()
	var asking sync.WaitGroup
	begin := make(chan struct{})
	for _, c := range clients {
		asking.Go(func() {
			<-begin
			if _, err := io.WriteString(c, request); err != nil {
				t.Error(err)
				return
			}
			response, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				t.Error(err)
			}
		})
	}
	began := time.Now()
	close(begin)
	asking.Wait()
	return time.Since(began)
}
