package model

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"trunkline/gateway/exec"
)

// runner is a sequence that is running.
type runner struct {
	shape shape
	// In the worlds, a is that of the pool, and b that of the oracle.
	*worlds
	pool       *exec.Pool
	proxy      *proxy // nil if nothing is to break
	oracle     oracle
	generation uint64
	tally      *tally
}

// failure is a failure that was found.
type failure struct {
	step int
	text string
}

// run runs a sequence up to the first failure; nil if there is none.
func run(t *testing.T, w *worlds, q sequence, counts *tally) *failure {
	t.Helper()
	if err := w.reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := &runner{shape: q.Shape, worlds: w, tally: counts}
	r.oracle.config = r.b.unix.Copy()
	for name, value := range map[string]string{ // which the executor promises, whatever those of the login role are
		"default_transaction_isolation": "read committed", "default_transaction_read_only": "off",
	} {
		r.oracle.config.RuntimeParams[name] = value
	}
	config := r.a.unix
	if q.Shape.Proxied {
		tcp := r.a.tcp
		r.proxy = newProxy(t, net.JoinHostPort(tcp.Host, strconv.Itoa(int(tcp.Port))))
		defer r.proxy.close()
		config = tcp.Copy()
		config.Port, config.Fallbacks = r.proxy.port(), nil
	}
	pool, err := newPool(config, q.Shape)
	if err != nil {
		t.Fatal(err)
	}
	r.pool = pool
	defer pool.Close()
	defer r.oracle.renew(context.WithoutCancel(t.Context()))
	for i := range q.Steps {
		if text := r.step(t.Context(), &q.Steps[i]); text != "" {
			return &failure{step: i, text: text}
		}
	}
	return nil
}

// step does one step and returns what is wrong afterwards, "" for nothing.
func (r *runner) step(ctx context.Context, s *step) string {
	if s.DDL != "" {
		if a, b := r.a.change(ctx, s.DDL), r.b.change(ctx, s.DDL); a != b {
			return fmt.Sprintf("the databases differ: %q, %q", a, b)
		}
		r.oracle.renew(ctx)
		if s.Announce {
			r.generation++
			r.pool.SetGeneration(r.generation)
			if strings.Contains(s.DDL, "alter role model_authenticator") { // which a reload finds out by comparing
				r.pool.Renew()
			}
		}
		return ""
	}
	if s.Severed {
		if err := r.sever(ctx); err != nil {
			return err.Error()
		}
	}
	if s.Chain != nil {
		return r.chainStep(ctx, s)
	}
	jobs, answers := s.Jobs, make([]answer, len(s.Jobs))
	if s.Gate {
		jobs, answers = r.gated(ctx, s)
	} else {
		disturbed := r.disturb(ctx, s)
		together(len(jobs), func(i int) { answers[i] = ask(ctx, r.pool, &jobs[i]) })
		disturbed()
	}
	if r.proxy != nil {
		r.proxy.arm(nil)
		if err := r.settle(ctx); err != nil {
			return err.Error()
		}
	}
	return r.judge(ctx, s, jobs, answers)
}

// together calls f with the numbers below n, each in its own goroutine, and waits.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { f(i) })
	}
	group.Wait()
}

// gateLock is the advisory lock for which jobs with the statement "hold" wait.
const gateLock = "77"

// gated runs the jobs of a step after all of them have waited for connections, which others hold. Those are the first
// ones of the jobs returned.
func (r *runner) gated(ctx context.Context, s *step) ([]spec, []answer) {
	n := r.shape.Size
	jobs := make([]spec, n, n+len(s.Jobs))
	for i := range jobs {
		jobs[i] = spec{Main: "hold", Role: "model_anon", ReadOnly: true, Pure: true, RoleOnly: i%2 == 0}
	}
	jobs = append(jobs, s.Jobs...)
	answers := make([]answer, len(jobs))
	done := make(chan int, len(jobs))
	start := func(from, to int) {
		for i := from; i < to; i++ {
			go func() {
				answers[i] = ask(ctx, r.pool, &jobs[i])
				done <- i
			}()
		}
	}
	ended := 0
	must(simple(ctx, r.gate, "select pg_advisory_lock("+gateLock+")"))
	start(0, n)
	poll(func() bool {
		held, err := r.a.value(ctx, "select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = "+
			gateLock+" and database = (select oid from pg_database where datname = current_database())")
		must(err)
		return held == strconv.Itoa(n-len(done))
	})
	start(n, len(jobs))
	poll(func() bool { return r.pool.Stats().Waiting+len(done) >= len(s.Jobs) })
	disturbed := r.disturb(ctx, s)
	must(simple(ctx, r.gate, "select pg_advisory_unlock("+gateLock+")"))
	for ended < len(jobs) {
		<-done
		ended++
	}
	disturbed()
	return jobs, answers
}

// disturb breaks connections as the step says. What it returns waits until that is over.
func (r *runner) disturb(ctx context.Context, s *step) (wait func()) {
	if r.proxy != nil && s.Cut != nil {
		r.proxy.arm(s.Cut)
	}
	if s.Terminate == 0 {
		return func() {}
	}
	var group sync.WaitGroup
	group.Go(func() {
		time.Sleep(s.Terminate)
		_, err := r.a.value(ctx, "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity "+
			"where usename = 'model_authenticator' and datname = current_database() order by pid limit 1) one")
		must(err)
	})
	return group.Wait
}

// sever has PostgreSQL end all connections, and waits until that is over. A connection that was being opened for a job
// whose client has gone may come meanwhile: it is ended too.
func (r *runner) sever(ctx context.Context) error {
	const end = "select count(pg_terminate_backend(pid)) from pg_stat_activity " +
		"where usename = 'model_authenticator' and datname = current_database()"
	var err error
	poll(func() bool {
		var n string
		n, err = r.a.value(ctx, end)
		return err != nil || n == "0" && (r.proxy == nil || len(r.proxy.ports()) == 0)
	})
	return err
}

// settle waits until PostgreSQL has noticed which connections have ended, and the proxy those that PostgreSQL has
// ended.
func (r *runner) settle(ctx context.Context) error {
	for left := hangLooks; ; left-- {
		text, err := r.a.value(ctx, "select count(*) filter (where client_port = any ('{"+r.portList()+"}')) || ' ' || count(*) "+
			"from pg_stat_activity where usename = 'model_authenticator' and datname = current_database()")
		if err != nil {
			return err
		}
		n := len(r.proxy.ports())
		if text == fmt.Sprint(n, " ", n) {
			return nil
		}
		if time.Sleep(time.Millisecond); left == 0 {
			return fmt.Errorf("%d connections are open, but of those and in all PostgreSQL has %s", n, text)
		}
	}
}

func (r *runner) portList() (list string) {
	for port := range r.proxy.ports() {
		if list != "" {
			list += ","
		}
		list += strconv.Itoa(port)
	}
	return list
}

// hangLooks is the number of checks, about a millisecond apart, after which poll fails. Checks are
// counted, not time, so that a machine that was halted fails nothing.
const hangLooks = 120_000

// poll waits until a condition is true.
func poll(until func() bool) {
	for left := hangLooks; !until(); left-- {
		if time.Sleep(time.Millisecond); left == 0 {
			panic("a job waited for what never came")
		}
	}
}

// must panics if the test itself fails.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
