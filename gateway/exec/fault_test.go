package exec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"trunkline/planner/apierr"
)

var errCut = errors.New("cut by the test")

// cut breaks the connection before anything is passed on.
func cut(c net.Conn, _ []byte) (int, error) { return cutAfter(0)(c, nil) }

// cutAfter breaks the connection after n bytes were passed on.
func cutAfter(n int) fake {
	return func(c net.Conn, b []byte) (int, error) {
		defer c.Close()
		if n == 0 {
			return 0, errCut
		}
		n, err := c.Write(b[:n])
		return n, errors.Join(err, errCut)
	}
}

// eventually waits until a query of the superuser returns a value.
func eventually(t testing.TB, d database, sql, want string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for got := ""; got != want; time.Sleep(2 * time.Millisecond) {
		if got = d.query(t, sql); time.Now().After(deadline) {
			t.Fatalf("%s: %q, want %q", sql, got, want)
		}
	}
}

const (
	rowsCounted = "select count(*) from counted"
	// The flush of a prepared insert up to its Sync, which commits it.
	commitMessages = "BEBES"
)

// upTo returns the size of the first n messages.
func upTo(b []byte, n int) (size int) {
	for range n {
		size += 1 + int(uint32(b[size+1])<<24|uint32(b[size+2])<<16|uint32(b[size+3])<<8|uint32(b[size+4]))
	}
	return size
}

// brokenWrites are the places where the connection of a write breaks.
var brokenWrites = []struct {
	name string
	// arm prepares the fault.
	arm func(t *testing.T, w *tap, d database, job *Job)
	// code is what the client gets, "" for a success; rows is what the table holds.
	code, rows string
}{
	{"before it is sent", func(_ *testing.T, w *tap, _ database, _ *Job) { w.onWrite(cut) }, "", "1"},
	{"while it is sent", func(_ *testing.T, w *tap, _ database, _ *Job) {
		w.onWrite(cutAfter(30))
	}, "PGRST001", "0"},
	{"before the commit is sent", func(_ *testing.T, w *tap, _ database, _ *Job) {
		w.onWrite(func(c net.Conn, b []byte) (int, error) {
			return cutAfter(upTo(b, len(commitMessages))-1)(c, b)
		})
	}, "PGRST001", "0"},
	{"when the commit is sent", func(t *testing.T, w *tap, d database, _ *Job) {
		w.onWrite(func(c net.Conn, b []byte) (int, error) {
			n, err := cutAfter(upTo(b, len(commitMessages)))(c, b)
			eventually(t, d, rowsCounted, "1")
			return n, err
		})
	}, "TRUNK500", "1"},
	{"after the commit", func(t *testing.T, w *tap, d database, _ *Job) {
		w.onRead(func(c net.Conn, _ []byte) (int, error) {
			eventually(t, d, rowsCounted, "1")
			return cut(c, nil)
		})
	}, "TRUNK500", "1"},
	{"by a pooler, after the commit", func(t *testing.T, w *tap, d database, _ *Job) {
		w.onRead(endedByPooler(t, d, ""))
	}, "TRUNK500", "1"},
	{"by another pooler, after the commit", func(t *testing.T, w *tap, d database, _ *Job) {
		w.onRead(endedByPooler(t, d, "VFATAL\x00"))
	}, "TRUNK500", "1"},
	{"after the answer to the commit", func(_ *testing.T, w *tap, _ database, _ *Job) {
		w.onRead(readUpTo(w, "Z"))
	}, "", "1"},
	{"before the check", func(_ *testing.T, w *tap, _ database, job *Job) {
		job.Check = func(*Answer) *apierr.Error { return nil }
		w.onRead(cut)
	}, "PGRST001", "0"},
	{"between check and commit", func(_ *testing.T, w *tap, _ database, job *Job) {
		job.Check = func(*Answer) *apierr.Error { w.onWrite(cut); return nil }
	}, "PGRST001", "0"},
	{"while a checked commit is sent", func(_ *testing.T, w *tap, _ database, job *Job) {
		job.Check = func(*Answer) *apierr.Error { w.onWrite(cutAfter(5)); return nil }
	}, "PGRST001", "0"},
	{"after a checked commit", func(t *testing.T, w *tap, d database, job *Job) {
		job.Check = func(*Answer) *apierr.Error {
			w.onRead(func(c net.Conn, _ []byte) (int, error) {
				eventually(t, d, rowsCounted, "1")
				return cut(c, nil)
			})
			return nil
		}
	}, "TRUNK500", "1"},
	{"after the answer to a checked commit", func(_ *testing.T, w *tap, _ database, job *Job) {
		job.Check = func(*Answer) *apierr.Error { w.onRead(readUpTo(w, "Z")); return nil }
	}, "", "1"},
	{"amid the answer to a checked commit", func(_ *testing.T, w *tap, _ database, job *Job) {
		job.Check = func(*Answer) *apierr.Error { w.onRead(readUpTo(w, "C")); return nil }
	}, "TRUNK500", "1"},
	{"after an objection", func(_ *testing.T, w *tap, _ database, job *Job) {
		job.Check = func(*Answer) *apierr.Error { w.onWrite(cut); return apierr.NotSingular(2) }
	}, "PGRST116", "0"},
	{"while it is undone anyway", func(_ *testing.T, w *tap, _ database, job *Job) {
		job.Rollback = true
		w.onRead(cut)
	}, "PGRST001", "0"},
}

// endedByPooler has a pooler lose the server's answer after a commit, and say so in an error with more fields.
func endedByPooler(t *testing.T, d database, more string) fake {
	return func(c net.Conn, b []byte) (int, error) {
		eventually(t, d, rowsCounted, "1")
		_ = c.Close()
		fields := "SFATAL\x00" + more + "C08P01\x00Mserver conn crashed?\x00\x00"
		return copy(b, "E"+string(binary.BigEndian.AppendUint32(nil, uint32(4+len(fields))))+fields), nil
	}
}

// The connection of a write breaks at every step. The answer matches the content of the table, and nothing is ever
// written twice.
func TestWriteWhoseConnectionDies(t *testing.T) {
	for _, test := range brokenWrites {
		t.Run(test.name, func(t *testing.T) {
			d := newDatabase(t)
			var w tap
			p := newPool(t, w.through(d.config))
			warm := insert()
			warm.Rollback = true
			for range 3 { // so that all of it is prepared
				mustRun(t, p, warm)
				mustRun(t, p, write(mainOf("''", "(values (1)) v")))
			}

			job := insert()
			test.arm(t, &w, d, job)
			if test.code == "" {
				equal(t, "body", mustRun(t, p, job), "done")
			} else {
				e := mustFail(t, p, job, test.code)
				if test.code != "PGRST116" && e.Cause == nil {
					t.Error("the trace does not report what happened to the connection")
				}
			}
			equal(t, "rows", d.query(t, rowsCounted), test.rows)
			equal(t, "the next request", mustRun(t, p, names("1")), "item 1")
			equal(t, "rows", d.query(t, rowsCounted), test.rows)
		})
	}
}

// readUpTo passes on what comes up to a message of a type, and cuts the connection before the rest.
func readUpTo(w *tap, kind string) fake {
	return func(c net.Conn, b []byte) (int, error) {
		n, err := c.Read(b)
		if err != nil {
			return n, err
		}
		at := strings.Index(types(b[:n]), kind)
		if at < 0 {
			return n, errors.New("the message has not come yet")
		}
		w.onRead(cut)
		return upTo(b[:n], at+1), nil
	}
}

// A server that ends while it works reports it: then the write was not committed.
func TestWriteWhoseServerIsTerminated(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, size(2))
	for name, change := range map[string]func(*Job){
		"write": func(*Job) {},
		"check": func(j *Job) { j.Check = func(*Answer) *apierr.Error { return nil } },
		"read":  func(j *Job) { j.ReadOnly, j.Settings = true, names("1").Settings },
	} {
		t.Run(name, func(t *testing.T) {
			job := insert()
			job.Main.SQL = strings.Replace(job.Main.SQL, "with w", "with s as materialized (select pg_sleep(60)), w", 1)
			job.Main.SQL = strings.Replace(job.Main.SQL, "from w", "from w, s", 1)
			if change(job); job.ReadOnly {
				job.Main = mainOf("'slept'", "pg_sleep(60)")
			}
			done := aside(t.Context(), p, job)
			eventually(t, d, sleepers, "1")
			d.query(t, "select count(pg_terminate_backend(pid)) from pg_stat_activity where wait_event = 'PgSleep'")
			e := failed(t, <-done, "57P01")
			equal(t, "status", e.Status, 503)
			if e.Cause == nil {
				t.Error("the trace does not report what happened to the connection")
			}
			equal(t, "rows", d.query(t, rowsCounted), "0")
			equal(t, "the next request", mustRun(t, p, names("1")), "item 1")
		})
	}
}

// No request fails because idle connections were ended, over unix sockets and TCP.
func TestIdleConnectionsAreTerminated(t *testing.T) {
	d := newDatabase(t)
	for network, config := range d.networks(t) {
		t.Run(network, func(t *testing.T) {
			p := newPool(t, config, size(4))
			for _, job := range []*Job{names("1"), insert()} {
				hold(t, p, 4)
				d.query(t, "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'exec_authenticator'")
				eventually(t, d, "select count(*) from pg_stat_activity where usename = 'exec_authenticator'", "0")
				before := d.query(t, rowsCounted)
				for range 8 {
					mustRun(t, p, job)
				}
				if !job.ReadOnly {
					equal(t, "rows", d.query(t, "select count(*) - "+before+" from counted"), "8")
				}
			}
		})
	}
}

// hold opens n connections.
func hold(t *testing.T, p *Pool, n int) {
	t.Helper()
	var slots []*slot
	for range n {
		g, err := p.acquire(t.Context(), applicant{writes: true})
		if err != nil {
			t.Fatal(err)
		}
		slots = append(slots, g.slot)
	}
	for _, s := range slots {
		p.release(s)
	}
}

// A read is sent again if a connection that had served others answers nothing, but only once and only then.
func TestReadWhoseConnectionDies(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config))
	mustRun(t, p, names("1"))
	conns := w.conns
	silence := func(c net.Conn, _ []byte) (int, error) { c.Close(); return 0, io.EOF }

	w.onRead(silence)
	equal(t, "body", mustRun(t, p, names("2")), "item 2")
	equal(t, "connections", w.conns, conns+1)

	job := names("2")
	tries := 0
	job.Check = func(*Answer) *apierr.Error { tries++; return nil }
	w.onRead(readUpTo(&w, "2")) // BindComplete: the server has begun
	mustFail(t, p, job, "PGRST001")
	equal(t, "tries", tries, 0)
	equal(t, "connections", w.conns, conns+1)

	// It ends if that does not help.
	mustRun(t, p, names("1"))
	var dies fake
	dies = func(c net.Conn, b []byte) (int, error) { w.onRead(dies); return silence(c, b) }
	w.onRead(dies)
	if e := mustFail(t, p, names("1"), "PGRST000"); e.Cause == nil {
		t.Error("the trace does not report what happened to the connection")
	}
	w.onRead(nil)
	equal(t, "body", mustRun(t, p, names("2")), "item 2")
}

func TestProtocolViolation(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config))
	for _, answer := range []string{"?\x00\x00\x00\x04", "2\x00\x00\x00\x03", "Z\x00\x00\x00\x05I"} {
		mustRun(t, p, names("1"))
		w.onRead(func(c net.Conn, b []byte) (int, error) {
			if _, err := c.Read(b); err != nil {
				return 0, err
			}
			return copy(b, bytes.Repeat([]byte(answer), 10)), nil
		})
		if e := mustFail(t, p, insert(), "TRUNK500"); !strings.Contains(e.Cause.Error(), "protocol violation") {
			t.Errorf("cause of %q: %v", answer, e.Cause)
		}
	}
}

// A connection that is lost while it is prepared for another try of a job is replaced: the first one did nothing.
func TestLostBetweenTries(t *testing.T) {
	d := newDatabase(t)
	var w tap
	p := newPool(t, w.through(d.config))
	for range 3 {
		mustRun(t, p, insert())
	}
	job := insert()
	job.PreRequest = sqlOf("select leave_nothing_prepared()") // without which neither the insert nor the cleaning can run
	w.onWrite(func(c net.Conn, b []byte) (int, error) {
		w.onWrite(func(c net.Conn, b []byte) (int, error) { // the cleaning before the next try
			w.onRead(func(net.Conn, []byte) (int, error) { return 0, errCut }) // what comes later must not be read
			return c.Write(b)
		})
		return c.Write(b)
	})
	equal(t, "body", mustRun(t, p, job), "done")
	equal(t, "rows", d.query(t, rowsCounted), "4")
	equal(t, "connections", w.conns, 2)
}

// A connection that is lost after it was opened, while the round trip to the server is measured, gets no job.
func TestLostWhileMeasured(t *testing.T) {
	d := newDatabase(t)
	var w tap
	p := newPool(t, w.through(d.config))
	var untilSync fake
	untilSync = func(c net.Conn, b []byte) (int, error) {
		if types(b) == "S" {
			w.onRead(cut)
		} else {
			w.onWrite(untilSync)
		}
		return c.Write(b)
	}
	w.onWrite(untilSync)
	mustFail(t, p, insert(), "PGRST000")
	equal(t, "rows", d.query(t, rowsCounted), "0")
	equal(t, "body", mustRun(t, p, insert()), "done")
}

// A write that has waited does not get a connection that the server has closed, even if it was idle in the meantime.
func TestWaitingWriteAndAnIdleConnection(t *testing.T) {
	d := newDatabase(t)
	var w tap
	var o observations
	p := newPool(t, w.through(d.config), shares(2, 1), o.observe)
	other, mine := takeAs(t, p, memberRole), takeAs(t, p, anonRole)
	written := aside(t.Context(), p, insert())
	until(t, "the write waits", func() bool { return p.Stats().Waiting == 1 })
	other() // idle, but the role holds its share
	p.mu.Lock()
	process := p.idle[0].session.Process()
	p.mu.Unlock()
	d.query(t, fmt.Sprintf("select pg_terminate_backend(%d)", process))
	eventually(t, d, fmt.Sprintf("select count(*) from pg_stat_activity where pid = %d", process), "0")
	mine()
	equal(t, "write", <-written, nil)
	equal(t, "rows", d.query(t, rowsCounted), "1")
	until(t, "all are idle", func() bool { return p.Stats().Busy == 0 })
}
