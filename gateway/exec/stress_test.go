package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// stressTime is how long the stress test runs, shortStressTime where tests are to be short.
const stressTime, shortStressTime = 3 * time.Second, 500 * time.Millisecond

// whoami is the first part of the answers in the stress test: the user of the job, from its transaction's settings.
const whoami = "current_user || ' ' || (current_setting('request.jwt.claims')::json->>'user') || ' '"

// as makes a job run as a user, and returns what whoami reports for it.
func as(job *Job, user string) (me string) {
	role := "exec_anonymous"
	if strings.HasSuffix(user, "1") {
		role = "exec_member"
	}
	job.Settings.Params, job.Role = sqlOf("", role, `{"user":"`+user+`"}`).Params, role
	return role + " " + user + " "
}

// numberedLines are n lines that begin with a text.
func numberedLines(text string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\n%s%d", text, i+1)
	}
	return b.String()[1:]
}

// anError is the answer of a job that has to fail.
const anError = "an error"

// stressJob returns a job of any kind and its answer.
func stressJob(user string, n int) (*Job, string) {
	item := whoami + " || coalesce(string_agg(name, ','), '')"
	job := quick(read(mainOf(item, "item where id = $1", strconv.Itoa(n%100+1))))
	me := as(job, user)
	want := me + "item " + strconv.Itoa(n%100+1)
	instead := func(other *Job, answer string) (*Job, string) {
		as(other, user)
		return other, answer
	}
	switch rand.N(40) {
	case 0, 1: // a unique text
		return instead(quick(read(mainOf(whoami+" || '"+strconv.Itoa(n%300)+"'", "(values (1)) v"))), me+strconv.Itoa(n%300))
	case 2, 3:
		return instead(quick(read(mainOf("(1/(count(*)-1))::text", "(values (1)) v"))), anError)
	case 4:
		return instead(write(job.Main), want)
	case 5:
		checked := write(job.Main)
		checked.Check = func(*Answer) *apierr.Error { return nil }
		return instead(checked, want)
	case 6:
		return instead(read(mainOf(whoami, "pg_sleep(0.01)")), me)
	case 7:
		return instead(quick(read(mainOf(whoami, "pg_sleep(0.03)"))), me)
	case 8, 9:
		streamed := quick(read(mainOf(whoami+" || repeat('x', 100000)", "(values (1)) v")))
		streamed.Stream = true
		return instead(streamed, me+strings.Repeat("x", 100000))
	case 10, 11:
		return instead(quick(linesOf(pgsql.TextLines, whoami+" || i", "generate_series(1, 3000) i group by i order by i")),
			numberedLines(me, 3000))
	case 12:
		return instead(read(mainOf(whoami, "(select leave_nothing_prepared()) f")), me)
	case 13:
		return instead(quick(call("leave_settings()")), "called")
	case 14:
		return instead(calling(attack, true), "called")
	case 15:
		job.Isolation = "serializable"
	case 16:
		job.PreRequest = sqlOf("select set_config('app.pre', 'x', false)")
	default:
		job.Pure, job.Quick, job.Provable = n%2 == 0, n%4 < 2, true
	}
	return job, want
}

// bodyRead returns a result's body, or what was read of it before it was closed.
func bodyRead(r *Result, canceled bool) (body string, err error) {
	defer r.Release()
	if r.Stream == nil {
		return string(r.Body), nil
	}
	if canceled {
		b := make([]byte, 100)
		n, err := r.Stream.Read(b)
		_ = r.Stream.Close()
		return string(b[:n]), errors.Join(errors.New("given up"), err)
	}
	b, err := io.ReadAll(r.Stream)
	return string(b), errors.Join(err, r.Stream.Close())
}

// forgivable reports whether a job may fail with an error while connections are killed and attacked.
func forgivable(err error) bool {
	var e *apierr.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case "57P01", "PGRST000", "PGRST001": // ended, could not be opened, was lost
		return true
	default:
		return strings.HasPrefix(e.Code, "TRUNK")
	}
}

// disturb changes what may change while a pool is used, holds jobs up and kills connections.
func disturb(t *testing.T, d database, p *Pool, n int) {
	t.Helper()
	p.SetGeneration(uint64(n / 3))
	s := p.settings.Load().Settings
	s.BatchDepth = [...]int{8, 2, 1, 4}[n%4]
	s.MaxPerRole = [...]RoleLimits{{}, {Default: 1}, {Default: 2}, {Roles: map[string]int{"exec_anonymous": 1}}, {}}[n%5]
	p.SetSettings(s)
	if n%4 == 0 {
		alter(t, d, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'exec_authenticator' "+
			"and datname = current_database() order by random() limit 1")
	}
	if n%5 == 0 {
		alter(t, d, "begin; lock table item; select pg_sleep(0.03); commit")
	}
}

// restored checks that a pool is in its initial state.
func restored(t *testing.T, p *Pool) {
	t.Helper()
	until(t, "nothing is under way", func() bool { s := p.Stats(); return s.Busy+s.Opening+s.Waiting == 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	equal(t, "running", len(p.running.slots), 0)
	equal(t, "open", p.open, len(p.idle))
	equal(t, "those in turn", p.waiters.inTurn+p.waiters.takers+len(p.waiters.ready), 0)
	for _, s := range p.waiters.shares {
		equal(t, "held by "+s.role, s.held+s.count, 0)
	}
	for _, s := range p.idle {
		equal(t, "members", len(s.batch.members), 0)
		equal(t, "holdings", len(s.holdings), 0)
		equal(t, "fit", s.session.Reusable() && !s.session.Dirty(), true)
	}
}

// Whatever happens, each job gets its own answer or an expected error, and all connections are idle in the end.
func TestStress(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(3), func(o *Options) { o.StreamThreshold, o.StatementCacheSize = 1<<14, 40 })
	long := stressTime
	if testing.Short() {
		long = shortStressTime
	}
	end := time.Now().Add(long)
	var group sync.WaitGroup
	for user := range 24 {
		group.Go(func() {
			dst := make([]byte, 0, 1<<10)
			for n := 0; time.Now().Before(end); n++ {
				job, want := stressJob(fmt.Sprint("user", user), n)
				if n%3 == 0 && !job.Stream { // a stream has no part of it
					job.Dst, want = append(dst[:0], "> "...), "> "+want
				}
				stress(t, p, job, want)
				clear(dst[:cap(dst)]) // as the next request does
			}
		})
	}
	provable, _ := stressJob("", 17)
	for n := 1; time.Now().Before(end); n++ {
		trust(p, provable)
		time.Sleep(50 * time.Millisecond)
		disturb(t, d, p, n)
	}
	group.Wait()
	restored(t, p)
}

// stress runs one job, whose client may disconnect, or may not read all of a stream.
func stress(t *testing.T, p *Pool, job *Job, want string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	impatient := rand.N(10) == 0
	if impatient {
		defer time.AfterFunc(rand.N(20*time.Millisecond), cancel).Stop()
	}
	r, err := p.Run(ctx, job)
	if err != nil {
		if !impatient && !forgivable(err) && !strings.HasSuffix(want, anError) {
			t.Errorf("%.50q: %v", want, err)
		}
		return
	}
	got, err := bodyRead(r, rand.N(4) == 0)
	if err == nil && got != want || !strings.HasPrefix(want, got) {
		t.Errorf("%d bytes, %.80q, want %.80q", len(got), got, want)
	}
}
