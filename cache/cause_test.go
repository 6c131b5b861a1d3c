package cache

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestLoadsAreCountedByCause makes loads fail and succeed for several causes, and checks the event of each.
func TestLoadsAreCountedByCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		r = newRig(StoreOptions{}, func(load int) (*Catalog, error) {
			time.Sleep(time.Second)
			if load <= 2 {
				return nil, errors.New("no luck")
			}
			r.known = exposing("api")
			return growing(1)
		})
		r.run(t)
		require := func(kind Kind, causes ...Cause) {
			t.Helper()
			time.Sleep(time.Minute)
			synctest.Wait()
			if len(r.ended) == 0 || r.ended[0].Kind != kind || !slices.Equal(r.ended[0].Causes, causes) {
				t.Fatalf("events are %+v, want a load of kind %q caused by %v", r.ended, kind, causes)
			}
			if took := r.ended[0].Took; took != 0 && took != time.Second {
				t.Errorf("the load took %v", took)
			}
			r.ended = r.ended[1:]
		}
		if r.Latest().Generation != 0 {
			t.Errorf("before the first load, Latest returns %+v", r.Latest())
		}
		require("", CauseStart)
		require("", CauseRetry)
		require(KindFull, CauseRetry)
		if l := r.Latest(); l.Generation != 1 || l.Kind != KindFull || !slices.Equal(l.Causes, []Cause{CauseRetry}) {
			t.Errorf("Latest returns %+v", l)
		}
		r.Reload(CauseSignal)
		r.Reload(CauseNotify)
		r.Reload(CauseSignal)
		require(KindFull, CauseSignal, CauseNotify)
		r.Changed(changes("far"))
		require(KindNone, CauseDDL)
		r.Changed(changes("api"))
		require(KindFull, CauseDDL)
		r.Missed(CauseReconnect)
		require(KindFull, CauseReconnect)
		if len(r.ended) > 0 {
			t.Errorf("more events: %+v", r.ended)
		}
		r.stop(t)
	})
}
