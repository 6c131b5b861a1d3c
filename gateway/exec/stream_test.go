package exec

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"trunkline/planner/apierr"
)

// large is a read whose body has n bytes.
func large(n int) *Job {
	job := read(mainOf("repeat('0123456789', "+strconv.Itoa(n/10)+")", "(values (1)) v"))
	job.Stream = true
	return job
}

// mustStream runs a job whose body has to be streamed.
func mustStream(t testing.TB, ctx context.Context, p *Pool, job *Job, size int64) *Result {
	t.Helper()
	r, err := p.Run(ctx, job)
	if err != nil {
		t.Fatal(err)
	}
	if r.Stream == nil || r.StreamSize != size || r.Body != nil || r.PageTotal != 1 {
		t.Fatalf("not a stream of %d bytes: %+v", size, r)
	}
	return r
}

// watermark counts bytes and records the peak of memory in use.
type watermark struct{ bytes, memory uint64 }

func (w *watermark) Write(p []byte) (int, error) {
	if w.bytes/(10<<20) != (w.bytes+uint64(len(p)))/(10<<20) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.memory = max(w.memory, m.HeapInuse)
	}
	w.bytes += uint64(len(p))
	return len(p), nil
}

func TestStreamHoldsLittle(t *testing.T) {
	const size = 64 << 20 / 10 * 10
	p := newPool(t, newDatabase(t).config)
	process := backend(t, p)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	r := mustStream(t, t.Context(), p, large(size), size)
	equal(t, "while it streams", p.Stats(), Stats{Size: 1, Busy: 1})
	var w watermark
	n, err := io.Copy(&w, r.Stream)
	if err != nil || n != size || w.bytes != size {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if err := r.Stream.Close(); err != nil {
		t.Fatal(err)
	}
	r.Release()
	if grown := int64(w.memory) - int64(before.HeapInuse); grown > 4<<20 {
		t.Errorf("%d bytes of memory were used", grown)
	}
	equal(t, "process", backend(t, p), process)
}

// Small reads and large ones, with one byte more and less than the threshold.
func TestStreamThreshold(t *testing.T) {
	p := newPool(t, newDatabase(t).config, func(o *Options) { o.StreamThreshold = 100_000 })
	want := strings.Repeat("0123456789", 10_000)
	for name, read := range map[string]func(io.Reader) ([]byte, error){
		"all":    io.ReadAll,
		"copied": func(r io.Reader) ([]byte, error) { var b bytes.Buffer; _, err := io.Copy(&b, r); return b.Bytes(), err },
		"in small pieces": func(r io.Reader) ([]byte, error) {
			var b bytes.Buffer
			_, err := io.CopyBuffer(&b, struct{ io.Reader }{r}, make([]byte, 7))
			return b.Bytes(), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := mustStream(t, t.Context(), p, large(100_000), 100_000)
			stream := r.Stream
			r.Release() // The stream lives on.
			got, err := read(stream)
			if err != nil || string(got) != want {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if err := stream.Close(); err != nil {
				t.Error(err)
			}
			if _, err := stream.Read(make([]byte, 1)); err == nil {
				t.Error("a closed stream can be read")
			}
		})
	}
	equal(t, "one byte less", mustRun(t, p, large(99_990)), want[:99_990])
	job := large(100_000)
	job.Stream = false
	equal(t, "not allowed", mustRun(t, p, job), want)
	job = write(job.Main)
	job.Stream = true
	equal(t, "a write", mustRun(t, p, job), want)
}

// A stream that is not read to its end gives the connection back if little is left, and closes it otherwise.
func TestStreamAbandoned(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	process := backend(t, p)
	r := mustStream(t, t.Context(), p, large(2<<20/10*10), 2<<20/10*10)
	if _, err := io.CopyN(io.Discard, r.Stream, r.StreamSize-100_000); err != nil {
		t.Fatal(err)
	}
	if err := r.Stream.Close(); err != nil {
		t.Error(err)
	}
	r.Release()
	equal(t, "process", backend(t, p), process)

	r = mustStream(t, t.Context(), p, large(16_000_000), 16_000_000)
	if err := r.Stream.Close(); !Abandoned(err) {
		t.Error(err)
	}
	if err := r.Stream.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	r.Release()
	if backend(t, p) == process {
		t.Error("the connection is still used")
	}
	equal(t, "afterwards", p.Stats(), Stats{Size: 1, Idle: 1})
}

func TestStreamWhoseConnectionDies(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	r := mustStream(t, t.Context(), p, large(16_000_000), 16_000_000)
	d.query(t, "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'exec_authenticator'")
	// The backend notices while it waits for its client. What it has sent by then is a part of the body.
	const alive = "select count(*) from pg_stat_activity where usename = 'exec_authenticator'"
	for deadline := time.Now().Add(patience); d.query(t, alive) != "0" && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	n, err := io.Copy(io.Discard, r.Stream)
	if n >= r.StreamSize || err == nil || !strings.Contains(err.Error(), "before the end of the body") {
		t.Errorf("%d bytes, %v", n, err)
	}
	if err := r.Stream.Close(); err == nil {
		t.Error("closed without an error")
	}
	r.Release()
	equal(t, "body", mustRun(t, p, names("1")), "item 1")
}

// The check is called before the first byte.
func TestStreamChecked(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	job := large(16_000_000)
	job.Check = func(r *Answer) *apierr.Error { return apierr.NotSingular(r.PageTotal) }
	mustFail(t, p, job, "PGRST116")
	job.Check = func(*Answer) *apierr.Error { return nil }
	r := mustStream(t, t.Context(), p, job, 16_000_000)
	if n, err := io.Copy(io.Discard, r.Stream); n != r.StreamSize || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if err := r.Stream.Close(); err != nil {
		t.Error(err)
	}
	r.Release()
}

// State that a streaming job leaves on the connection is removed, and the estimate comes before the body.
func TestStreamIsCleaned(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	process := backend(t, p)
	job := large(2_000_000)
	job.PreRequest = sqlOf("select leave_settings(), leave_things()")
	job.Explain = sqlOf("explain (format json) select 1")
	r := mustStream(t, t.Context(), p, job, 2_000_000)
	equal(t, "estimate", r.Planned, int64(1))
	if _, err := io.Copy(io.Discard, r.Stream); err != nil {
		t.Error(err)
	}
	if err := r.Stream.Close(); err != nil {
		t.Error(err)
	}
	r.Release()
	equal(t, "seen", mustRun(t, p, settingsSeen(false)), nothingSeen+"on|exec_anonymous")
	equal(t, "process", backend(t, p), process)
}

// If what follows a body is not as expected, the stream ends with an error, and the connection is closed.
func TestStreamWithAWrongEnd(t *testing.T) {
	d := newDatabase(t)
	var w tap
	p := newPool(t, w.through(d.config))
	job := large(2_000_000)
	job.Pure = true
	r := mustStream(t, t.Context(), p, job, 2_000_000)
	var wrong fake
	wrong = func(c net.Conn, b []byte) (int, error) {
		n, err := c.Read(b)
		if end := bytes.Index(b[:n], []byte("Z\x00\x00\x00\x05I")); end >= 0 {
			b[end+5] = 'T'
		} else {
			w.onRead(wrong)
		}
		return n, err
	}
	w.onRead(wrong)
	if n, err := io.Copy(io.Discard, r.Stream); n != r.StreamSize || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if err := r.Stream.Close(); err == nil || Abandoned(err) {
		t.Errorf("closed with %v", err)
	}
	r.Release()
	equal(t, "stats", p.Stats(), Stats{Size: 1})
}

// If the context ends, so does the stream, even if it is not read.
func TestStreamCanceled(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	ctx, cancel := context.WithCancel(t.Context())
	r := mustStream(t, ctx, p, large(16_000_000), 16_000_000)
	cancel()
	if err := r.Stream.Close(); err == nil {
		t.Error("closed without an error")
	}
	r.Release()
	equal(t, "body", mustRun(t, p, names("1")), "item 1")
}

// readUpToBody passes on what comes up to the end of the body of large, and cuts the connection there.
func readUpToBody(w *tap) fake {
	digits := 0
	var next fake
	next = func(c net.Conn, b []byte) (int, error) {
		n, err := c.Read(b)
		for i, x := range b[:n] {
			switch {
			case '0' <= x && x <= '9':
				digits++
			case digits < 1000:
				digits = 0
			case i == 0:
				return cut(c, nil)
			default:
				w.onRead(cut)
				return i, nil
			}
		}
		w.onRead(next)
		return n, err
	}
	return next
}

// A connection that is lost behind a body does not break an answer off: the client has it all. Only a serializable
// transaction may have been refused when it ended.
func TestConnectionLostBehindBody(t *testing.T) {
	const size = 1_000_000
	for isolation, right := range map[string]bool{"": true, "repeatable read": true, "serializable": false} {
		d := newDatabase(t)
		var w tap
		p := newPool(t, w.through(d.config), func(o *Options) { o.StreamThreshold = 100_000 })
		job := large(size)
		job.Isolation = isolation
		mustRun(t, p, names("1"))
		w.onRead(readUpToBody(&w))
		r := mustStream(t, t.Context(), p, job, size)
		if n, err := io.Copy(io.Discard, r.Stream); err != nil || n != size {
			t.Fatalf("%q: %d bytes, %v", isolation, n, err)
		}
		if err := r.Stream.Close(); (err == nil) != right {
			t.Errorf("%q: %v", isolation, err)
		}
		r.Release()
		equal(t, "the next request", mustRun(t, p, names("1")), "item 1")
	}
}

// A statement that is canceled while the server waits for its client to receive the only row, as by statement_timeout,
// does not break the answer off, and the connection can be used again.
func TestCanceledBehindBody(t *testing.T) {
	const size = 32_000_000 // more than the network holds
	for isolation, right := range map[string]bool{"": true, "repeatable read": true, "serializable": false} {
		d := newDatabase(t)
		p := newPool(t, d.config)
		process := backend(t, p)
		job := large(size)
		job.Isolation = isolation
		r := mustStream(t, t.Context(), p, job, size)
		eventually(t, d, "select coalesce(wait_event, '') from pg_stat_activity where pid = "+process, "ClientWrite")
		equal(t, "canceled", d.query(t, "select pg_cancel_backend("+process+")"), "true")
		if n, err := io.Copy(io.Discard, r.Stream); err != nil || n != size {
			t.Fatalf("%q: %d bytes, %v", isolation, n, err)
		}
		if err := r.Stream.Close(); (err == nil) != right {
			t.Errorf("%q: %v", isolation, err)
		}
		r.Release()
		equal(t, "process", backend(t, p), process)
	}
}
