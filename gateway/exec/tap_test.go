package exec

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/planner/apierr"
)

// tap sits between a pool and its network connections, counts what is sent and breaks connections where a test
// wants it.
type tap struct {
	mu sync.Mutex
	// writes are the messages' types of each write since the last reset.
	writes []string
	conns  int
	// nextWrite and nextRead replace the next write or read; they are called once.
	nextWrite, nextRead fake
}

// fake replaces a write to a connection or a read from it. It may pass on less, and break the connection.
type fake func(c net.Conn, b []byte) (int, error)

// onWrite replaces the next write by f, onRead the next read.
func (w *tap) onWrite(f fake) { w.set(&w.nextWrite, f) }
func (w *tap) onRead(f fake)  { w.set(&w.nextRead, f) }

func (w *tap) set(next *fake, f fake) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*next = f
}

// through returns the configuration whose connections go through the tap.
func (w *tap) through(config *pgconn.Config) *pgconn.Config {
	config = config.Copy()
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.conns++
		return &tappedConn{Conn: c, tap: w}, nil
	}
	return config
}

// reset forgets what was counted.
func (w *tap) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = nil
}

// sent returns the messages' types of each write.
func (w *tap) sent() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.writes)
}

func (w *tap) take(next *fake) fake {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := *next
	*next = nil
	return taken
}

// tappedConn is a connection that goes through a tap.
type tappedConn struct {
	net.Conn
	tap *tap
}

// SyscallConn lets the pool check the socket, as it can without the tap.
func (c *tappedConn) SyscallConn() (syscall.RawConn, error) {
	return c.Conn.(syscall.Conn).SyscallConn()
}

func (c *tappedConn) Write(b []byte) (int, error) {
	c.tap.mu.Lock()
	c.tap.writes = append(c.tap.writes, types(b))
	c.tap.mu.Unlock()
	if f := c.tap.take(&c.tap.nextWrite); f != nil {
		return f(c.Conn, b)
	}
	return c.Conn.Write(b)
}

func (c *tappedConn) Read(b []byte) (int, error) {
	if f := c.tap.take(&c.tap.nextRead); f != nil {
		return f(c.Conn, b)
	}
	return c.Conn.Read(b)
}

// types returns the types of frontend messages.
func types(b []byte) (types string) {
	for len(b) >= 5 {
		types += string(b[:1])
		n := 1 + int(uint32(b[1])<<24|uint32(b[2])<<16|uint32(b[3])<<8|uint32(b[4]))
		b = b[min(n, len(b)):]
	}
	return types
}

const (
	cleansRead  = "BEBEBEBEBE"
	cleansWrite = "BEBEBEBEBEBE"
)

// Every job is one write to the network, and so one round trip; only a check on a write costs a second one, and so
// does cleaning up after a read that failed.
func TestRoundTrips(t *testing.T) {
	agrees := func(*Answer) *apierr.Error { return nil }
	with := func(job *Job, change func(*Job)) *Job { change(job); return job }
	d := newDatabase(t)
	var w tap
	p := newPool(t, w.through(d.config))
	for _, test := range []struct {
		name string
		job  *Job
		want []string
	}{
		{"pure read", with(names("1"), func(j *Job) { j.Pure = true }), []string{"BEBES"}},
		{"read", names("1"), []string{"BEBE" + cleansRead + "S"}},
		{"read with all", with(names("1"), func(j *Job) {
			j.Pure = true // the pre-request is not
			j.PreRequest = sqlOf("select 1")
			j.Explain = sqlOf("explain (format json) select * from item")
		}), []string{"BEBEBEBE" + cleansRead + "S"}},
		{"read with a check", with(names("1"), func(j *Job) { j.Check = agrees }), []string{"BEBE" + cleansRead + "S"}},
		{
			"read with an isolation level", with(names("1"), func(j *Job) { j.Isolation = "serializable" }),
			[]string{"PBEBEBES" + "Q" + cleansRead + "S"},
		},
		{"read that is undone", with(names("1"), func(j *Job) { j.Rollback = true }), []string{"BEBE" + cleansRead + "S"}},
		{
			"read that fails", read(mainOf("(1/(count(*)-1))::text", "(values (1)) v")),
			[]string{"BEBE" + cleansRead + "S", cleansWrite + "S"},
		},
		{"write", insert(), []string{"BEBES" + cleansWrite + "S"}},
		{"pure write", with(insert(), func(j *Job) { j.Pure = true }), []string{"BEBES"}},
		{"write that fails", write(mainOf("(1/(count(*)-1))::text", "(values (1)) v")), []string{"BEBES" + cleansWrite + "S"}},
		{
			"write that is undone", with(insert(), func(j *Job) { j.Rollback, j.Check = true, agrees }),
			[]string{"PBEBEBEPBES" + "Q" + cleansWrite + "S"},
		},
		{
			"write with an isolation level", with(insert(), func(j *Job) { j.Isolation = "repeatable read" }),
			[]string{"PBEBEBES" + "Q" + cleansWrite + "S"},
		},
		{
			"write with a check", with(insert(), func(j *Job) { j.Check = agrees }),
			[]string{"PBEBEBES", "Q" + cleansWrite + "S"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 3 { // The third time everything is prepared.
				w.reset()
				r, err := p.Run(t.Context(), test.job)
				if err == nil {
					r.Release()
				}
			}
			equal(t, "writes", fmt.Sprint(w.sent()), fmt.Sprint(test.want))
		})
	}
	equal(t, "connections", w.conns, 1)
}

// Statements that are prepared for a job are sent in the same flush, and so is a large parameter.
func TestFirstRoundTrip(t *testing.T) {
	d := newDatabase(t)
	var w tap
	p := newPool(t, w.through(d.config))
	for range 2 {
		mustRun(t, p, read(mainOf("''", "(values (1)) v")))
	}
	for range 2 { // A statement that comes once is not prepared.
		w.reset()
		mustRun(t, p, names("1"))
		equal(t, "writes", fmt.Sprint(w.sent()), "[BEPBE"+cleansRead+"S]")
	}

	var u tap
	p = newPool(t, u.through(d.config), unprepared)
	mustRun(t, p, names("1"))
	u.reset()
	mustRun(t, p, names("1"))
	equal(t, "writes without preparing", fmt.Sprint(u.sent()), "["+strings.Repeat("PBE", 7)+"S]")
}

// sentBy returns what was sent since the last reset, as it is compared in tests.
func sentBy(w *tap) string { return fmt.Sprint(w.sent()) }
