package exec

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"trunkline/planner/apierr"
)

// shares are the limits of a pool of some size in which each role may hold n connections.
func shares(size, n int) func(*Options) {
	return func(o *Options) { o.Size, o.BatchDepth, o.MaxPerRole = size, 1, RoleLimits{Default: n} }
}

// takeAs takes a connection out of a pool for a job of a role.
func takeAs(t testing.TB, p *Pool, role string) (release func()) {
	t.Helper()
	g, err := p.acquire(t.Context(), applicant{role: role})
	if err != nil {
		t.Fatal(err)
	}
	return func() { p.release(g.slot) }
}

const anonRole, memberRole = "exec_anonymous", "exec_member"

func TestRoleLimits(t *testing.T) {
	limits := RoleLimits{Default: 4, Roles: map[string]int{"few": 1, "all": 9, "any": 0}}
	for role, want := range map[string]int{"few": 1, "all": 9, "any": 0, "other": 4} {
		got := limits.of(role, 9)
		if none := want == 0 || want >= 9; none != (got > 9) || !none && got != want {
			t.Errorf("%s: %d, want %d", role, got, want)
		}
	}
}

// simpleShares does what the queues with shares do, without any data structure: an oracle.
type simpleShares struct {
	limits  RoleLimits
	size    int
	waiting []*waiter // in the order in which they came
	held    map[string]int
}

func (o *simpleShares) room(role string) int { return max(0, o.limits.of(role, o.size)-o.held[role]) }

// first returns the next waiter, or nil.
func (o *simpleShares) first() *waiter {
	for _, w := range o.waiting {
		if o.room(w.role) > 0 {
			return w
		}
	}
	return nil
}

// counts returns how many wait only for a connection, and how many of them could get one now.
func (o *simpleShares) counts() (inTurn, takers int) {
	taken := make(map[string]int)
	for _, w := range o.waiting {
		if o.room(w.role) > 0 {
			inTurn++
		}
		if taken[w.role]++; taken[w.role] <= o.room(w.role) {
			takers++
		}
	}
	return inTurn, takers
}

// TestSharesAgainstOracle has waiters come, go, be served and give back, while the limits change, and compares who is
// next, and how many there are, with an oracle that examines all of them each time.
func TestSharesAgainstOracle(t *testing.T) {
	roles := []string{"a", "b", "c", "d"}
	const size = 6
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := &Pool{}
		q := &p.waiters
		q.common.flow, q.flow = newFlow(time.Second), newFlow(time.Second)
		o := &simpleShares{size: size, held: make(map[string]int)}
		var slots []*slot
		now := time.Now()
		take := func(w *waiter) {
			o.waiting = slices.DeleteFunc(o.waiting, func(other *waiter) bool { return other == w })
		}
		for step := range 400 {
			now = now.Add(time.Millisecond)
			if step == 0 || r.IntN(3) == 0 && len(o.waiting) == 0 {
				o.limits = RoleLimits{Default: r.IntN(4), Roles: map[string]int{"a": r.IntN(3), "b": 1 + r.IntN(size)}}
				q.setLimits(o.limits, size)
			}
			switch r.IntN(8) {
			case 0, 1, 2:
				w := &waiter{applicant: applicant{role: roles[r.IntN(len(roles))]}}
				w.share = q.share(w.role)
				q.push(w, now)
				o.waiting = append(o.waiting, w)
			case 3, 4, 5:
				if w := q.pop(); w != nil {
					if want := o.first(); w != want {
						t.Fatalf("seed %d, step %d: %s is next, want %+v", seed, step, w.role, want)
					}
					take(w)
					s := &slot{reading: w.share}
					p.holdLocked(s, w.share)
					if w.share != nil { // who began without a limit does not count
						o.held[w.role]++
					}
					slots = append(slots, s)
				}
			case 6:
				if len(slots) > 0 {
					i := r.IntN(len(slots))
					if sh := slots[i].reading; sh != nil {
						o.held[sh.role]--
					}
					p.unholdAllLocked(slots[i])
					slots = slices.Delete(slots, i, i+1)
				}
			default:
				if len(o.waiting) > 0 {
					w := o.waiting[r.IntN(len(o.waiting))]
					q.remove(w)
					take(w)
				}
			}
			checkShares(t, q, o)
		}
	}
}

func checkShares(t *testing.T, q *waiters, o *simpleShares) {
	t.Helper()
	inTurn, takers := o.counts()
	if got := q.common.count + q.inTurn; got != inTurn || q.count != len(o.waiting) {
		t.Fatalf("%d of %d wait their turn, want %d of %d", got, q.count, inTurn, len(o.waiting))
	}
	if free := q.common.count + q.takers; free != takers {
		t.Fatalf("%d could get connections, want %d", free, takers)
	}
	if got, want := q.first(), o.first(); got != want {
		t.Fatalf("%+v is next, want %+v", got, want)
	}
}

// A role that holds its share waits, opens no connection beyond it, and is overtaken by others.
func TestRoleWaitsForItsShare(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config), shares(4, 2))
	first, second := takeAs(t, p, anonRole), takeAs(t, p, anonRole)
	waiting := aside(t.Context(), p, names("1"))
	until(t, "the third waits", func() bool { return p.Stats().Waiting == 1 })
	equal(t, "opened", w.conns, 2)
	for range 3 {
		equal(t, "another role", mustRun(t, p, asMember(names("2"))), "item 2")
	}
	equal(t, "idle beside the one that waits", p.Stats(), Stats{Size: 4, Busy: 2, Idle: 1, Waiting: 1})
	first()
	if err := <-waiting; err != nil {
		t.Error(err)
	}
	second()
	restored(t, p)
}

// A job that waits for its role's share leaves when its client disconnects, when its time is up, and when the pool is
// closed.
func TestLeavingAShare(t *testing.T) {
	d := newDatabase(t)
	var o observations
	p := newPool(t, d.config, o.observe, shares(3, 1), func(o *Options) { o.AcquireTimeout = 50 * time.Millisecond })
	until(t, "a connection is open", func() bool {
		r, err := p.Run(t.Context(), names("1")) // it may come too late for this one
		if err == nil {
			r.Release()
		}
		return err == nil
	})
	release := takeAs(t, p, anonRole)
	e := mustFail(t, p, names("1"), "PGRST003")
	equal(t, "Retry-After", e.Headers[0], apierr.Header{Name: "Retry-After", Value: "1"})
	equal(t, "told", o.count(Limited), 1)
	equal(t, "role observed", o.told[len(o.told)-1].Role, anonRole)
	release()
	restored(t, p)

	p = newPool(t, d.config, shares(3, 1))
	release = takeAs(t, p, anonRole)
	ctx, cancel := context.WithCancel(t.Context())
	gone := aside(ctx, p, names("1"))
	until(t, "it waits", func() bool { return p.Stats().Waiting == 1 })
	cancel()
	failed(t, <-gone, "PGRSTX00")
	last := aside(t.Context(), p, names("1"))
	until(t, "it waits", func() bool { return p.Stats().Waiting == 1 })
	p.Close()
	failed(t, <-last, "PGRST000")
	release()
}

// A role may fill only its part of the queue: the rest is for others.
func TestCrowdedShare(t *testing.T) {
	var o observations
	p := newPool(t, newDatabase(t).config, o.observe, shares(4, 2), func(o *Options) { o.MaxWaiting = 8 })
	releases := []func(){takeAs(t, p, anonRole), takeAs(t, p, anonRole)}
	waiting := make([]<-chan error, 0, 4)
	for i := range 4 {
		waiting = append(waiting, aside(t.Context(), p, names("1")))
		until(t, "it waits", func() bool { return p.Stats().Waiting == i+1 })
	}
	e := mustFail(t, p, names("1"), "TRUNK503")
	contains(t, "hint", e.Hint.(string), "db-pool-max-per-role")
	equal(t, "told", o.count(Limited), 1)
	equal(t, "another role", mustRun(t, p, asMember(names("2"))), "item 2")
	for _, release := range releases {
		release()
	}
	for _, a := range waiting {
		if err := <-a; err != nil {
			t.Error(err)
		}
	}
	restored(t, p)
}

// A job that would wait too long is refused by the pace of its own role, not by that of another one.
func TestForecastOfAShare(t *testing.T) {
	var q waiters
	q.common.flow, q.flow = newFlow(time.Second), newFlow(time.Second)
	q.setLimits(RoleLimits{Default: 2}, 10)
	slow, quick := q.share("slow"), q.share("quick")
	now := time.Unix(1000, 0)
	push := func(s *share, n int) {
		for range n {
			q.push(&waiter{applicant: applicant{share: s}}, now)
		}
	}
	push(slow, 300)
	push(quick, 50)
	for range 300 { // three seconds
		now = now.Add(10 * time.Millisecond)
		for s, n := range map[*share]int{slow: 1, quick: 5} {
			for range n {
				q.noteServed(now, &waiter{applicant: applicant{share: s}}, nil)
			}
		}
	}
	slow.held = 2
	q.refresh(slow)
	for s, want := range map[*share]bool{slow: true, quick: false, q.share("new"): false, nil: false} {
		seconds, hopeless := q.forecast(now, s)
		if hopeless != want || want && seconds != 2 {
			t.Errorf("%+v: %t, %d s; want %t", s, hopeless, seconds, want)
		}
	}
	push(quick, 450) // 500 at 500 a second; all those in turn are 500 at 600 a second
	for _, s := range []*share{quick, nil, q.share("new")} {
		if _, hopeless := q.forecast(now, s); hopeless != (s == quick) {
			t.Errorf("%+v: %t", s, hopeless)
		}
	}
	push(nil, 100)
	if _, hopeless := q.forecast(now, q.share("new")); !hopeless {
		t.Error("600 waiters at 600 a second are served in time")
	}
}

// A reload that removes, raises or lowers limits applies to waiting jobs too.
func TestSharesAreReloaded(t *testing.T) {
	p := newPool(t, newDatabase(t).config, shares(4, 1))
	release := takeAs(t, p, anonRole)
	set := func(limits RoleLimits) {
		s := p.settings.Load().Settings
		s.MaxPerRole = limits
		p.SetSettings(s)
	}
	for name, limits := range map[string]RoleLimits{
		"none": {}, "more": {Default: 2}, "of the role": {Default: 1, Roles: map[string]int{anonRole: 3}},
		"more than there are": {Default: 100}, "of others": {Roles: map[string]int{memberRole: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			waiting := aside(t.Context(), p, names("1"))
			until(t, "it waits", func() bool { return p.Stats().Waiting == 1 })
			set(limits)
			if err := <-waiting; err != nil {
				t.Error(err)
			}
			equal(t, "another one", mustRun(t, p, names("2")), "item 2")
			set(RoleLimits{Default: 1})
		})
	}
	release()
	restored(t, p)
}

// Jobs of a role whose connection waits for a lock do not get other connections when they leave its flush, but those of
// other roles in it do.
func TestShareOfABatchBehindALock(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(3), func(o *Options) {
		o.MaxPerRole.Roles = map[string]int{anonRole: 1, memberRole: 1}
	})
	hold(t, p, 3)
	others := []func(){takeAs(t, p, ""), takeAs(t, p, "")}
	unlock := lockItems(t, d)
	jobs := []*Job{
		quick(names("1")), quick(numbered(2)), quick(asMember(numbered(3))), quick(numbered(4)), quick(asMember(numbered(5))),
	}
	a := together(t, t.Context(), p, jobs...)
	eventually(t, d, blocked, "1")
	for _, release := range others {
		release()
	}
	equal(t, "another role", bodyOf(t, a[2]), "3")
	equal(t, "another role", bodyOf(t, a[4]), "5")
	until(t, "the others wait for their role's connection", func() bool {
		return places(p) == Stats{Size: 3, Busy: 1, Idle: 2, Waiting: 2}
	})
	unlock()
	equal(t, "leader", bodyOf(t, a[0]), "item 1")
	equal(t, "member", bodyOf(t, a[1]), "2")
	equal(t, "member", bodyOf(t, a[3]), "4")
	restored(t, p)
}

// A flush of a role that holds its share takes those that wait for the share, and counts once for them.
func TestBatchesOfAFullShare(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(2), func(o *Options) { o.MaxPerRole.Default = 1 })
	for range 3 {
		release := takeAs(t, p, anonRole)
		before := p.Stats().Shared
		answers := make([]<-chan error, 6)
		for i := range answers {
			answers[i] = aside(t.Context(), unhurried(p), quick(names("1")))
			until(t, "it waits", func() bool { return p.Stats().Waiting == i+1 })
		}
		release()
		for _, a := range answers {
			if err := <-a; err != nil {
				t.Error(err)
			}
		}
		equal(t, "members", p.Stats().Shared-before, uint64(len(answers)-1))
		restored(t, p)
	}
}

// A stream holds its role's share until it is closed. If its client does not read it, and jobs of the same role wait,
// that client is cut off; that connections are free for others does not matter.
func TestShareOfStreams(t *testing.T) {
	p := newPool(t, newDatabase(t).config, shares(3, 1), func(o *Options) { o.MaxStalled = -1 })
	client := &stuckClient{cut: make(chan struct{})}
	job := large(16_000_000)
	job.Client = client
	r := mustStream(t, t.Context(), p, job, 16_000_000)
	written := make(chan error, 1)
	go func() {
		_, err := r.Stream.(io.WriterTo).WriteTo(client)
		written <- err
	}()
	equal(t, "another role", mustRun(t, p, asMember(names("2"))), "item 2")
	waiting := aside(t.Context(), p, names("1"))
	if err := <-written; !errors.Is(err, errPausedCut) {
		t.Errorf("the client was not cut off: %v", err)
	}
	if err := r.Stream.Close(); !Abandoned(err) {
		t.Errorf("close: %v", err)
	}
	r.Release()
	if err := <-waiting; err != nil {
		t.Error(err)
	}
	restored(t, p)
}

var errPausedCut = errors.New("cut off")

// stuckClient reads nothing until it is cut off.
type stuckClient struct{ cut chan struct{} }

func (c *stuckClient) Unread() int       { return -1 }
func (c *stuckClient) Cut(time.Duration) { close(c.cut) }

func (c *stuckClient) Write([]byte) (int, error) {
	<-c.cut
	return 0, errPausedCut
}
