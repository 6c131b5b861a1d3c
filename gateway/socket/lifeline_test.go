package socket

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"trunkline/gateway/exec/session"
)

var _ session.Lifetime = (*lifeline)(nil)

func newLifeline() *lifeline {
	l := new(lifeline)
	l.init()
	return l
}

// TestLifeline has jobs and contexts end with their lifeline, or leave it before.
func TestLifeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLifeline()
		called := map[string]int{}
		calls := make(chan string, 10)
		call := func(name string) func() { return func() { calls <- name } }

		for range 3 { // one job after another
			if stop := l.OnEnd(call("finished job")); !stop() || stop() {
				t.Error("a job is not forgotten once")
			}
		}
		stopJob, stopSecond := l.OnEnd(call("job")), l.OnEnd(call("second job"))
		stopEarly, stopOther := l.AfterFunc(call("early")), l.AfterFunc(call("other"))
		if !stopEarly() || stopEarly() {
			t.Error("a function is not forgotten once")
		}
		derived, cancel := context.WithTimeout(l, time.Hour)
		defer cancel()
		left, leave := context.WithTimeout(l, time.Minute)
		time.Sleep(2 * time.Minute) // ends left, which so leaves the lifeline
		leave()
		if !errors.Is(left.Err(), context.DeadlineExceeded) || l.Err() != nil || derived.Err() != nil {
			t.Errorf("before the end: %v, %v, %v", left.Err(), l.Err(), derived.Err())
		}

		l.end(ErrClientGone)
		l.end(errAborted) // too late
		<-l.Done()
		<-derived.Done()
		if l.Err() != ErrClientGone || !errors.Is(context.Cause(derived), ErrClientGone) ||
			!errors.Is(l.Err(), context.Canceled) || errors.Is(l.Err(), errAborted) {
			t.Errorf("at the end: %v, %v", l.Err(), context.Cause(derived))
		}
		if stopJob() || stopSecond() || stopOther() {
			t.Error("a function that was called is reported as forgotten")
		}
		if l.OnEnd(call("late job"))() || l.AfterFunc(call("late"))() {
			t.Error("a function that is called at once is reported as forgotten")
		}
		synctest.Wait()
		for range len(calls) {
			called[<-calls]++
		}
		for _, name := range []string{"job", "second job", "other", "late job", "late"} {
			if called[name] != 1 {
				t.Errorf("%s: called %d times", name, called[name])
			}
			delete(called, name)
		}
		if len(called) > 0 {
			t.Errorf("called too: %v", called)
		}
	})
}

// A lifeline ends before its channel is requested.
func TestLifelineDoneLate(t *testing.T) {
	l := newLifeline()
	l.end(errAborted)
	<-l.Done()
	if _, ok := l.Deadline(); ok || l.Value("x") != nil || l.Err().Error() == "" {
		t.Error("the lifeline has a deadline, a value or no cause")
	}
}

// TestPresenceAllocations shows that a request on a connection that was watched before allocates nothing for it.
func TestPresenceAllocations(t *testing.T) {
	w := newWatcher()
	c := newConn(nil, &Set{watcher: w})
	c.socket = noSocket{}
	cancel := func() {}
	c.Begin()
	c.Finish()
	conns := w.take()
	if got := testing.AllocsPerRun(100, func() {
		c.Begin()
		c.life.OnEnd(cancel)()
		w.round(conns)
		w.round(conns)
		c.Finish()
	}); got > 0 {
		t.Errorf("%.1f allocations", got)
	}
}

// BenchmarkPresence measures the cost of ending a request with its client: informing the watcher that it begins and
// ends, and having its statement canceled in between. Before there were lifelines it was a function registered at a
// context that all requests shared; a timer for each request would be another way to watch.
func BenchmarkPresence(b *testing.B) {
	cancel := func() {}
	b.Run("shared context", func(b *testing.B) {
		ctx, end := context.WithCancel(context.Background())
		defer end()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				context.AfterFunc(ctx, cancel)()
			}
		})
	})
	b.Run("lifeline", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			c := newConn(nil, NewSet(Options{}))
			c.listed.Store(true)
			ctx := c.Context()
			for pb.Next() {
				c.Begin()
				ctx.(session.Lifetime).OnEnd(cancel)()
				c.Finish()
			}
		})
	})
	b.Run("timer alone", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			timer := time.AfterFunc(time.Hour, func() {})
			defer timer.Stop()
			for pb.Next() {
				timer.Reset(watchInterval)
				timer.Stop()
			}
		})
	})
}
