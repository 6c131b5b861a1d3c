package cache

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestStoreAdvances checks that each successful load is reported before its snapshot is served, changed or not.
func TestStoreAdvances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		r = newRig(StoreOptions{Advance: func(loads uint64) {
			served := uint64(0)
			if s := r.Snapshot(); s != nil {
				served = s.Generation
			}
			r.note(fmt.Sprintf("advance to %d while %d is served", loads, served))
		}}, func(load int) (*Catalog, error) {
			switch load {
			case 3:
				return nil, errors.New("no luck")
			case 5:
				return growing(2)
			default:
				return growing(1)
			}
		})
		r.run(t)
		for _, pause := range []time.Duration{time.Second, time.Second, 2 * time.Second} {
			time.Sleep(pause)
			r.Reload(CauseNotify)
			synctest.Wait()
		}
		r.stop(t)
		requireLines(t, r.log, []string{
			"0s load", "0s advance to 1 while 0 is served", "0s published 1",
			"1s load", "1s advance to 2 while 1 is served", "1s unchanged 1",
			"2s load", "2s failed no luck, again in 1s",
			"3s load", "3s advance to 3 while 1 is served", "3s unchanged 1",
			"4s load", "4s advance to 4 while 1 is served", "4s published 2",
		})
	})
}

// TestLoadedSince asks whether snapshots were loaded since given moments. A load does not count if it began before the
// moment, because its snapshot may lack later changes, or if it failed.
func TestLoadedSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, func(load int) (*Catalog, error) {
			time.Sleep(time.Second)
			if load == 3 {
				return nil, errors.New("no luck")
			}
			return growing(max(load-2, 1)) // the second finds what the first found
		})
		start := time.Now()
		at := func(after time.Duration) time.Time { return start.Add(after) }
		expect := func(snapshot *Snapshot, moment time.Duration, want bool) {
			t.Helper()
			s := r.Standing()
			if got := s != nil && s.Snapshot == snapshot && s.LoadedSince(at(moment)); got != want {
				t.Errorf("at %v: loaded since %v is %t", time.Since(start), moment, got)
			}
		}
		expect(nil, -time.Second, false)
		r.run(t)
		expect(r.Snapshot(), -time.Second, false) // the first load still runs
		time.Sleep(1500 * time.Millisecond)
		first := r.Snapshot()
		expect(first, -1, true)
		expect(first, 0, false)
		expect(first, time.Millisecond, false) // during the first load
		expect(&Snapshot{}, -1, false)
		expect(nil, -1, false)
		r.Reload(CauseNotify) // from 1.5 s to 2.5 s, unchanged
		time.Sleep(time.Second / 2)
		expect(first, time.Millisecond, false)
		time.Sleep(time.Second)
		expect(first, time.Millisecond, true)
		expect(first, 1600*time.Millisecond, false)
		r.Reload(CauseNotify) // from 3 s to 4 s, fails; from 5 s to 6 s, changed
		time.Sleep(1500 * time.Millisecond)
		expect(first, 2*time.Second, false)
		time.Sleep(2 * time.Second)
		expect(first, time.Millisecond, false) // it is no longer the current one
		expect(r.Snapshot(), 4*time.Second, true)
		r.stop(t)
	})
}

// TestBurstsAreFoldedWhileLoadsFail requests a load a hundred times while all loads fail.
func TestBurstsAreFoldedWhileLoadsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, failing(1000))
		r.run(t)
		for range 100 {
			r.Reload(CauseNotify)
			time.Sleep(settleTime / 10)
		}
		time.Sleep(2 * settleTime)
		synctest.Wait()
		if r.loads > 3 {
			t.Errorf("%d loads, want the first, one during the burst and one after it: %q", r.loads, r.log)
		}
		r.stop(t)
	})
}
