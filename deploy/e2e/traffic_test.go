package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/freeport"
)

// movesTable counts how often each row is written. It has no key, so that a row which is inserted twice is there twice.
const movesTable = `
	CREATE TABLE api.moves (n bigint NOT NULL, changes int NOT NULL DEFAULT 0);
	CREATE INDEX ON api.moves (n);
	CREATE FUNCTION api.count_change() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN NEW.changes = OLD.changes + 1; RETURN NEW; END';
	CREATE TRIGGER count_change BEFORE UPDATE ON api.moves FOR EACH ROW EXECUTE FUNCTION api.count_change();
	GRANT SELECT, INSERT, UPDATE ON api.moves TO e2e_anon;`

// traffic sends reads and writes from many clients, and counts what was answered. Clients retry nothing: they open a
// new connection only after an answer that ended the one before.
type traffic struct {
	t       *testing.T
	dial    func() (net.Conn, error)
	prefix  string // of paths
	clients sync.WaitGroup
	stop    context.CancelFunc

	next, requests, inserted, changed, failed atomic.Int64
}

// startTraffic starts clients of an address.
func startTraffic(t *testing.T, address string, clients int) *traffic {
	return startTrafficTo(t, "", clients, func() (net.Conn, error) { return net.Dial("tcp", address) })
}

// startTrafficTo starts clients. Every third one opens a connection for each request.
func startTrafficTo(t *testing.T, prefix string, clients int, dial func() (net.Conn, error)) *traffic {
	tr := &traffic{t: t, prefix: prefix, dial: dial}
	var ctx context.Context
	ctx, tr.stop = context.WithCancel(t.Context())
	for i := range clients {
		c := &trafficClient{traffic: tr, once: i%3 == 0}
		tr.clients.Go(func() {
			for ctx.Err() == nil {
				c.round()
			}
			c.close()
		})
	}
	return tr
}

// settle waits until the clients have had some more answers.
func (tr *traffic) settle() {
	for before := tr.requests.Load(); tr.requests.Load() < before+200; time.Sleep(time.Millisecond) {
		if tr.t.Failed() {
			return
		}
	}
}

// check stops the clients and compares what they were told with the table.
func (tr *traffic) check(conn *pgx.Conn) {
	tr.t.Helper()
	tr.stop()
	tr.clients.Wait()
	var rows, different, changes int64
	err := conn.QueryRow(context.Background(), "SELECT count(*), count(DISTINCT n), coalesce(sum(changes), 0) FROM api.moves").
		Scan(&rows, &different, &changes)
	if err != nil {
		tr.t.Fatal(err)
	}
	if rows != tr.inserted.Load() || different != rows {
		tr.t.Errorf("%d inserts were acknowledged, the table has %d rows, %d different ones", tr.inserted.Load(), rows, different)
	}
	if changes != tr.changed.Load() {
		tr.t.Errorf("%d changes were acknowledged, the table has %d", tr.changed.Load(), changes)
	}
	tr.t.Logf("%d requests, %d failed", tr.requests.Load(), tr.failed.Load())
}

// trafficClient is a client with one connection at a time.
type trafficClient struct {
	*traffic
	once bool // each connection is used once
	conn net.Conn
	r    *bufio.Reader
}

// round inserts a row, changes it and reads it.
func (c *trafficClient) round() {
	n := c.next.Add(1)
	if c.send("POST", "/moves", fmt.Sprintf(`{"n":%d}`, n), 201) {
		c.inserted.Add(1)
	}
	if c.send("PATCH", fmt.Sprintf("/moves?n=eq.%d", n), `{"n":`+fmt.Sprint(n)+`}`, 204) {
		c.changed.Add(1)
	}
	c.send("GET", fmt.Sprintf("/moves?n=eq.%d", n), "", 200)
}

// send reports whether a request was answered with a status.
func (c *trafficClient) send(method, path, body string, status int) bool {
	c.requests.Add(1)
	err := c.exchange(method, path, body, status)
	if err == nil {
		return true
	}
	c.close()
	if c.failed.Add(1) < 10 {
		c.t.Errorf("%s %s: %v", method, path, err)
	}
	return false
}

func (c *trafficClient) exchange(method, path, body string, status int) error {
	if c.conn == nil {
		conn, err := c.dial()
		if err != nil {
			return err
		}
		c.conn, c.r = conn, bufio.NewReader(conn)
	}
	var request strings.Builder
	fmt.Fprintf(&request, "%s %s%s HTTP/1.1\r\nHost: localhost\r\n", method, c.prefix, path)
	if c.once {
		request.WriteString("Connection: close\r\n")
	}
	if body != "" {
		fmt.Fprintf(&request, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	if _, err := io.WriteString(c.conn, request.String()+"\r\n"+body); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		return err
	}
	content, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return err
	}
	if response.Close {
		c.close()
	}
	if response.StatusCode != status {
		return fmt.Errorf("status %d: %s", response.StatusCode, content)
	}
	return nil
}

func (c *trafficClient) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// freePort returns a TCP port on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	port, err := freeport.Find(1)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}
