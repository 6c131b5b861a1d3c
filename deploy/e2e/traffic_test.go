package e2e

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/freeport"
)

// ledgerFixture has the tables of the traffic, after fixture.
const ledgerFixture = "testdata/ledger.sql"

// quietThought bounds the time that quiet clients think.
const quietThought = 500 * time.Millisecond

// traffic sends a mixed load from many clients. What they know of their writes is kept in a ledger; each answer must be
// the right one, or one that is tolerated at the time. Clients retry nothing: they open a new connection only after an
// answer that ended the one before.
type traffic struct {
	t      *testing.T
	ledger ledger
	// dial opens a connection, prefix is that of paths, token returns one for a role.
	dial   func() (net.Conn, error)
	prefix string
	token  func(role string) string
	forged func(role string) string

	all     []*trafficClient
	clients sync.WaitGroup
	stop    context.CancelFunc
	// turn is held for reading during a request, and for writing while the traffic pauses.
	turn sync.RWMutex

	operations atomic.Pointer[[]*operation]
	tolerated  atomic.Pointer[[]string]
	// patience is how long clients wait for an answer, in nanoseconds.
	patience atomic.Int64
	// quiet is until when clients think after each right answer, in nanoseconds since 1970.
	quiet atomic.Int64

	mu       sync.Mutex
	seen     counts
	problems int
}

// counts are what clients saw since they were last reset.
type counts struct {
	requests, right, unknown int
	written                  int            // writes that were done
	others                   map[string]int // by the name of the outcome
	last                     time.Time      // of the last right answer
	gap                      time.Duration  // the longest time without one
}

// trafficOf returns traffic that has not started. The tokens are those that secret signs.
func trafficOf(t *testing.T, dial func() (net.Conn, error)) *traffic {
	tr := &traffic{
		t: t, dial: dial,
		token:  func(role string) string { return member(t, role, "somebody") },
		forged: func(role string) string { return signed(t, "another secret of more than 32 bytes", role, "somebody") },
	}
	list := operations()
	tr.operations.Store(&list)
	tr.tolerate()
	tr.patience.Store(int64(patience))
	return tr
}

// startTraffic starts clients of an address.
func startTraffic(t *testing.T, address string, clients int) *traffic {
	tr := trafficOf(t, func() (net.Conn, error) { return net.Dial("tcp", address) })
	tr.start(clients)
	return tr
}

// start starts clients. Every third one opens a connection for each request.
func (tr *traffic) start(clients int) {
	var ctx context.Context
	ctx, tr.stop = context.WithCancel(tr.t.Context())
	tr.reset()
	for i := range clients {
		c := &trafficClient{traffic: tr, slot: i, once: i%3 == 0}
		tr.all = append(tr.all, c)
		tr.clients.Go(func() {
			for k := i; ctx.Err() == nil; k++ {
				if c.turn(k) && time.Now().UnixNano() < tr.quiet.Load() {
					think(quietThought)
				}
			}
		})
	}
	tr.t.Cleanup(tr.end)
}

// end stops the clients.
func (tr *traffic) end() {
	tr.stop()
	tr.clients.Wait()
	for _, c := range tr.all {
		c.close()
	}
}

// tolerate sets which outcomes are tolerated in addition to right answers, by their names.
func (tr *traffic) tolerate(outcomes ...string) { tr.tolerated.Store(&outcomes) }

// reset returns the counts, and begins them anew.
func (tr *traffic) reset() counts {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	before := tr.seen
	tr.seen = counts{others: map[string]int{}, last: time.Now()}
	return before
}

// requests returns the number of requests since the counts were reset.
func (tr *traffic) requests() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.seen.requests
}

// written returns the number of writes that were done since the counts were reset.
func (tr *traffic) written() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.seen.written
}

// settle waits until each client has had the right answer to each operation in a row.
func (tr *traffic) settle() {
	tr.t.Helper()
	for _, c := range tr.all {
		c.row.Store(0)
	}
	begin := time.Now()
	for _, c := range tr.all {
		for c.row.Load() < int64(len(*tr.operations.Load())) {
			if tr.t.Failed() {
				return
			}
			if time.Since(begin) > patience {
				tr.t.Fatalf("requests still fail: %v", tr.reset().others)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// quieten has clients think after each right answer, for a time or until it is called with 0: nothing that is tested
// happens meanwhile, and without it they would take all processor time.
func (tr *traffic) quieten(d time.Duration) { tr.quiet.Store(time.Now().Add(d).UnixNano()) }

// pause lets running requests finish, ends the clients' connections, and keeps the clients from sending until resume is
// called.
func (tr *traffic) pause() (resume func()) {
	tr.turn.Lock()
	for _, c := range tr.all {
		c.close()
	}
	return func() {
		tr.mu.Lock()
		tr.seen.last = time.Now()
		tr.mu.Unlock()
		tr.turn.Unlock()
	}
}

// check stops the clients and compares what they were told with the tables.
func (tr *traffic) check(conn *pgx.Conn) {
	tr.t.Helper()
	tr.end()
	tr.audit(conn)
	seen := tr.reset()
	tr.t.Logf("%d requests, %d right answers, others: %v", seen.requests, seen.right, seen.others)
}

// audit compares what the clients were told with the tables. No request may be under way.
func (tr *traffic) audit(conn *pgx.Conn) {
	tr.t.Helper()
	differences, err := tr.ledger.audit(conn)
	if err != nil {
		tr.t.Fatal(err)
	}
	for _, d := range differences[:min(len(differences), 10)] {
		tr.t.Error(d)
	}
}

// note counts an outcome and judges it. It reports whether the answer was right.
func (tr *traffic) note(op *operation, n int64, slot int, o *outcome) (right bool) {
	if op.writes {
		tr.ledger.judge(n, o.verdict())
	}
	right = o.right(op, n, slot)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	s := &tr.seen
	s.requests++
	if right {
		s.right++
		if op.rows > 0 {
			s.written++
		}
		if now := time.Now(); !op.forged { // which needs no database
			s.gap, s.last = max(s.gap, now.Sub(s.last)), now
		}
		return true
	}
	s.others[o.name(op)]++
	if op.writes && o.verdict() == unknown {
		s.unknown++
	}
	switch mistake := o.mistake(); {
	case mistake != "":
		tr.reportLocked(op, o, mistake)
	case o.err == nil && o.status < 400:
		tr.reportLocked(op, o, "the answer is wrong")
	case !slices.Contains(*tr.tolerated.Load(), o.name(op)):
		tr.reportLocked(op, o, "unexpected")
	}
	return false
}

// reportLocked reports a problem, unless there have been many.
func (tr *traffic) reportLocked(op *operation, o *outcome, what string) {
	if tr.problems++; tr.problems <= 10 {
		tr.t.Errorf("%s, %s %s: %s: %v %d %.300s", op.name, op.method, op.path, what, o.err, o.status, o.body)
	}
}

// trafficClient is a client with one connection at a time.
type trafficClient struct {
	*traffic
	slot int          // the row that it changes
	once bool         // each connection is used once
	row  atomic.Int64 // the number of right answers in a row
	conn net.Conn
	r    *bufio.Reader
	// opened is when the connection was opened, used when its last request was sent, and uses their number.
	opened, used time.Time
	uses         int
}

// turn sends the k-th request, when the traffic does not pause. It reports whether the answer was right.
func (c *trafficClient) turn(k int) bool {
	c.traffic.turn.RLock()
	defer c.traffic.turn.RUnlock()
	list := *c.operations.Load()
	op := list[k%len(list)]
	var n int64
	if op.writes {
		n = c.ledger.open(entry{kind: op.name, rows: op.rows, by: op.by()}, op.counted)
	}
	o := c.exchange(op, n)
	if c.note(op, n, c.slot, o) {
		c.row.Add(1)
		return true
	}
	c.row.Store(0)
	if o.err != nil {
		c.close()
	}
	time.Sleep(5 * time.Millisecond) // no client repeats what fails any faster
	return false
}

// exchange sends a request and reads the answer.
func (c *trafficClient) exchange(op *operation, n int64) *outcome {
	o := &outcome{}
	if c.conn == nil {
		if c.conn, o.err = c.dial(); o.err != nil {
			c.conn = nil
			return o
		}
		c.r, c.opened, c.used, c.uses = bufio.NewReader(c.conn), time.Now(), time.Time{}, 0
	}
	last := c.used
	c.used = time.Now()
	c.uses++
	if o.err = c.conn.SetDeadline(time.Now().Add(time.Duration(c.patience.Load()))); o.err != nil {
		return o
	}
	o.sent = true
	if _, o.err = io.WriteString(c.conn, c.request(op, n)); o.err != nil {
		return o
	}
	response, err := http.ReadResponse(c.r, &http.Request{Method: op.method})
	if err != nil {
		o.err = fmt.Errorf("request %d of a connection that was %v old, %v after the one before: %w", c.uses,
			c.used.Sub(c.opened).Round(time.Microsecond), c.used.Sub(last).Round(time.Microsecond), err)
		return o
	}
	content, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	o.status, o.header, o.body, o.err = response.StatusCode, response.Header, string(content), err
	if response.Close {
		c.close()
	}
	return o
}

// request returns the bytes of a request.
func (c *trafficClient) request(op *operation, n int64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s HTTP/1.1\r\nHost: localhost\r\n%s", op.method, c.prefix, op.fill(op.path, n, c.slot), op.fill(op.headers, n, c.slot))
	switch {
	case op.forged:
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", c.forged(op.role))
	case op.role != "":
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", c.token(op.role))
	}
	if c.once {
		b.WriteString("Connection: close\r\n")
	}
	body := op.fill(op.body, n, c.slot)
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: %s\r\nContent-Length: %d\r\n", cmp.Or(op.kind, "application/json"), len(body))
	}
	return b.String() + "\r\n" + body
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
