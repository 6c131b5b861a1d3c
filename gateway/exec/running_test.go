package exec

import (
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	start := time.Now()
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	var p pace
	equal(t, "at first", p.brisk(), false)
	p.note(at(0), time.Millisecond)
	equal(t, "slow", p.brisk(), false)
	p.note(at(0.5), 100*time.Microsecond)
	p.note(at(0.9), 3*time.Millisecond)
	equal(t, "once fast", p.brisk(), true)
	p.note(at(1.6), 3*time.Millisecond)
	equal(t, "fast in the second before", p.brisk(), true)
	p.note(at(2.7), 3*time.Millisecond)
	equal(t, "slow since", p.brisk(), false)
}

func TestWorthWaiting(t *testing.T) {
	now := time.Now()
	runningFor := func(ages ...time.Duration) (f running) {
		f.few = 2
		for _, age := range ages {
			f.slots = append(f.slots, &slot{taken: now.Add(-age)})
		}
		f.pace.note(now, 100*time.Microsecond)
		return f
	}
	const soon = 100 * time.Microsecond
	for _, tt := range []struct {
		name    string
		f       running
		waiting int
		want    bool
	}{
		{"nothing under way", runningFor(), 0, false},
		{"one", runningFor(soon), 0, false},
		{"two", runningFor(soon, soon), 0, true},
		{"room left", runningFor(soon, soon), 15, true},
		{"no room left", runningFor(soon, soon), 16, false},
		{"room in a third", runningFor(soon, soon, soon), 16, true},
		{"one is late", runningFor(soon, lateTime), 0, false},
		{"one of three is late", runningFor(soon, lateTime, soon), 15, true},
	} {
		equal(t, tt.name, tt.f.worthWaitingLocked(now, tt.waiting, 8), tt.want)
	}
	far := runningFor(soon, soon)
	far.pace = pace{}
	far.pace.note(now, time.Millisecond)
	equal(t, "at a distance", far.worthWaitingLocked(now, 0, 8), false)
}

// Jobs that wait for a delayed slot get another connection, although none is returned.
func TestWaitingForALateSlot(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(4))
	hold(t, p, 4)
	unlock := lockItems(t, d)
	p.mu.Lock()
	p.running.few = 2
	p.running.pace.note(time.Now(), time.Microsecond)
	p.mu.Unlock()
	var locked sync.WaitGroup
	for range 2 {
		locked.Go(func() { equal(t, "locked", mustRun(t, p, quick(names("1"))), "item 1") })
	}
	until(t, "two are under way", func() bool { return p.Stats().Busy == 2 })
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() { equal(t, "body", mustRun(t, p, quick(numbered(i))), strconv.Itoa(i)) })
	}
	group.Wait()
	unlock()
	locked.Wait()
	until(t, "all is idle", func() bool { return places(p) == Stats{Size: 4, Idle: 4} })
	equal(t, "under way", len(p.running.slots), 0)
}

// Under load all slots are returned, and each job gets its own answer.
func TestRunningUnderLoad(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(10))
	var group sync.WaitGroup
	for user := range 12 {
		group.Go(func() {
			for i := range 100 {
				n := (user+i)%100 + 1
				equal(t, "body", mustRun(t, p, quick(names(strconv.Itoa(n)))), "item "+strconv.Itoa(n))
			}
		})
	}
	group.Wait()
	until(t, "nothing is under way", func() bool { return p.Stats().Busy == 0 }) // a member may have left without reading its answer
	equal(t, "under way", len(p.running.slots), 0)
}
