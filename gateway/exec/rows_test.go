package exec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// linesOf returns a read whose rows have an expression as body, evaluated for each row of a from clause.
func linesOf(form pgsql.Rows, body, from string) *Job {
	job := read(sqlOf("select current_user, null::bigint, null::bigint, null::text, null::text, null::text[], null::int, " + body +
		" from " + from))
	job.Main.Rows, job.Stream = form, true
	return job
}

func TestBodyOfRows(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	for _, test := range []struct {
		name string
		form pgsql.Rows
		rows string
		want string
	}{
		{"JSON", pgsql.JSONLines, `('{"a":1}'), ('2'), ('null')`, "{\"a\":1}\n2\nnull\n"},
		{"JSON, none", pgsql.JSONLines, "(null)", ""},
		{"JSON, some none", pgsql.JSONLines, "('1'), (null), ('3'), (null)", "1\n3\n"},
		{
			"JSON, broken", pgsql.JSONLines, `(e'\n{\n"a\\n"\r\n:\n\n1}'), (e'\r[\n]\r\n')`,
			" { \"a\\n\"  :  1}\n [ ]  \n",
		},
		{"text", pgsql.TextLines, "('a'), ('b'), ('c')", "a\nb\nc"},
		{"text, empty", pgsql.TextLines, "(''), (''), ('')", "\n\n"},
		{"text, one", pgsql.TextLines, "('a')", "a"},
		{"text, some none", pgsql.TextLines, "('a'), (null), ('c')", "a\nc"},
		{"text, broken", pgsql.TextLines, `(e'a\r\n'), (e'\nb')`, "a\r\n\n\nb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			job := linesOf(test.form, "l", "(values "+test.rows+") v(l)")
			equal(t, "body", mustRun(t, p, job), test.want)
			job.Dst = append(make([]byte, 0, 256), "before "...)
			equal(t, "behind others", mustRun(t, p, job), "before "+test.want)
		})
	}
}

// Only the first row's columns before the body count.
func TestRowsHead(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	job := read(sqlOf(`select current_user, 7, 2, '[]', '299', array['id=eq.1'], 1, 'a' union all
		select '', 8, 3, 'no', '298', array['id=eq.2'], 2, repeat('b', 5)`))
	job.Main.Rows = pgsql.TextLines
	r, err := p.Run(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if r.Total != 7 || r.PageTotal != 2 || !r.HasPageTotal || string(r.ResponseHeaders) != "[]" ||
		string(r.ResponseStatus) != "299" || r.Location[0] != "id=eq.1" || r.Inserted != 1 || string(r.Body) != "a\nbbbbb" {
		t.Errorf("%+v", r)
	}
	empty, err := p.Run(t.Context(), linesOf(pgsql.JSONLines, "null", "(values (1)) v"))
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Release()
	if empty.HasPageTotal || empty.HasTotal || len(empty.Body) > 0 {
		t.Errorf("%+v", empty)
	}
	job.Main = sqlOf("select 1, 2, 3")
	job.Main.Rows = pgsql.TextLines
	mustFail(t, p, job, "PGRSTX00")
}

// mustStreamRows runs a job whose rows have to be streamed.
func mustStreamRows(t testing.TB, ctx context.Context, p *Pool, job *Job) *Result {
	t.Helper()
	r, err := p.Run(ctx, job)
	if err != nil {
		t.Fatal(err)
	}
	if r.Stream == nil || r.StreamSize != -1 || r.Body != nil {
		t.Fatalf("not a stream of rows: %d, %d bytes", r.StreamSize, len(r.Body))
	}
	return r
}

// mustClose closes a stream whose end was read.
func mustClose(t testing.TB, r *Result) {
	t.Helper()
	if err := r.Stream.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
	r.Release()
}

// Bodies around the threshold, read in all ways.
func TestRowsThreshold(t *testing.T) {
	p := newPool(t, newDatabase(t).config, func(o *Options) { o.StreamThreshold = 10_000 })
	process := backend(t, p)
	for _, test := range []struct {
		name     string
		form     pgsql.Rows
		body     string
		from     string
		want     string
		streamed bool
	}{
		{"one less", pgsql.JSONLines, "repeat('x', 99)", "generate_series(1, 99) union all select null, null, null, null, null, null, null, repeat('x', 98)", strings.Repeat(strings.Repeat("x", 99)+"\n", 99) + strings.Repeat("x", 98) + "\n", false},
		{"exactly", pgsql.JSONLines, "repeat('x', 99)", "generate_series(1, 100)", strings.Repeat(strings.Repeat("x", 99)+"\n", 100), true},
		{"one less, text", pgsql.TextLines, "repeat('x', 99)", "generate_series(1, 100)", strings.Repeat(strings.Repeat("x", 99)+"\n", 99) + strings.Repeat("x", 99), false},
		{"exactly, text", pgsql.TextLines, "repeat('x', 99)", "generate_series(1, 100) union all select null, null, null, null, null, null, null, ''", strings.Repeat(strings.Repeat("x", 99)+"\n", 100), true},
		{"a large first row", pgsql.JSONLines, "repeat('x', 50000)", "generate_series(1, 1)", strings.Repeat("x", 50_000) + "\n", true},
		{"a large first row, text", pgsql.TextLines, "repeat('x', 50000)", "generate_series(1, 2)", strings.Repeat("x", 50_000) + "\n" + strings.Repeat("x", 50_000), true},
		{"small rows", pgsql.JSONLines, "to_json('é' || i)::text", "generate_series(10000, 19999) i", series("\"é", "\"\n"), true},
		{"small rows, text", pgsql.TextLines, "'é' || i", "generate_series(10000, 19999) i", strings.TrimSuffix(series("é", "\n"), "\n"), true},
		{"broken rows", pgsql.JSONLines, `e'[\n' || i || e'\r]'`, "generate_series(10000, 19999) i", series("[ ", " ]\n"), true},
		{"empty rows, text", pgsql.TextLines, "''", "generate_series(1, 20001) i", strings.Repeat("\n", 20_000), true},
		{"some rows", pgsql.JSONLines, "case when i % 2 = 0 then i end", "generate_series(20000, 39999) i", everyOther(), true},
		{"a huge row among others", pgsql.JSONLines, `case when i = 2 then repeat(e'x\n', 1500000) else repeat('y', 9000) end`, "generate_series(1, 3) i", strings.Repeat("y", 9000) + "\n" + strings.Repeat("x ", 1_500_000) + "\n" + strings.Repeat("y", 9000) + "\n", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			job := linesOf(test.form, test.body, test.from)
			for _, dst := range [][]byte{nil, []byte("before"), append(make([]byte, 0, 1<<16), "before"...)} {
				job.Dst = dst
				checkRows(t, p, job, test.want, test.streamed)
			}
			job.Stream = false
			equal(t, "not allowed", mustRun(t, p, job), string(job.Dst)+test.want)
			job = write(job.Main)
			job.Stream = true
			equal(t, "a write", mustRun(t, p, job), test.want)
		})
	}
	equal(t, "process", backend(t, p), process)
}

// checkRows runs a job and reads its body in all ways.
func checkRows(t *testing.T, p *Pool, job *Job, want string, streamed bool) {
	t.Helper()
	if !streamed {
		equal(t, "body", mustRun(t, p, job), string(job.Dst)+want)
		return
	}
	for name, read := range map[string]func(io.Reader) ([]byte, error){
		"all":    io.ReadAll,
		"copied": func(r io.Reader) ([]byte, error) { var b bytes.Buffer; _, err := io.Copy(&b, r); return b.Bytes(), err },
		"in small pieces": func(r io.Reader) ([]byte, error) {
			var b bytes.Buffer
			_, err := io.CopyBuffer(&b, struct{ io.Reader }{r}, make([]byte, 7))
			return b.Bytes(), err
		},
	} {
		r := mustStreamRows(t, t.Context(), p, job)
		clear(job.Dst[len(job.Dst):cap(job.Dst)]) // The caller's again.
		got, err := read(r.Stream)
		if err != nil || string(got) != want {
			t.Errorf("%s: %d bytes, want %d, %v", name, len(got), len(want), err)
		}
		mustClose(t, r)
	}
}

// series is the numbers from 10000 to 19999, each between two texts.
func series(before, behind string) string {
	var b strings.Builder
	for i := range 10_000 {
		b.WriteString(before + number(10_000+i) + behind)
	}
	return b.String()
}

func everyOther() string {
	var b strings.Builder
	for i := 20_000; i < 40_000; i += 2 {
		b.WriteString(number(i) + "\n")
	}
	return b.String()
}

func number(i int) string {
	return string([]byte{byte('0' + i/10_000), byte('0' + i/1000%10), byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)})
}

// An error before the threshold is like any other; one after it is the stream's, which does not end as if it
// were complete. The connection serves on.
func TestRowsThatFail(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	process := backend(t, p)
	mustFail(t, p, linesOf(pgsql.JSONLines, "1/(10000-i)", "generate_series(1, 10000) i"), "22012")

	job := linesOf(pgsql.JSONLines, "1000 + 1/(500000-i)", "generate_series(1, 1000000) i")
	job.PreRequest = sqlOf("select leave_settings(), leave_things()")
	r := mustStreamRows(t, t.Context(), p, job)
	n, err := io.Copy(io.Discard, r.Stream)
	var f *wire.Error
	if n < 2_400_000 || !errors.As(err, &f) || f.Code != "22012" {
		t.Errorf("%d bytes, %v", n, err)
	}
	if m, again := r.Stream.Read(make([]byte, 9)); m != 0 || !errors.Is(again, err) {
		t.Errorf("read again: %d bytes, %v", m, again)
	}
	if err := r.Stream.Close(); !errors.As(err, &f) || Abandoned(err) {
		t.Errorf("closed with %v", err)
	}
	r.Release()
	equal(t, "seen", mustRun(t, p, settingsSeen(false)), nothingSeen+"on|exec_anonymous")
	equal(t, "process", backend(t, p), process)
}

func TestRowsWhoseConnectionDies(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	r := mustStreamRows(t, t.Context(), p, linesOf(pgsql.JSONLines, "i", "(select generate_series(1, 100000000) i) g"))
	d.query(t, "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where usename = 'exec_authenticator'")
	n, err := io.Copy(io.Discard, r.Stream)
	if n == 0 || err == nil || !strings.Contains(err.Error(), "among the rows of an answer") {
		t.Errorf("%d bytes, %v", n, err)
	}
	if err := r.Stream.Close(); err == nil || Abandoned(err) {
		t.Errorf("closed with %v", err)
	}
	r.Release()
	equal(t, "body", mustRun(t, p, names("1")), "item 1")
}

// Rows that are no longer read are no longer produced, and the connection stays in use.
func TestRowsAbandoned(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	process := backend(t, p)
	for name, job := range map[string]*Job{
		"many":  linesOf(pgsql.TextLines, "repeat('x', 1000)", "(select generate_series(1, 100000000)) g"),
		"large": linesOf(pgsql.JSONLines, "repeat('x', 20000000)", "generate_series(1, 3)"),
		"slow":  linesOf(pgsql.JSONLines, "case when i < 3 then repeat('x', 1000000) else "+endless+"::text end", "generate_series(1, 3) i"),
	} {
		t.Run(name, func(t *testing.T) {
			r := mustStreamRows(t, t.Context(), p, job)
			if _, err := io.CopyN(io.Discard, r.Stream, 1_500_000); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if err := r.Stream.Close(); !Abandoned(err) {
				t.Errorf("closed with %v", err)
			}
			if took := time.Since(began); took > patience {
				t.Errorf("took %s", took)
			}
			if err := r.Stream.Close(); err != nil {
				t.Errorf("closed again: %v", err)
			}
			r.Release()
			equal(t, "process", backend(t, p), process)
		})
	}
	equal(t, "afterwards", p.Stats(), Stats{Size: 1, Idle: 1})
}

// If the context ends, so do the rows.
func TestRowsCanceled(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	for _, all := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		r := mustStreamRows(t, ctx, p, linesOf(pgsql.JSONLines, "i", "(select generate_series(1, 100000000) i) g"))
		cancel()
		if _, err := io.Copy(io.Discard, r.Stream); all && err == nil {
			t.Error("read without an error")
		}
		if err := r.Stream.Close(); err == nil {
			t.Error("closed without an error")
		}
		r.Release()
		equal(t, "body", mustRun(t, p, names("1")), "item 1")
	}
}

// The check is called before the first byte.
func TestRowsChecked(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	job := linesOf(pgsql.JSONLines, "i", "(select generate_series(1, 10000000) i) g")
	job.Check = func(r *Answer) *apierr.Error { return apierr.NotSingular(r.PageTotal) }
	mustFail(t, p, job, "PGRST116")
	equal(t, "body", mustRun(t, p, names("1")), "item 1")
}

// Rows that are not read are not produced: PostgreSQL waits for its client. Reading needs little memory.
func TestRowsHoldLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("half a million rows take long")
	}
	const size, rows = 400, 500_000
	d := newDatabase(t)
	p := newPool(t, d.config)
	backend(t, p)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	r := mustStreamRows(t, t.Context(), p, linesOf(pgsql.JSONLines, "repeat('x', 399)", "generate_series(1, 500000)"))
	const waits = "select count(*) from pg_stat_activity where usename = 'exec_authenticator' and wait_event = 'ClientWrite'"
	for deadline := time.Now().Add(patience); d.query(t, waits) != "1"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the database does not wait for the reader")
		}
	}
	var w watermark
	if n, err := io.Copy(&w, r.Stream); err != nil || n != size*rows {
		t.Fatalf("%d bytes, %v", n, err)
	}
	mustClose(t, r)
	if grown := int64(w.memory) - int64(before.HeapInuse); grown > 8<<20 {
		t.Errorf("%d bytes of memory were used", grown)
	}
}
