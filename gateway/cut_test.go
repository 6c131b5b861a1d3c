package gateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// large is the size of an answer that no socket's buffer holds.
const large = 12 << 20

// askForLarge asks for an answer of that size.
func (w *watched) askForLarge() *client {
	w.t.Helper()
	c := dial(w.t, w.addr)
	c.send(fmt.Sprintf("GET /rpc/long?size=%d HTTP/1.1\r\nHost: a\r\n\r\n", large-2))
	return c
}

// stall asks for it and reads no more than the beginning.
func (w *watched) stall() *client {
	w.t.Helper()
	c := w.askForLarge()
	if _, err := c.r.Peek(1); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// expectLarge reads all of an answer of size bytes.
func (c *client) expectLarge(size int) {
	c.t.Helper()
	response, body := c.receive(http.MethodGet)
	if response.StatusCode != 200 || len(body) != size || body != `"`+strings.Repeat("x", size-2)+`"` {
		c.t.Errorf("status %d, %d bytes", response.StatusCode, len(body))
	}
}

// wasCut reports whether the connection of a client that stalled is gone. It reads what was sent before.
func (c *client) wasCut() bool {
	c.t.Helper()
	const more = 10 << 20 // than what the sockets hold
	n, err := io.Copy(io.Discard, io.LimitReader(c.r, more))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Error("the client is neither served nor disconnected")
	}
	return n < more
}

// quick has clients ask for little, one request after another, and returns how long they took, in order.
func (w *watched) quick(clients, requests int) (took []time.Duration) {
	w.t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	for range clients {
		c := dial(w.t, w.addr)
		group.Go(func() {
			for range requests {
				began := time.Now()
				if _, err := io.WriteString(c.conn, getSite); err != nil {
					w.t.Error(err)
					return
				}
				response, err := http.ReadResponse(c.r, nil)
				if err != nil || response.StatusCode != 200 {
					w.t.Errorf("%+v, %v", response, err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	group.Wait()
	slices.Sort(took)
	return took
}

// cuts returns how many clients were disconnected as the metrics tell, and fails if the log tells something else.
func (w *watched) cuts() (n int) {
	w.t.Helper()
	n = w.counts()
	const line = ": Disconnected a client that did not read its response while others waited for a connection to the database." +
		" client=127.0.0.1 stalled="
	told := func() bool {
		return strings.Count(w.log.String(), line) == n && strings.Count(w.log.String(), "\n") == n
	}
	w.eventually("as many lines in the log", told)
	return n
}

// counts is what the metrics tell.
func (w *watched) counts() (n int) {
	w.t.Helper()
	var text strings.Builder
	if err := w.handler.Metrics.Write(&text); err != nil {
		w.t.Fatal(err)
	}
	const name = "\ntrunkline_clients_cut_total "
	_, value, _ := strings.Cut(text.String(), name)
	if _, err := fmt.Sscan(value, &n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestStalledClientsMakeWay has more clients that never read than the pool has connections.
func TestStalledClientsMakeWay(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, 4)
	var stalled []*client
	for range 8 {
		stalled = append(stalled, w.askForLarge())
	}
	w.eventually("half of them wait", func() bool { return w.stats().Busy == 4 && w.stats().Waiting == 4 })
	var fast sync.WaitGroup
	for range 2 {
		c := dial(t, w.addr)
		fast.Go(func() {
			for range 3 {
				if _, err := io.WriteString(c.conn, "GET /rpc/long?size=4999998 HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
					t.Error(err)
					return
				}
				c.expectLarge(5_000_000)
			}
		})
	}
	took := w.quick(10, 5)
	fast.Wait()
	if len(took) != 50 {
		t.Fatalf("%d answers", len(took))
	}
	t.Logf("%d answers: median %v, slowest %v", len(took), took[len(took)/2], took[len(took)-1])
	w.eventually("six of them to make way", func() bool { // which they do while others wait
		w.quick(10, 1)
		return w.counts() >= 6
	})
	cut := 0
	for _, c := range stalled {
		if c.wasCut() {
			cut++
		}
	}
	if told := w.cuts(); cut != told || cut < 6 {
		t.Errorf("%d clients were disconnected, the metrics say %d", cut, told)
	}
}

// TestOnlyConnection has a client hold the only connection of the pool.
func TestOnlyConnection(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, 1)
	c := w.stall()
	took := w.quick(1, 2)
	t.Logf("served after %v", took)
	if !c.wasCut() || w.cuts() != 1 {
		t.Errorf("%d clients were disconnected", w.cuts())
	}
}

// TestStalledRowStreams has a client hold the only connection with an answer that is sent row by row.
func TestStalledRowStreams(t *testing.T) {
	t.Parallel()
	for _, accept := range []string{"application/x-ndjson", "text/csv"} {
		t.Run(accept, func(t *testing.T) {
			w := serveWatched(t, 1)
			c := dial(t, w.addr)
			c.send("GET /rpc/many?rows=20000 HTTP/1.1\r\nHost: a\r\nAccept: " + accept + "\r\n\r\n")
			if _, err := c.r.Peek(1); err != nil {
				t.Fatal(err)
			}
			took := w.quick(1, 2)
			t.Logf("served after %v", took)
			if !c.wasCut() || w.cuts() != 1 {
				t.Errorf("%d clients were disconnected", w.cuts())
			}
		})
	}
}

// TestStalledClientsWithinTheirShare has clients pause that are not in anybody's way, or not more than they may be.
func TestStalledClientsWithinTheirShare(t *testing.T) {
	for name, test := range map[string]struct {
		setting string
		quick   int // clients
	}{
		"half, by default": {"", 6}, "as configured": {"db-pool-max-stalled = 3", 6}, "nobody waits": {"db-pool-max-stalled = 0", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serveWatched(t, 4, test.setting)
			stalled := []*client{w.stall(), w.stall()}
			if strings.Contains(name, "configured") {
				stalled = append(stalled, w.stall())
			}
			for began := time.Now(); time.Since(began) < 2*time.Second; {
				w.quick(test.quick, 20)
			}
			if n := w.cuts(); n != 0 {
				t.Fatalf("%d clients were disconnected", n)
			}
			for _, c := range stalled {
				c.expectLarge(large)
			}
		})
	}
}

// TestSlowClients shows that whoever takes a little of its answer now and then is stalled, and whoever goes on reading
// slowly is not.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, 2, "db-pool-max-stalled = 0")
	ended := make(chan struct{})
	var readers sync.WaitGroup
	read := func(c *client, portion int) (err error) {
		for err == nil {
			select {
			case <-ended:
				return nil
			case <-time.After(100 * time.Millisecond):
				_, err = io.ReadFull(c.r, make([]byte, portion))
			}
		}
		return err
	}
	slow := w.stall()
	readers.Go(func() {
		if err := read(slow, 40<<10); err != nil {
			t.Errorf("the slow client was disconnected: %v", err)
		}
	})
	trickling := w.stall()
	readers.Go(func() { _ = read(trickling, 2<<10) }) // it may go on with what is in its buffer
	time.Sleep(time.Second)                           // as long as nobody waits
	if n := w.counts(); n != 0 {
		t.Errorf("%d clients were disconnected though nobody waited", n)
	}
	for began := time.Now(); w.counts() == 0 && time.Since(began) < patience; {
		w.quick(4, 20)
	}
	for began := time.Now(); time.Since(began) < 2*time.Second; { // the other one could be next
		w.quick(4, 20)
	}
	close(ended)
	readers.Wait()
	if n := w.cuts(); n != 1 || !trickling.wasCut() {
		t.Errorf("%d clients were disconnected, but not the trickling one", n)
	}
}

// TestWriteTimeoutOfStreams shows that a client which takes nothing loses its connection though nobody waits for it.
func TestWriteTimeoutOfStreams(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, 1, "server-write-timeout = 1")
	began := time.Now()
	w.stall()
	w.until(0)
	took := time.Since(began)
	t.Logf("gone after %v", took)
	if took < time.Second || w.cuts() != 0 {
		t.Errorf("after %v; %d clients were disconnected", took, w.cuts())
	}
	w.served()
}
