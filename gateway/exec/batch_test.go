package exec

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"

	"trunkline/planner/pgsql"
)

// batched is a pool whose quick jobs may share a flush.
func batched(n int) func(*Options) {
	return func(o *Options) { o.Size, o.BatchDepth = n, 8 }
}

// places are the figures of a pool's places.
func places(p *Pool) Stats {
	s := p.Stats()
	s.Shared = 0
	return s
}

// unhurried has members wait for their turn without a limit: a busy machine must not look like a lock.
func unhurried(p *Pool) *Pool {
	p.maxTurn = time.Hour
	return p
}

// quick lets a job share a flush.
func quick(job *Job) *Job {
	job.Quick = true
	return job
}

// answer is the outcome of a job.
type answer struct {
	body string
	err  error
}

// together runs jobs so that they share one flush: on a pool whose only idle connection is taken until all of them
// wait, in their order. The answers come in that order too.
func together(t *testing.T, ctx context.Context, p *Pool, jobs ...*Job) []<-chan answer {
	t.Helper()
	release := take(t, p)
	answers := make([]<-chan answer, len(jobs))
	for i, job := range jobs {
		done := make(chan answer, 1)
		answers[i] = done
		go func() {
			r, err := p.Run(ctx, job)
			if err != nil {
				done <- answer{err: err}
				return
			}
			body := string(r.Body)
			if r.Stream != nil {
				b, _ := io.ReadAll(r.Stream)
				body = string(b)
				_ = r.Stream.Close()
			}
			r.Release()
			done <- answer{body: body}
		}()
		until(t, "the job waits", func() bool { return p.Stats().Waiting == i+1 })
	}
	release()
	return answers
}

// bodyOf waits for an answer that has to be a success.
func bodyOf(t *testing.T, a <-chan answer) string {
	t.Helper()
	got := within(t, a)
	if got.err != nil {
		t.Error(got.err)
	}
	return got.body
}

func within(t *testing.T, a <-chan answer) answer {
	t.Helper()
	select {
	case got := <-a:
		return got
	case <-time.After(patience):
		t.Fatal("there is no answer")
		return answer{}
	}
}

// flushes counts the writes to the network during a call.
func flushes(w *tap, do func()) int {
	w.reset()
	do()
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.writes)
}

func TestBatchIsOneFlush(t *testing.T) {
	d := newDatabase(t)
	var w tap
	p := unhurried(newPool(t, w.through(d.config), batched(1)))
	process := backend(t, p)
	for range 3 { // prepared or not
		n := flushes(&w, func() {
			var jobs []*Job
			for i := range 8 {
				jobs = append(jobs, quick(names(strconv.Itoa(i+1))))
			}
			for i, a := range together(t, t.Context(), p, jobs...) {
				equal(t, "body", bodyOf(t, a), fmt.Sprint("item ", i+1))
			}
		})
		equal(t, "flushes", n, 1)
	}
	equal(t, "process", backend(t, p), process)
	equal(t, "shared", p.Stats().Shared, uint64(3*7))
	equal(t, "stats", places(p), Stats{Size: 1, Idle: 1})
}

// Only quick reads share, and no more than the limit.
func TestBatchOfWhom(t *testing.T) {
	d := newDatabase(t)
	for _, tt := range []struct {
		name  string
		depth int
		jobs  func() []*Job
		want  int
	}{
		{"all", 8, func() []*Job { return []*Job{quick(names("1")), quick(names("2")), quick(names("3"))} }, 1},
		{"none is quick", 8, func() []*Job { return []*Job{names("1"), names("2"), names("3")} }, 3},
		{"a slow one leads", 8, func() []*Job { return []*Job{names("1"), quick(names("2")), quick(names("3"))} }, 2},
		{"a slow one between", 8, func() []*Job { return []*Job{quick(names("1")), names("2"), quick(names("3"))} }, 3},
		{"at most two", 2, func() []*Job { return []*Job{quick(names("1")), quick(names("2")), quick(names("3"))} }, 2},
		{"a pre-request", 8, func() []*Job {
			job := quick(names("2"))
			job.PreRequest = sqlOf("select 1")
			return []*Job{quick(names("1")), job, quick(names("3"))}
		}, 3},
		{"turned off", 1, func() []*Job { return []*Job{quick(names("1")), quick(names("2"))} }, 2},
		{"writes", 8, func() []*Job { return []*Job{quick(insert()), quick(insert())} }, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w tap
			p := unhurried(newPool(t, w.through(d.config), batched(1), func(o *Options) { o.BatchDepth = tt.depth }))
			backend(t, p)
			n := flushes(&w, func() {
				for _, a := range together(t, t.Context(), p, tt.jobs()...) {
					bodyOf(t, a)
				}
			})
			equal(t, "flushes", n, tt.want)
		})
	}
}

// Large parameters are not copied into a flush, and so such a job shares none.
func TestLargeParametersDoNotShare(t *testing.T) {
	for size, want := range map[int]bool{maxMemberValue - 1: true, maxMemberValue: false} {
		for _, where := range []func(*Job) *pgsql.Statement{
			func(j *Job) *pgsql.Statement { return &j.Main }, func(j *Job) *pgsql.Statement { return &j.Settings },
		} {
			job := quick(names("1"))
			where(job).Params = append(where(job).Params, pgsql.Param{Value: make([]byte, size)})
			equal(t, "shares", job.shareable(), want)
		}
	}
}

// laden gives a job many parameters, none of which is large.
func laden(job *Job) *Job {
	for n := len(job.Settings.Params) + 1; n <= 8; n++ {
		job.Settings.SQL += ", length($" + strconv.Itoa(n) + "::text)"
		value := bytes.Repeat([]byte{'x'}, maxMemberValue-1)
		job.Settings.Params = append(job.Settings.Params, pgsql.Param{Value: value})
	}
	return job
}

// A batch is sent before the members' answers are read. If it were large, and they too, both sides would wait for ever.
func TestBatchOfManyParameters(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1))
	backend(t, p)
	const size = 1e6 // below the stream threshold
	var jobs []*Job
	for range 8 {
		jobs = append(jobs, laden(quick(large(size))))
	}
	for _, a := range together(t, t.Context(), p, jobs...) {
		equal(t, "size", len(bodyOf(t, a)), int(size))
	}
}

// A member's error is its own, and so is its transaction: locks, settings and snapshots end with it.
func TestBatchKeepsJobsApart(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1))
	process := backend(t, p)
	failing := quick(read(mainOf("(1/(count(*)-1))::text", "(values (1)) v")))
	littering := quick(call("leave_settings()"))
	locking := quick(read(mainOf("(1/(count(*)-1))::text", "(select pg_advisory_lock(4711)) f")))
	rolled := quick(names("3"))
	rolled.Isolation = "serializable"
	a := together(t, t.Context(), p, quick(names("1")), failing, littering, quick(settingsSeen(false)), locking, rolled,
		quick(names("4")))
	equal(t, "first", bodyOf(t, a[0]), "item 1")
	failed(t, within(t, a[1]).err, "22012")
	equal(t, "call", bodyOf(t, a[2]), "called")
	equal(t, "seen", bodyOf(t, a[3]), nothingSeen+"on|exec_anonymous")
	failed(t, within(t, a[4]).err, "22012")
	equal(t, "isolated", bodyOf(t, a[5]), "item 3")
	equal(t, "last", bodyOf(t, a[6]), "item 4")
	locks := read(mainOf("(select count(*) from pg_locks where locktype = 'advisory')::text", "(values (1)) v"))
	equal(t, "locks", mustRun(t, p, locks), "0")
	equal(t, "process", backend(t, p), process)
}

// If statements are missing, members are retried on their own.
func TestBatchWithoutStatements(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1))
	process := backend(t, p)
	for range 3 {
		mustRun(t, p, call("leave_nothing_prepared()"))
		a := together(t, t.Context(), p, quick(names("1")), quick(numbered(2)), quick(names("3")))
		equal(t, "leader", bodyOf(t, a[0]), "item 1")
		equal(t, "second", bodyOf(t, a[1]), "2")
		equal(t, "third", bodyOf(t, a[2]), "item 3")
	}
	equal(t, "process", backend(t, p), process)
}

// A large answer is returned as a stream, and jobs after it do not wait for its reader.
func TestBatchWithAStream(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1), func(o *Options) { o.StreamThreshold = 1 << 16 })
	a := together(t, t.Context(), p, quick(large(1<<20)), quick(names("2")), quick(large(1<<20)), quick(names("4")))
	equal(t, "leader", len(bodyOf(t, a[0])), 1<<20/10*10)
	equal(t, "second", bodyOf(t, a[1]), "item 2")
	equal(t, "third", len(bodyOf(t, a[2])), 1<<20/10*10)
	equal(t, "fourth", bodyOf(t, a[3]), "item 4")
	until(t, "the connection is idle", func() bool { return places(p) == Stats{Size: 1, Idle: 1} })
}

// Under load, each job gets its own answer.
func TestBatchUnderLoad(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(3))
	var group sync.WaitGroup
	for user := range 40 {
		group.Go(func() {
			for i := range 50 {
				n := (user*7+i)%100 + 1
				job := quick(names(strconv.Itoa(n)))
				if i%10 == 9 {
					job = quick(read(mainOf("(1/(count(*)-1))::text", "(values (1)) v")))
				}
				r, err := p.Run(t.Context(), job)
				switch {
				case i%10 == 9 && err == nil:
					t.Error("an error is lost")
					r.Release()
				case i%10 == 9:
				case err != nil:
					t.Error(err)
				default:
					if got, want := string(r.Body), fmt.Sprint("item ", n); got != want {
						t.Errorf("%q, want %q", got, want)
					}
					r.Release()
				}
			}
		})
	}
	group.Wait()
	until(t, "nothing is under way", func() bool { return p.Stats().Busy == 0 }) // a member may have left without reading its answer
	equal(t, "waiting", p.Stats().Waiting, 0)
}
