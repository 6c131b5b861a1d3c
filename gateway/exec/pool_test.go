package exec

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/exec/session"
	"trunkline/planner/apierr"
)

// observations collects what a pool reports.
type observations struct {
	mu   sync.Mutex
	told []Observation
}

func (o *observations) observe(options *Options) {
	options.Observe = func(told Observation) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.told = append(o.told, told)
	}
}

func (o *observations) count(kind ObservationKind) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, told := range o.told {
		if told.Kind == kind {
			n++
		}
	}
	return n
}

// until waits for a condition.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// take takes a connection out of a pool and returns what gives it back.
func take(t testing.TB, p *Pool) (release func()) {
	t.Helper()
	g, err := p.acquire(t.Context(), applicant{})
	if err != nil {
		t.Fatal(err)
	}
	return func() { p.release(g.slot) }
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{}, {Size: 1}, {Connection: new(pgconn.Config)}} {
		if _, err := NewPool(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestConnectionsAreOpenedWhenNeeded(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config), size(3))
	equal(t, "at first", p.Stats(), Stats{Size: 3})
	first, second := take(t, p), take(t, p)
	equal(t, "two taken", p.Stats(), Stats{Size: 3, Busy: 2})
	first()
	second()
	equal(t, "given back", p.Stats(), Stats{Size: 3, Idle: 2})
	for range 5 {
		mustRun(t, p, names("1"))
	}
	equal(t, "opened", w.conns, 2)
}

func TestManyAtOnce(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, size(4), func(o *Options) { o.StatementCacheSize = 8 })
	var group sync.WaitGroup
	for worker := range 40 {
		group.Go(func() {
			for n := range 25 {
				id := fmt.Sprint((worker*n)%100 + 1)
				r, err := p.Run(t.Context(), names(id))
				if err != nil {
					t.Error(err)
					return
				}
				equal(t, "body", string(r.Body), "item "+id)
				r.Release()
				p.SetGeneration(uint64(n))
			}
		})
	}
	group.Wait()
	s := p.Stats()
	if s.Busy != 0 || s.Waiting != 0 || s.Idle > 4 {
		t.Errorf("afterwards: %+v", s)
	}
}

func TestAcquireTimeout(t *testing.T) {
	var o observations
	p := newPool(t, newDatabase(t).config, o.observe, func(o *Options) { o.AcquireTimeout = 100 * time.Millisecond })
	until(t, "a connection is open", func() bool {
		r, err := p.Run(t.Context(), names("1")) // it may come too late for this one
		if err == nil {
			r.Release()
		}
		return err == nil
	})
	release, before := take(t, p), o.count(TimedOut)
	equal(t, "status", mustFail(t, p, names("1"), "PGRST003").Status, 504)
	equal(t, "timeouts observed", o.count(TimedOut), before+1)
	release()
	equal(t, "body", mustRun(t, p, names("1")), "item 1")
	equal(t, "afterwards", p.Stats(), Stats{Size: 1, Idle: 1})
}

func TestMaxWaiting(t *testing.T) {
	p := newPool(t, newDatabase(t).config, func(o *Options) { o.MaxWaiting = 2 })
	release := take(t, p)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if _, err := p.Run(t.Context(), names("1")); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "two wait", func() bool { return p.Stats().Waiting == 2 })
	e := mustFail(t, p, names("1"), "TRUNK503")
	equal(t, "retry", e.Headers[0], apierr.Header{Name: "Retry-After", Value: "1"})
	p.SetSettings(Settings{MaxWaiting: 3, Options: session.Options{StreamThreshold: 1 << 20}})
	group.Go(func() {
		if _, err := p.Run(t.Context(), names("1")); err != nil {
			t.Error(err)
		}
	})
	until(t, "three wait", func() bool { return p.Stats().Waiting == 3 })
	release()
	group.Wait()
}

// No job may wait, but a connection may still be opened.
func TestNobodyMayWait(t *testing.T) {
	p := newPool(t, newDatabase(t).config, size(2), func(o *Options) { o.MaxWaiting = 0 })
	first, second := take(t, p), take(t, p)
	mustFail(t, p, names("1"), "TRUNK503")
	first()
	second()
	mustRun(t, p, names("1"))
}

func TestWhoeverWaitsLongestIsFirst(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	release := take(t, p)
	order := make(chan int, 5)
	var group sync.WaitGroup
	for n := range 5 {
		group.Go(func() {
			g, err := p.acquire(t.Context(), applicant{})
			if err != nil {
				t.Error(err)
				return
			}
			order <- n
			p.release(g.slot)
		})
		until(t, "another waits", func() bool { return p.Stats().Waiting == n+1 })
	}
	release()
	group.Wait()
	for n := range 5 {
		equal(t, "turn", <-order, n)
	}
}

func TestContextEndsWaiting(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	release := take(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		until(t, "one waits", func() bool { return p.Stats().Waiting == 1 })
		cancel()
	}()
	if e := mustFailWith(t, ctx, p, names("1"), "PGRSTX00"); !errors.Is(&e, context.Canceled) {
		t.Errorf("cause: %v", e.Cause)
	}
	if e := mustFailWith(t, ctx, p, names("1"), "PGRSTX00"); !errors.Is(&e, context.Canceled) {
		t.Errorf("cause: %v", e.Cause)
	}
	release()
	equal(t, "afterwards", p.Stats(), Stats{Size: 1, Idle: 1})
}

// Unneeded connections are closed, those in use are not.
func TestMaxIdleTime(t *testing.T) {
	p := newPool(t, newDatabase(t).config, size(2), func(o *Options) { o.MaxIdleTime = 100 * time.Millisecond })
	first, second := take(t, p), take(t, p)
	first()
	until(t, "the idle one is closed", func() bool { return p.Stats() == Stats{Size: 2, Busy: 1} })
	time.Sleep(200 * time.Millisecond)
	equal(t, "the busy one", p.Stats(), Stats{Size: 2, Busy: 1})
	second()
	until(t, "the other is closed", func() bool { return p.Stats() == Stats{Size: 2} })
}

// A connection that was opened and not used counts as idle from then on.
func TestOpenedAndNotUsed(t *testing.T) {
	p := newPool(t, newDatabase(t).config, func(o *Options) { o.MaxIdleTime = time.Hour })
	p.mu.Lock()
	p.startOpeningLocked()
	p.mu.Unlock()
	until(t, "a connection is idle", func() bool { return p.Stats() == Stats{Size: 1, Idle: 1} })
	equal(t, "retired", len(p.takeRetired(time.Now())), 0)
}

func TestMaxLifetime(t *testing.T) {
	p := newPool(t, newDatabase(t).config, size(2), func(o *Options) { o.MaxLifetime = 300 * time.Millisecond })
	process := backend(t, p)
	busy := take(t, p)
	time.Sleep(400 * time.Millisecond)
	equal(t, "the busy one", p.Stats(), Stats{Size: 2, Busy: 1})
	busy()
	equal(t, "given back", p.Stats(), Stats{Size: 2})
	if backend(t, p) == process {
		t.Error("the old connection is still used")
	}
	until(t, "the idle one is closed", func() bool { return p.Stats() == Stats{Size: 2} })
}

// A connection that was opened for a job which got another one meanwhile is kept for the next job.
func TestOpeningIsNotWaitedFor(t *testing.T) {
	d := newDatabase(t)
	config := d.config.Copy()
	slow := make(chan struct{})
	dial, dials := config.DialFunc, 0
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials++; dials == 2 {
			<-slow
		}
		return dial(ctx, network, address)
	}
	p := newPool(t, config, size(2))
	release := take(t, p)
	got := make(chan func())
	go func() { got <- take(t, p) }()
	until(t, "one is being opened", func() bool { return p.Stats().Opening == 1 })
	release()
	second := <-got
	equal(t, "meanwhile", p.Stats(), Stats{Size: 2, Busy: 1, Opening: 1})
	close(slow)
	until(t, "it is open", func() bool { return p.Stats() == Stats{Size: 2, Busy: 1, Idle: 1} })
	second()
}

func TestConnectionsThatCannotBeOpened(t *testing.T) {
	d := newDatabase(t)
	for name, test := range map[string]struct {
		change  func(*pgconn.Config)
		details string
	}{
		"no server":      {func(c *pgconn.Config) { c.Host = "/nowhere" }, "no such file"},
		"no database":    {func(c *pgconn.Config) { c.Database = "nothing" }, `database "nothing" does not exist`},
		"wrong password": {func(c *pgconn.Config) { c.Password = "wrong" }, "password authentication failed"},
	} {
		t.Run(name, func(t *testing.T) {
			config := d.networks(t)["tcp"]
			test.change(config)
			var o observations
			p := newPool(t, config, size(2), o.observe)
			var group sync.WaitGroup
			for range 6 {
				group.Go(func() {
					e := mustFail(t, p, names("1"), "PGRST000")
					equal(t, "status", e.Status, 503)
					contains(t, "withheld", e.Withheld, test.details)
					equal(t, "details", e.Details, nil)
					if strings.Contains(fmt.Sprint(e.Withheld, e.Cause), "wrong") || strings.Contains(e.Error(), "tricky") {
						t.Errorf("the password is revealed: %v", e)
					}
				})
			}
			group.Wait()
			equal(t, "afterwards", p.Stats(), Stats{Size: 2})
			if o.count(Failed) == 0 {
				t.Error("nothing was observed")
			}
		})
	}
}

// A job that waits while a broken connection is returned gets a new one.
func TestWaitersOutliveABrokenConnection(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	g, err := p.acquire(t.Context(), applicant{})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if _, err := p.Run(t.Context(), names("1")); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "three wait", func() bool { return p.Stats().Waiting == 3 })
	g.slot.session.Break()
	p.release(g.slot)
	group.Wait()
	equal(t, "afterwards", p.Stats(), Stats{Size: 1, Idle: 1})
}

func TestClose(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, size(2))
	release := take(t, p)
	take(t, p)()
	p2 := newPool(t, d.config)
	held := take(t, p2)
	refused := make(chan error)
	go func() {
		_, err := p2.Run(t.Context(), names("1"))
		refused <- err
	}()
	until(t, "one waits", func() bool { return p2.Stats().Waiting == 1 })
	p2.Close()
	if err := <-refused; !errors.Is(err, errClosed) {
		t.Errorf("waiting: %v", err)
	}
	held()

	p.Close()
	mustFail(t, p, names("1"), "PGRST000")
	equal(t, "closed", p.Stats(), Stats{Size: 2, Busy: 1})
	release()
	equal(t, "given back", p.Stats(), Stats{Size: 2})
	eventually(t, d, "select count(*) from pg_stat_activity where usename = 'exec_authenticator'", "0")
}

// Closing does not wait for connections that cannot be opened.
func TestCloseWhileOpening(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	config, err := pgconn.ParseConfig("sslmode=disable host=127.0.0.1 port=" + fmt.Sprint(listener.Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	p := newPool(t, config, func(o *Options) { o.AcquireTimeout = time.Hour }) // and so long for a connection to be opened
	waiting := aside(t.Context(), p, names("1"))
	until(t, "a connection is being opened", func() bool { return p.Stats().Opening == 1 })
	p.Close()
	failed(t, <-waiting, "PGRST000")
}
