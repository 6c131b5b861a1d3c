package exec

import (
	"context"
	"strconv"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// lockItems locks the table item until it is released.
func lockItems(t *testing.T, d database) (unlock func()) {
	t.Helper()
	return lockTable(t, d, "item")
}

func lockTable(t *testing.T, d database, table string) (unlock func()) {
	t.Helper()
	conn := pgtest.Conn(t, d.superuser)
	run := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
			t.Fatal(err)
		}
	}
	run("begin; lock table " + table)
	return func() { run("commit") }
}

const blocked = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"

// A delay of the leader delays members only for a moment, if there is another connection.
func TestBatchBehindALock(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(2))
	hold(t, p, 2)
	other := take(t, p)
	unlock := lockItems(t, d)
	jobs := []*Job{quick(names("1")), quick(numbered(2)), quick(numbered(3)), quick(numbered(4))}
	a := together(t, t.Context(), p, jobs...)
	other()
	for i := 1; i < len(a); i++ {
		equal(t, "member", bodyOf(t, a[i]), strconv.Itoa(i+1))
	}
	select {
	case got := <-a[0]:
		t.Errorf("the leader did not wait for the lock: %v", got)
	default:
	}
	unlock()
	equal(t, "leader", bodyOf(t, a[0]), "item 1")
	until(t, "both connections are idle", func() bool { return places(p) == Stats{Size: 2, Idle: 2} })
	equal(t, "afterwards", mustRun(t, p, names("5")), "item 5")
}

// A member whose client disconnects is not waited for, and does not affect the others.
func TestBatchMemberGoes(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(1))
	process := backend(t, p)
	unlock := lockItems(t, d)
	gone, cancel := context.WithCancel(t.Context())
	first := make(chan answer, 1)
	release := take(t, p)
	run := func(ctx context.Context, job *Job, into chan<- answer) {
		before := p.Stats().Waiting
		go func() {
			r, err := p.Run(ctx, job)
			a := answer{err: err}
			if err == nil {
				a.body = string(r.Body)
				r.Release()
			}
			into <- a
		}()
		until(t, "the job waits", func() bool { return p.Stats().Waiting == before+1 })
	}
	second, third := make(chan answer, 1), make(chan answer, 1)
	run(t.Context(), quick(names("1")), first)
	run(gone, quick(numbered(2)), second)
	run(t.Context(), quick(numbered(3)), third)
	release()
	eventually(t, d, blocked, "1")
	cancel()
	if got := within(t, second); got.err == nil {
		t.Errorf("the member that left got %q", got.body)
	}
	unlock()
	equal(t, "leader", bodyOf(t, first), "item 1")
	equal(t, "other member", bodyOf(t, third), "3")
	equal(t, "process", backend(t, p), process)
}

// The statement of a leader whose client disconnects is canceled, and the members get their answers.
func TestBatchLeaderGoes(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(1))
	unlock := lockItems(t, d)
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	release := take(t, p)
	leader := aside(ctx, p, quick(names("1")))
	until(t, "the leader waits", func() bool { return p.Stats().Waiting == 1 })
	second := aside(t.Context(), p, quick(numbered(2)))
	until(t, "the member waits", func() bool { return p.Stats().Waiting == 2 })
	release()
	eventually(t, d, blocked, "1")
	cancel()
	failed(t, <-leader, "57014")
	equal(t, "blocked", d.query(t, blocked), "0")
	if err := <-second; err != nil {
		t.Error(err)
	}
	equal(t, "afterwards", mustRun(t, p, numbered(3)), "3")
}

// If a connection breaks during a batch, the job whose statement was ended fails, as it would alone, and no other.
func TestBatchOnADyingConnection(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(1))
	process := backend(t, p)
	unlock := lockItems(t, d)
	a := together(t, t.Context(), p, quick(names("1")), quick(names("2")), quick(numbered(3)))
	eventually(t, d, blocked, "1")
	d.query(t, "select pg_terminate_backend("+process+")")
	unlock()
	failed(t, within(t, a[0]).err, "57P01")
	equal(t, "second", bodyOf(t, a[1]), "item 2")
	equal(t, "third", bodyOf(t, a[2]), "3")
}

// A member that has to be retried is not refused in favour of later jobs.
func TestBatchMembersAreNotRefused(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(1), func(o *Options) { o.MaxWaiting = 3 })
	backend(t, p)
	unlock := lockItems(t, d)
	a := together(t, t.Context(), p, quick(names("1")), quick(numbered(2)), quick(numbered(3)))
	later := make(chan error, 3)
	for range cap(later) {
		go func() {
			r, err := p.Run(t.Context(), names("4"))
			if err == nil {
				r.Release()
			}
			later <- err
		}()
	}
	until(t, "members try again", func() bool { return p.Stats().Waiting == 5 })
	mustFail(t, p, names("5"), "TRUNK503")
	unlock()
	for i, want := range []string{"item 1", "2", "3"} {
		equal(t, "body", bodyOf(t, a[i]), want)
	}
	for range cap(later) {
		equal(t, "later", <-later, nil)
	}
}

// A connection that is lost while no job waits for its answer is reported once, with the reason.
func TestBatchLostBehindAMemberThatWent(t *testing.T) {
	d := newDatabase(t)
	var o observations
	p := newPool(t, d.config, batched(1), o.observe)
	process := backend(t, p)
	unlockItems, unlockCounted := lockItems(t, d), lockTable(t, d, "counted")
	a := together(t, t.Context(), p, quick(names("1")), quick(read(mainOf("count(*)::text", "counted"))))
	until(t, "the member tries again", func() bool { return p.Stats().Waiting == 1 })
	unlockItems()
	equal(t, "leader", bodyOf(t, a[0]), "item 1")
	d.query(t, "select pg_terminate_backend("+process+")")
	until(t, "the connection was closed", func() bool { return o.count(Lost) > 0 })
	unlockCounted()
	equal(t, "member", bodyOf(t, a[1]), "0")
	equal(t, "lost", o.count(Lost), 1)
}

// Closing a pool during a batch leaves no job waiting.
func TestBatchOnAClosedPool(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(1))
	backend(t, p)
	unlock := lockItems(t, d)
	a := together(t, t.Context(), p, quick(names("1")), quick(numbered(2)))
	eventually(t, d, blocked, "1")
	if got := within(t, closing(p, a[1])); got.err == nil {
		t.Errorf("got %q from a closed pool", got.body)
	}
	unlock()
	within(t, a[0])
}

func closing(p *Pool, a <-chan answer) <-chan answer {
	go p.Close()
	return a
}
